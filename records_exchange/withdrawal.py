"""Withdrawals between entities: the statement that an entity signs, and the messages that report an end.

A statement is signed by the entity at which the person withdrew, and travels as it is from party to party, so that each
can verify who said so first. The message that carries it is signed by its sender, and is without it the sender's own
word. So the entity that is said to have withdrawn is always one that signed.

Three kinds of message, each with one meaning:

- `CONSENT_WITHDRAWN`: the person withdrew the consent; it is over everywhere, and the message is passed on;
- `PART_LOST`: the recipient has no part in the consent any more, which goes on without it; nothing is passed on;
- `CONSENT_ENDED`, of earlier versions: one of the two, so that it ends the consent at its recipient alone.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consent_ledger.log.bodies import Actor
from presentation.faults import first_fault
from presentation.messages import _
from records_exchange.errors import MessageMalformed
from records_exchange.request import Instant, Term, payload_digest
from trust import canonical, signing
from trust.directory import Directory
from trust.errors import MalformedDocument, SignatureInvalid
from trust.key_proofs import KeyPurpose
from trust.parties import EntityId, Party

CONSENT_WITHDRAWN: Final = "consent.withdrawal"
PART_LOST: Final = "consent.part_lost"
CONSENT_ENDED: Final = "consent.withdrawn"
"""The kind of earlier versions; it is still understood, and not written any more."""
END_KINDS: Final = frozenset({CONSENT_WITHDRAWN, PART_LOST, CONSENT_ENDED})

STATEMENT_TYPE: Final = "application/vnd.redpact.withdrawal.v1+json"
MAX_STATEMENT_BYTES: Final = 4096

ConsentId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
_Parsed = TypeVar("_Parsed", bound=BaseModel)


class WithdrawalStatement(BaseModel):
    """The payload of a signed statement.

    Attributes:
        consent_id: id of the consent.
        entity: the entity that signs, at which the person withdrew.
        acted_at: time of the withdrawal.
        acted_by: the person or a guardian.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    consent_id: ConsentId
    entity: EntityId
    acted_at: Instant
    acted_by: Actor
    reason: Term | None = None
    """The reason of an end that is no act of the person, such as their death."""


class WithdrawalReport(BaseModel):
    """The body of a message about a withdrawal: the sender's word, and the statement of the entity that was first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    consent_id: ConsentId
    acted_at: Instant
    acted_by: Actor
    reason: Term | None = None
    statement: Annotated[str, Field(max_length=2 * MAX_STATEMENT_BYTES)] | None = None


class PartLostBody(BaseModel):
    """The body of a message by which its recipient learns that it has no part in a consent any more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    consent_id: ConsentId
    acted_at: Instant
    acted_by: Actor


class EndedBody(PartLostBody):
    """The body of the message of earlier versions. The entity that it names is not believed: only who signed is."""

    entity: EntityId


@dataclass(frozen=True, slots=True)
class ReportedWithdrawal:
    """A withdrawal with the entity that signed for it.

    Attributes:
        consent_id: id of the consent.
        stated_by: the entity that signed the statement; without a statement, the sender of the message.
        acted_at: time of the withdrawal, UTC.
        acted_by: the person or a guardian.
        reason: of an end that is no act of the person; None for a withdrawal.
        statement: the signed statement as JSON; None when there is none that verifies.
    """

    consent_id: str
    stated_by: str
    acted_at: datetime
    acted_by: Actor
    statement: bytes | None = None
    reason: str | None = None

    @property
    def statement_sha256(self) -> str | None:
        """The digest of the signed bytes of the statement."""
        return payload_digest(signing.Envelope.from_json(self.statement)) if self.statement else None

    def body(self) -> dict[str, Any]:
        """Return the body of the message that reports it."""
        statement = base64.b64encode(self.statement).decode() if self.statement else None
        report = WithdrawalReport(
            consent_id=self.consent_id,
            acted_at=self.acted_at,
            acted_by=self.acted_by,
            reason=self.reason,
            statement=statement,
        )
        return _without_empty_reason(report)


