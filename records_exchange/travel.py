"""Consents that travel: what is said of a consent that was given at one entity to the others that hold records.

A copy is the proof of the consent's entry in the ledger where it was given (C2SP tlog-proof with leaf, body and salt),
cosigned by a quorum of witnesses; whoever takes it in trusts neither the sender's word nor its server.

The rule for conflicts, in favour of privacy:

(1) of one consent, the newest entry of its origin's ledger holds; an older copy that comes late changes nothing;
(2) a withdrawal is final at whoever hears of it, wherever the person withdrew, also when it comes before the copy;
(3) between consents, a later no takes its fields from every earlier yes (`consents.model.live_consents`);
(4) what this entity does not know, never shares, or may not send to a recipient is left out of what it takes in;
(5) a consent that travelled is good only while its origin has lately said that nothing is waiting to be told.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consent_ledger.errors import QuorumMissing
from consent_ledger.log.bodies import Actor, ConsentBody, parse_body
from consent_ledger.log.entry import EntryType
from consent_ledger.proofs.merkle import leaf_hash
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.tlog_proof import MAX_PROOF_BYTES, Evidence, TlogProof
from presentation.messages import _
from records_exchange.errors import CopyInvalid, CopyNotCosigned, MessageMalformed
from records_exchange.request import Instant, first_fault
from trust.errors import TrustError
from trust.parties import EntityId

CONSENT_COPY: Final = "consent.copy"
CONSENT_WITHDRAWN: Final = "consent.withdrawn"

_TRAVELS: Final = frozenset({EntryType.CONSENT_GIVEN, EntryType.CONSENT_RENEWED})


class CopyBody(BaseModel):
    """The body of a message that carries a consent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    proof: Annotated[str, Field(max_length=2 * MAX_PROOF_BYTES)]


class WithdrawnBody(BaseModel):
    """The body of a message that tells of a withdrawal.

    Attributes:
        consent_id: which consent.
        entity: where the person withdrew.
        acted_at: when.
        acted_by: who: the person or a guardian.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    consent_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    entity: EntityId
    acted_at: Instant
    acted_by: Actor


@dataclass(frozen=True, slots=True)
class OpenedCopy:
    """A consent whose proof holds: what the person agreed to, and which entry of its origin's ledger says so."""

    record: ConsentBody
    index: int
    leaf_hash: str
    acted_at: datetime


def encode_copy(proof: TlogProof) -> dict[str, Any]:
    """Return the body of the message that carries a consent."""
    return {"proof": base64.b64encode(proof.to_bytes()).decode()}


def proof_bytes(body: dict[str, Any]) -> bytes:
    """Return the proof that a message carries; nothing is verified.

    Raises:
        MessageMalformed: it carries none.
    """
    try:
        return base64.b64decode(CopyBody.model_validate(body).proof, validate=True)
    except ValidationError as error:
        raise MessageMalformed(
            _("no es un consentimiento válido: {first_fault}", first_fault=first_fault(error))
        ) from error
    except (ValueError, binascii.Error) as error:
        raise MessageMalformed(_("la prueba del consentimiento no está en base64")) from error


def open_copy(proof: bytes, policy: TrustPolicy, *, origin: str, holder: str, now: datetime) -> OpenedCopy:
    """Verify a consent that was given elsewhere.

    Args:
        proof: the tlog-proof with leaf, body and salt.
        policy: the network's trust policy for the origin's ledger, from our own directory.
        origin: the entity that sent it, in whose ledger it must be.
        holder: our entity id, which the consent must name.
        now: the present time, UTC.

    Raises:
        CopyNotCosigned: too few witnesses have cosigned it so far.
        CopyInvalid: not proved, not the origin's own, not meant for us, or over.
    """
    opened = read_copy(proof)
    try:
        found = TlogProof.parse(proof)
        found.verify(Evidence.from_extra(found.extra).leaf, policy)
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
    if holder not in record.holders:
        raise CopyInvalid(
            _(
                "el consentimiento enviado por {origin} no incluye a {holder} entre las entidades que tienen los datos",
                origin=origin,
                holder=holder,
            )
        )
    if record.valid_until <= now:
        raise CopyInvalid(_("el consentimiento enviado por {origin} ya ha terminado", origin=origin))
    return opened


def read_copy(proof: bytes) -> OpenedCopy:
    """Return what a proof is of, without verifying that any log holds it: for a proof that was verified before.

    Raises:
        CopyInvalid: the file is not the proof of a consent.
    """
    try:
        found = TlogProof.parse(proof)
        evidence = Evidence.from_extra(found.extra)
        leaf, document = evidence.check()
        body = parse_body(leaf.type, document)
    except TrustError as error:
        raise CopyInvalid(_("no es la prueba de un consentimiento: {error}", error=error.message)) from error
    if leaf.type not in _TRAVELS or not isinstance(body, ConsentBody):
        raise CopyInvalid(_("se recibió una anotación {type} en lugar de un consentimiento", type=leaf.type))
    return OpenedCopy(body, found.index, leaf_hash(evidence.leaf).hex(), leaf.time)


def parse_withdrawn(body: dict[str, Any]) -> WithdrawnBody:
    """Read what a message says of a withdrawal.

    Raises:
        MessageMalformed: it says nothing of the kind.
    """
    try:
        return WithdrawnBody.model_validate(body)
    except ValidationError as error:
        raise MessageMalformed(_("no es una retirada válida: {first_fault}", first_fault=first_fault(error))) from error
