"""The checks of an asker before an answer is shown, in order. Pure: no database, clock or socket.

(1) the answer is signed by the holder's key of the directory;
(2) it answers exactly our signed request, from that holder, to us;
(3) it was made between our asking and now;
(4) every requested field is either released or withheld, once, and there is no other field;
(5) the catalogue allows every value: a code of its list, a number, a date; so that no free text can come in;
(6) the holder's ledger, under the ledger key of the directory, holds an entry of this release or refusal, made now.

Not checked here: consistency of the holder's checkpoint with earlier ones, see `node.ledger.peers`; the truth of the
body behind the entry's commitment, which an audit of the holder's ledger shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, Protocol

from consent_ledger.log.entry import EntryType, Leaf
from consent_ledger.proofs.checkpoint import Checkpoint, open_checkpoint
from consent_ledger.proofs.merkle import leaf_hash, verify_inclusion
from consent_ledger.proofs.note import NoteVerifier
from presentation.messages import _
from records_exchange.answer import ANSWER_TYPE, AnswerOutcome, FetchAnswer, LedgerEvidence, Value, parse_answer
from records_exchange.checks import MAX_CLOCK_SKEW
from records_exchange.errors import AnswerOverreaches, AnswerStale, AnswerUnbound, EvidenceInvalid
from records_exchange.request import FetchRequest, payload_digest
from trust import signing
from trust.errors import TrustError
from trust.key_changes import SIGNING_GRACE, former_keys
from trust.key_proofs import KeyPurpose
from trust.parties import Party

_REMEDY: Final = _(
    "no se ha mostrado ni guardado nada; avise a las personas delegadas de protección de datos de ambas entidades"
)


class ChecksValues(Protocol):
    """Checks the values of fields; `policies.catalogue.Catalogue` is the one in production."""

    def accepts(self, field_id: str, value: object) -> bool:
        """Return whether the catalogue allows `value` for a field that may be shared."""
        ...


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A sent request, with which its answer is compared."""

    request: FetchRequest
    envelope: signing.Envelope

    @property
    def sha256(self) -> str:
        """The SHA-256 of the signed payload, hex."""
        return payload_digest(self.envelope)


@dataclass(frozen=True, slots=True)
class VerifiedAnswer:
    """An answer that passed every check."""

    answer: FetchAnswer
    sha256: str
    leaf_hash: str
    checkpoint: Checkpoint
    """The checkpoint of the holder's ledger in the answer."""

    @property
    def consistency(self) -> Mapping[int, tuple[bytes, ...]]:
        """By size, the unverified proof that `checkpoint` extends the one of that size."""
        proofs = self.answer.ledger.consistency
        return {proof.size: tuple(bytes.fromhex(node) for node in proof.hashes) for proof in proofs}


def open_answer(
    envelope: signing.Envelope, sent: SentRequest, *, holder: Party, origin: str, values: ChecksValues, now: datetime
) -> VerifiedAnswer:
    """Verify an answer by checks (1) to (6).

    Args:
        envelope: the bytes received.
        sent: our request.
        holder: the entity that we asked, as the directory lists it.
        origin: the origin of the holder's ledger.
        values: the field catalogue.
        now: the present time, UTC.

    Raises:
        SignatureInvalid, AnswerMalformed: (1).
        AnswerUnbound: (2).
        AnswerStale: (3).
        AnswerOverreaches: (4), (5).
        EvidenceInvalid: (6).
    """
    # (1) signed by the holder
    payload = signing.open_envelope(
        envelope, payload_type=ANSWER_TYPE, public_key=holder.verification_key(envelope.key_id, now)
    )
    answer = parse_answer(payload)
    # (2) to our request
    _require_bound(answer, sent)
    # (3) made now
    if not sent.request.issued - MAX_CLOCK_SKEW <= answer.issued <= now + MAX_CLOCK_SKEW:
        raise AnswerStale(
            _("la hora de la respuesta de {holder} no corresponde a la consulta", holder=holder.id),
            remedy=_("compruebe los relojes de ambos equipos"),
        )
    # (4) what was asked, all of it, once
    _require_complete(answer, sent.request)
    # (5) catalogue values only
    for field in answer.fields:
        _require_value(field.id, field.value, values)
    # (6) logged
    hashed = leaf_hash(answer.ledger.leaf.encode())
    checkpoint = _require_logged(answer, hashed, holder, origin, now)
    return VerifiedAnswer(answer, payload_digest(envelope), hashed.hex(), checkpoint)


