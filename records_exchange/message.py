"""Signed messages between entities beside the fetch: consents that travel, withdrawals, referrals, questions.

All have one envelope: sender, recipient, kind, pseudonym of the person, times; each kind defines its body. A
*notification* waits in the sender's outbox while the other side is away, and a repeated one gets the same reply again.
A *question* is answered at once or not at all.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from presentation.faults import first_fault
from presentation.messages import _
from records_exchange.checks import MAX_CLOCK_SKEW
from records_exchange.errors import (
    MessageMalformed,
    MessageMisaddressed,
    MessageStale,
    ReplyMalformed,
    ReplyUnbound,
)
from records_exchange.request import REQUEST_LIFETIME, Hex16, Hex32, Instant, Term, payload_digest
from trust import canonical, signing
from trust.directory import Directory
from trust.errors import MalformedDocument
from trust.parties import EntityId, Party

MESSAGE_TYPE: Final = "application/vnd.redpact.message.v1+json"
REPLY_TYPE: Final = "application/vnd.redpact.reply.v1+json"
MAX_MESSAGE_BYTES: Final = 512 * 1024
NOTIFICATION_LIFETIME: Final = timedelta(days=90)
"""Longest absence of an entity after which it still receives a withdrawal from the outboxes of others."""

MessageKind = Annotated[str, StringConstraints(pattern=r"^[a-z]+(\.[a-z_]+)?$", max_length=40)]


class Message(BaseModel):
    """The payload that a sender signs; unverified unless `open_message` returned it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    id: Hex16
    kind: MessageKind
    sender: EntityId
    recipient: EntityId
    subject: Hex32 | None = Field(default=None, description="pairwise pseudonym of the person, where it is about one")
    issued: Instant
    expires: Instant
    body: dict[str, Any]


class MessageOutcome(StrEnum):
    """The recipient's decision on a message."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class MessageReply(BaseModel):
    """The payload that a recipient signs; unverified unless `open_reply` returned it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    message_id: Hex16
    message_sha256: Hex32
    sender: EntityId
    recipient: EntityId
    outcome: MessageOutcome
    reason: Term | None = Field(default=None, description="of a refusal")
    issued: Instant
    body: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _refusals_have_reasons(self) -> Self:
        if (self.outcome is MessageOutcome.REFUSED) != (self.reason is not None):
            raise ValueError(_("un rechazo lleva motivo; una aceptación no"))
        return self


@dataclass(frozen=True, slots=True)
class VerifiedMessage:
    """A message that `open_message` accepted, with the digest by which replies and ledgers name it."""

    message: Message
    sha256: str
    sender: Party


@dataclass(frozen=True, slots=True)
class VerifiedReply:
    """A reply that `open_reply` accepted, with the digest of its signed bytes."""

    reply: MessageReply
    sha256: str


def new_message(
    kind: str,
    body: Mapping[str, Any],
    *,
    sender: str,
    recipient: str,
    now: datetime,
    subject: str | None = None,
    life: timedelta = REQUEST_LIFETIME,
) -> Message:
    """Return a message with a random id, valid from `now` for `life`."""
    return Message(
        id=secrets.token_hex(16),
        kind=kind,
        sender=sender,
        recipient=recipient,
        subject=subject,
        issued=now,
        expires=now + life,
        body=dict(body),
    )


def seal_message(message: Message, signer: signing.Signer) -> signing.Envelope:
    """Sign a message.

    Raises:
        MalformedDocument: its body is not JSON with a canonical form.
    """
    return signing.seal(MESSAGE_TYPE, canonical.encode(message.model_dump(mode="json")), signer)


def seal_reply(reply: MessageReply, signer: signing.Signer) -> signing.Envelope:
    """Sign a reply.

    Raises:
        MalformedDocument: its body is not JSON with a canonical form.
    """
    return signing.seal(REPLY_TYPE, canonical.encode(reply.model_dump(mode="json")), signer)


def parse_message(payload: bytes) -> Message:
    """Parse untrusted payload bytes; nothing is verified.

    Raises:
        MessageMalformed: for every way `payload` can be wrong.
    """
    try:
        return Message.model_validate(canonical.decode(payload, max_bytes=MAX_MESSAGE_BYTES))
    except MalformedDocument as error:
        raise MessageMalformed(_("no es un mensaje válido: {error}", error=error.message)) from error
    except ValidationError as error:
        raise MessageMalformed(_("no es un mensaje válido: {fault}", fault=first_fault(error))) from error