def state_withdrawal(
    consent_id: str,
    *,
    entity: str,
    acted_at: datetime,
    acted_by: Actor,
    signer: signing.Signer,
    reason: str | None = None,
) -> ReportedWithdrawal:
    """Sign that the person withdrew a consent at this entity, or that it ended here for a reason."""
    stated = WithdrawalStatement(
        consent_id=consent_id, entity=entity, acted_at=acted_at, acted_by=acted_by, reason=reason
    )
    envelope = signing.seal(STATEMENT_TYPE, canonical.encode(_without_empty_reason(stated)), signer)
    return ReportedWithdrawal(consent_id, entity, acted_at, acted_by, envelope.to_json(), reason)


def open_withdrawal(body: dict[str, Any], *, sender: str, directory: Directory) -> ReportedWithdrawal:
    """Read a message about a withdrawal and verify the statement that it carries.

    A statement that does not verify is left out: the message is then its sender's word.

    Args:
        body: of the message.
        sender: the entity that signed the message.
        directory: a directory verified under the pinned key.

    Raises:
        MessageMalformed: it is no such body, its statement is none, or that one is about another consent.
    """
    said = _parsed(WithdrawalReport, body)
    own_word = ReportedWithdrawal(said.consent_id, sender, said.acted_at, said.acted_by, reason=said.reason)
    if said.statement is None:
        return own_word
    envelope, stated = _statement(said.statement)
    if stated.consent_id != said.consent_id:
        raise MessageMalformed(_("la declaración es de la retirada de otro consentimiento"))
    if stated.entity not in directory:
        return own_word
    if not _is_signed(envelope, directory.party(stated.entity)):
        return own_word
    return ReportedWithdrawal(
        stated.consent_id, stated.entity, stated.acted_at, stated.acted_by, envelope.to_json(), stated.reason
    )


def _without_empty_reason(document: WithdrawalStatement | WithdrawalReport) -> dict[str, Any]:
    """Return the JSON document; without a reason it is as versions before wrote it."""
    return document.model_dump(mode="json", exclude=None if document.reason else {"reason"})


def _is_signed(envelope: signing.Envelope, party: Party) -> bool:
    """Return whether an entity signed a statement, with its key or with one that it has replaced since."""
    for key in (bytes.fromhex(party.signing_key), *party.ever_had(KeyPurpose.SIGNING)):
        try:
            signing.open_envelope(envelope, payload_type=STATEMENT_TYPE, public_key=key)
        except SignatureInvalid:
            continue
        return True
    return False


def parse_part_lost(body: dict[str, Any]) -> PartLostBody:
    """Read the body of a message about a lost part.

    Raises:
        MessageMalformed: it is no such body.
    """
    return _parsed(PartLostBody, body)


def parse_ended(body: dict[str, Any]) -> EndedBody:
    """Read the body of a message of earlier versions.

    Raises:
        MessageMalformed: it is no such body.
    """
    return _parsed(EndedBody, body)


def _statement(text: str) -> tuple[signing.Envelope, WithdrawalStatement]:
    try:
        envelope = signing.Envelope.from_json(base64.b64decode(text, validate=True), max_bytes=MAX_STATEMENT_BYTES)
        payload = canonical.decode(envelope.payload, max_bytes=MAX_STATEMENT_BYTES)
        return envelope, WithdrawalStatement.model_validate(payload)
    except ValidationError as error:
        raise _malformed(first_fault(error)) from error
    except (MalformedDocument, ValueError, binascii.Error) as error:
        fault = error.message if isinstance(error, MalformedDocument) else _("no está en base64")
        raise _malformed(fault) from error


def _parsed(model: type[_Parsed], body: dict[str, Any]) -> _Parsed:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise _malformed(first_fault(error)) from error


def _malformed(fault: str) -> MessageMalformed:
    return MessageMalformed(_("no es una retirada válida: {fault}", fault=fault))
