"""Propagated consents: the messages by which a consent given at one entity reaches the others that hold records.

A copy is the proof of the consent's entry in the ledger where it was given (C2SP tlog-proof with leaf, body and salt),
cosigned by a quorum of witnesses, so that its holder need not trust the sender.

The rules for conflicts, in favour of privacy:

(1) of one consent, the newest entry of its origin's ledger holds; an older copy that comes late changes nothing;
(2) a withdrawal is final at every entity that receives it, wherever the person withdrew, even before the copy;
(3) between consents, a no removes its fields from every consent that is not known to be later (`consents.order`);
(4) unknown terms, fields that this entity never shares, and recipients not permitted to it are left out;
(5) a propagated consent is in force only while a recent heartbeat of its origin says that no notification is waiting;
(6) it opens the fields for which its holder found a proof that its policy accepts (`records_exchange.assurance`).
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consent_ledger.errors import QuorumMissing
from consent_ledger.log.bodies import Actor, ConsentBody, parse_body
from consent_ledger.log.entry import EntryType
from consent_ledger.log.entry_words import entry_name
from consent_ledger.proofs.merkle import leaf_hash
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.tlog_proof import MAX_PROOF_BYTES, LeafEvidence, TlogProof
from presentation.faults import first_fault
from presentation.messages import _
from records_exchange.assurance.evidence import MAX_EVIDENCES, Evidence
from records_exchange.assurance.terms import ConsentTerms
from records_exchange.checks import MAX_CLOCK_SKEW
from records_exchange.errors import CopyInvalid, CopyNotCosigned, CopyTooEarly, MessageMalformed
from records_exchange.identity_check import IdentityCheck
from trust.errors import TrustError

CONSENT_COPY: Final = "consent.copy"

LONGEST_CONSENT: Final = timedelta(days=5 * 366)
"""No consent is valid for longer than five years from the person's act."""
_TRAVELS: Final = frozenset({EntryType.CONSENT_GIVEN, EntryType.CONSENT_RENEWED})


class CopyBody(BaseModel):
    """The body of a message that carries a consent.

    Attributes:
        proof: the tlog-proof of the consent's entry, base64.
        evidence: the evidence of the person's will for this holder.
        terms: those that the evidence is over, where the person has narrowed the consent since; None when they are
            those of the consent.
        identity: check values of the person at the origin; None where their birth date is not known there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    proof: Annotated[str, Field(max_length=2 * MAX_PROOF_BYTES)]
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=MAX_EVIDENCES)] = ()
    terms: ConsentTerms | None = None
    identity: IdentityCheck | None = None

    @property
    def proof_bytes(self) -> bytes:
        """The unverified proof.

        Raises:
            MessageMalformed: it is not base64.
        """
        try:
            return base64.b64decode(self.proof, validate=True)
        except (ValueError, binascii.Error) as error:
            raise MessageMalformed(_("la prueba del consentimiento no está en base64")) from error


@dataclass(frozen=True, slots=True)
class OpenedCopy:
    """A consent with a verified proof, and the index of its entry in its origin's ledger."""

    record: ConsentBody
    index: int
    leaf_hash: str
    acted_at: datetime

    def require_lasting(self, now: datetime) -> None:
        """Refuse a consent whose validity is over.

        Raises:
            CopyInvalid: it is.
        """
        if self.is_over(now):
            raise CopyInvalid(
                _("el consentimiento enviado por {origin} ya ha terminado", origin=self.record.controller)
            )

    def is_over(self, now: datetime) -> bool:
        """Return whether its validity is over."""
        return self.record.valid_until <= now


def encode_copy(
    proof: TlogProof,
    evidence: Sequence[Evidence] = (),
    terms: ConsentTerms | None = None,
    identity: IdentityCheck | None = None,
) -> dict[str, Any]:
    """Return the body of the message that carries a consent; without evidence it is as versions before it wrote it."""
    body: dict[str, Any] = {"proof": base64.b64encode(proof.to_bytes()).decode()}
    if evidence:
        body["evidence"] = [each.model_dump(mode="json") for each in evidence]
        if terms is not None:
            body["terms"] = terms.model_dump(mode="json")
    if identity is not None:
        body["identity"] = identity.model_dump(mode="json")
    return body