def open_message(
    envelope: signing.Envelope, *, caller: str, recipient: str, directory: Directory, now: datetime
) -> VerifiedMessage:
    """Verify a message: checks (1) to (3) of `records_exchange.checks`, for messages.

    Not checked here: that the message is new, and its life, which its kind bounds (`require_lifetime`).

    Args:
        envelope: the bytes received.
        caller: the entity id of the caller's certificate or, for a relayed message, of the seal's sender.
        recipient: our entity id.
        directory: a directory verified under the pinned key.
        now: the present time, UTC.

    Raises:
        DirectoryExpired, UnknownParty, PartySuspended: (1) the caller is no active entity.
        SignatureInvalid, MessageMalformed, MessageMisaddressed: (2) not signed by the caller, in its name, for us.
        MessageStale: (3) from the future, or expired.
    """
    directory.require_fresh(now)
    party = directory.active_party(caller)
    payload = signing.open_envelope(
        envelope, payload_type=MESSAGE_TYPE, public_key=party.verification_key(envelope.key_id, now)
    )
    message = parse_message(payload)
    if message.sender != caller:
        raise MessageMisaddressed(
            _("{caller} envió un mensaje en nombre de {sender}", caller=caller, sender=message.sender)
        )
    if message.recipient != recipient:
        raise MessageMisaddressed(
            _(
                "este mensaje va dirigido a {recipient}, no a {entity}",
                recipient=message.recipient,
                entity=recipient,
            )
        )
    if message.issued > now + MAX_CLOCK_SKEW:
        raise MessageStale(
            _("el mensaje lleva una hora posterior a la de nuestro reloj"),
            remedy=_("compruebe los relojes de ambos equipos"),
        )
    if now - MAX_CLOCK_SKEW >= message.expires:
        raise MessageStale(_("el mensaje ha caducado"), remedy=_("envíelo de nuevo"))
    return VerifiedMessage(message, payload_digest(envelope), party)


def require_lifetime(message: Message, life: timedelta) -> None:
    """Refuse a message with a longer life than its kind allows, as its recipient must remember it for that time.

    Raises:
        MessageStale: it is valid for longer than `life`, or ends before it begins.
    """
    if not timedelta(0) < message.expires - message.issued <= life:
        raise MessageStale(
            _("un mensaje de la clase {message} es válido durante {life} como máximo", message=message.kind, life=life),
            remedy=_("envíelo de nuevo"),
        )


def open_reply(
    envelope: signing.Envelope, message: Message, message_sha256: str, *, peer: Party, now: datetime
) -> VerifiedReply:
    """Verify that a reply is the peer's, to exactly our message.

    Raises:
        SignatureInvalid: not signed by the peer's key of the directory.
        ReplyMalformed: signed, but no reply.
        ReplyUnbound: a reply to another message, of another entity, or of another time.
    """
    payload = signing.open_envelope(
        envelope, payload_type=REPLY_TYPE, public_key=peer.verification_key(envelope.key_id, now)
    )
    try:
        reply = MessageReply.model_validate(canonical.decode(payload, max_bytes=MAX_MESSAGE_BYTES))
    except (MalformedDocument, ValidationError) as error:
        raise ReplyMalformed(
            _("{peer} no envió una contestación válida", peer=peer.id),
            remedy=_("actualice RedPACT en las dos entidades"),
        ) from error
    if (reply.message_id, reply.message_sha256) != (message.id, message_sha256):
        raise ReplyUnbound(
            _("{peer} contestó a otro mensaje", peer=peer.id), remedy=_("se volverá a enviar automáticamente")
        )
    if (reply.sender, reply.recipient) != (message.recipient, message.sender) or reply.sender != peer.id:
        raise ReplyUnbound(
            _("la contestación es de otra entidad, o va dirigida a otra"),
            remedy=_("se volverá a enviar automáticamente"),
        )
    if not message.issued - MAX_CLOCK_SKEW <= reply.issued <= now + MAX_CLOCK_SKEW:
        remedy = _("compruebe los relojes de ambos equipos")
        raise ReplyUnbound(
            _(
                "la contestación de {peer} lleva una hora anterior a nuestro mensaje, o posterior a la de "
                "nuestro reloj",
                peer=peer.id,
            ),
            remedy=remedy,
        )
    return VerifiedReply(reply, hashlib.sha256(payload).hexdigest())