def _require_bound(answer: FetchAnswer, sent: SentRequest) -> None:
    request = sent.request
    if (answer.request_id, answer.request_sha256) != (request.id, sent.sha256):
        raise AnswerUnbound(
            _("{holder} respondió a otra petición", holder=request.holder), remedy=_("repita la petición")
        )
    if (answer.holder, answer.asker) != (request.holder, request.asker):
        raise AnswerUnbound(_("la respuesta es de otra entidad, o va dirigida a otra"), remedy=_("repita la petición"))


def _require_complete(answer: FetchAnswer, request: FetchRequest) -> None:
    if answer.outcome is AnswerOutcome.REFUSED:
        return  # a refusal names no field, which FetchAnswer ensures
    named = [field.id for field in answer.fields] + [field.id for field in answer.withheld]
    extra = set(named) - set(request.fields)
    if extra:
        raise AnswerOverreaches(
            _("{holder} envió campos no pedidos: {count}", holder=answer.holder, count=len(extra)),
            remedy=_REMEDY,
        )
    if len(named) != len(set(named)) or set(named) != set(request.fields):
        raise AnswerOverreaches(
            _("{holder} dejó campos pedidos sin respuesta o los incluyó dos veces", holder=answer.holder),
            remedy=_REMEDY,
        )


def _require_value(field_id: str, value: Value, values: ChecksValues) -> None:
    if not values.accepts(field_id, value):
        # The value stays out of the message: it may be free text about a person.
        raise AnswerOverreaches(
            _("{field_id} llegó con un valor que no está en el catálogo", field_id=field_id), remedy=_REMEDY
        )


_LOGGED_AS: Final = {AnswerOutcome.RELEASED: EntryType.RELEASE, AnswerOutcome.REFUSED: EntryType.REFUSAL}


def _require_logged(answer: FetchAnswer, hashed: bytes, holder: Party, origin: str, now: datetime) -> Checkpoint:
    evidence = answer.ledger
    try:
        checkpoint = _verify_evidence(evidence, hashed, holder, origin, now)
        leaf = Leaf.parse(evidence.leaf.encode())
    except TrustError as error:
        raise EvidenceInvalid(
            _("la prueba del registro de {holder} no es válida: {error}", holder=holder.id, error=error.message),
            remedy=_REMEDY,
        ) from error
    if leaf.type is not _LOGGED_AS[answer.outcome]:
        raise EvidenceInvalid(
            _(
                "{holder} anotó {type} en su registro, pero respondió {outcome}",
                holder=holder.id,
                type=leaf.type,
                outcome=answer.outcome,
            ),
            remedy=_REMEDY,
        )
    if not answer.issued - MAX_CLOCK_SKEW <= leaf.time <= now + MAX_CLOCK_SKEW:
        raise EvidenceInvalid(
            _("la hora de la anotación en el registro de {holder} no corresponde a la respuesta", holder=holder.id),
            remedy=_REMEDY,
        )
    return checkpoint


def _verify_evidence(evidence: LedgerEvidence, hashed: bytes, holder: Party, origin: str, now: datetime) -> Checkpoint:
    if evidence.origin != origin:
        raise EvidenceInvalid(
            _(
                "la prueba es del registro {origin!r}, no del registro {expected!r}",
                origin=evidence.origin,
                expected=origin,
            ),
            remedy=_REMEDY,
        )
    log = _verifier(holder.ledger_vkey)
    if log.name != origin:
        raise EvidenceInvalid(
            _("el directorio da a {holder} una clave de registro con otro nombre", holder=holder.id), remedy=_REMEDY
        )
    replaced = former_keys(holder.key_changes, KeyPurpose.LEDGER, since=now - SIGNING_GRACE)
    former = tuple(NoteVerifier(origin, key) for key in replaced)
    checkpoint = open_checkpoint(evidence.checkpoint.encode(), log, former=former)
    proof = [bytes.fromhex(step) for step in evidence.proof]
    verify_inclusion(evidence.index, checkpoint.size, hashed, proof, checkpoint.root)
    return checkpoint


_verifier: Final = lru_cache(maxsize=1024)(NoteVerifier.from_vkey)
"""Reads each key once: it takes longer than the rest of a verification."""