def parse_copy(body: dict[str, Any]) -> CopyBody:
    """Read the body of a message that carries a consent; nothing is verified.

    Raises:
        MessageMalformed: it is no such body.
        IdentityCheckUnknown: check values of the person that this version cannot compare.
    """
    try:
        sent = CopyBody.model_validate(body)
    except ValidationError as error:
        raise MessageMalformed(_("no es un consentimiento válido: {fault}", fault=first_fault(error))) from error
    if sent.identity is not None:
        sent.identity.require_known()
    return sent


def open_copy(proof: bytes, policy: TrustPolicy, *, origin: str, holder: str) -> OpenedCopy:
    """Verify a consent that was given at another entity. It may be over: a newer version ends an older, longer one.

    Args:
        proof: the tlog-proof with leaf, body and salt.
        policy: the network's trust policy for the origin's ledger, from our own directory.
        origin: the sending entity, whose ledger must hold it.
        holder: our entity id, which the consent must name.

    Raises:
        CopyNotCosigned: too few witnesses have cosigned it so far.
        CopyInvalid: not proved, not the origin's own, or not meant for us.
    """
    opened = read_copy(proof)
    try:
        found = TlogProof.parse(proof)
        found.verify(LeafEvidence.from_extra(found.extra).leaf, policy)
    except QuorumMissing as error:
        raise CopyNotCosigned(
            f"{origin}: {error.message}", remedy=_("se volverá a enviar cuando lo hayan cofirmado suficientes testigos")
        ) from error
    except TrustError as error:
        raise CopyInvalid(
            _(
                "el consentimiento enviado por {origin} no se puede comprobar: {error}",
                origin=origin,
                error=error.message,
            )
        ) from error
    record = opened.record
    if record.controller != origin or record.origin is not None:
        raise CopyInvalid(_("{origin} envió un consentimiento que no se dio en esa entidad", origin=origin))
    if (record.acted_by is Actor.GUARDIAN) != (record.guardian is not None):
        raise CopyInvalid(_("el consentimiento enviado por {origin} no dice quién actuó por la persona", origin=origin))
    if holder not in record.holders:
        raise CopyInvalid(
            _(
                "el consentimiento enviado por {origin} no incluye a {holder} entre las entidades que tienen los datos",
                origin=origin,
                holder=holder,
            )
        )
    return opened


def require_possible_times(opened: OpenedCopy, origin: str, now: datetime) -> None:
    """Refuse times that would let a consent outlast five years, or beat denials that came after the person's act.

    The act is not later than its entry in the origin's ledger, and the entry not later than now. It may be earlier:
    narrowing writes a new entry and is no new act.

    Raises:
        CopyTooEarly: its entry is dated ahead of our clock.
        CopyInvalid: the act is later than its entry, or the consent valid for more than five years.
    """
    record = opened.record
    agreed = record.agreed_at or record.valid_from
    if agreed > opened.acted_at + MAX_CLOCK_SKEW:
        raise CopyInvalid(
            _("el consentimiento enviado por {origin} dice ser posterior a su propia anotación", origin=origin)
        )
    if opened.acted_at > now + MAX_CLOCK_SKEW:
        raise CopyTooEarly(_("el consentimiento enviado por {origin} lleva una fecha futura", origin=origin))
    if record.valid_until - agreed > LONGEST_CONSENT:
        raise CopyInvalid(_("el consentimiento enviado por {origin} dura más de cinco años", origin=origin))


def read_copy(proof: bytes) -> OpenedCopy:
    """Return the consent of a proof that was verified before, without verifying the proof again.

    Raises:
        CopyInvalid: the file is not the proof of a consent.
    """
    try:
        found = TlogProof.parse(proof)
        evidence = LeafEvidence.from_extra(found.extra)
        leaf, document = evidence.check()
        body = parse_body(leaf.type, document)
    except TrustError as error:
        raise CopyInvalid(_("no es la prueba de un consentimiento: {error}", error=error.message)) from error
    if leaf.type not in _TRAVELS or not isinstance(body, ConsentBody):
        raise CopyInvalid(
            _("se recibió una anotación «{type}» en lugar de un consentimiento", type=entry_name(leaf.type))
        )
    return OpenedCopy(body, found.index, leaf_hash(evidence.leaf).hex(), leaf.time)
