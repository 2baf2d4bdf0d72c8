"""The recipient's side of messages: check, handle once, store the reply, then send it.

(1) the caller is an active entity of the directory;
(2) it signed the message, in its own name, for this entity;
(3) the message is fresh, and lives no longer than its kind may;
(4) it is new; a repeated notification gets its first reply again, or one alike where it never had an effect;
(5) its kind is known, and its handler accepts or refuses it;
(6) effects, ledger entries and reply are durable together, before the reply leaves.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from node.messages.kinds import Kind
from node.seals.contacts import contacts_in
from presentation.messages import _
from records_exchange.checks import MAX_CLOCK_SKEW
from records_exchange.errors import MessageMalformed
from records_exchange.mailboxes import SqlMailbox
from records_exchange.message import (
    NOTIFICATION_LIFETIME,
    MessageReply,
    VerifiedMessage,
    open_message,
    require_lifetime,
    seal_reply,
)
from records_exchange.request import REQUEST_LIFETIME
from service.limits import CallGroup
from trust.signing import Envelope

if TYPE_CHECKING:
    from node.context import NodeContext
    from service.limits import CallerLimits


class MessageReceiver:
    """Receives the messages of other entities. Safe to call from several threads."""

    def __init__(self, context: "NodeContext", kinds: Mapping[str, Kind], limits: "CallerLimits") -> None:
        self._context = context
        self._limits = limits
        self._kinds = kinds

    def limited_by(self, limits: "CallerLimits") -> "MessageReceiver":
        """Return the same receiver with other limits of questions."""
        return MessageReceiver(self._context, self._kinds, limits)

    def take(self, envelope: Envelope, caller: str) -> Envelope:
        """Handle a message and return the signed reply; its effects are durable when this returns.

        Args:
            envelope: as received.
            caller: entity id in the caller's certificate; behind a relay, the sender that the signature must prove.

        Raises:
            TooManyCalls: the caller asked too many questions lately; nothing was changed.
            RedpactError: checks (1) to (5) fail; nothing was changed.
        """
        context = self._context
        now = context.clock.now()
        received = open_message(
            envelope,
            caller=caller,
            recipient=context.settings.entity,
            directory=context.directory.current(now),
            now=now,
        )
        kind = self._kinds.get(received.message.kind)
        if kind is None:
            raise MessageMalformed(
                _("aquí no se conocen mensajes de tipo {message!r}", message=received.message.kind),
                remedy=_("actualice RedPACT"),
            )
        if kind.question:  # answered anew each time, which costs more than a notification
            self._limits.spend(caller, CallGroup.QUESTIONS)
        require_lifetime(received.message, REQUEST_LIFETIME if kind.question else NOTIFICATION_LIFETIME)
        return self._context.commits.run(partial(self._handle, kind=kind, received=received))

    def _handle(self, session: Session, *, kind: Kind, received: VerifiedMessage) -> Envelope:
        now, mailbox = self._context.clock.now(), SqlMailbox(session)
        earlier = mailbox.earlier_reply(received)
        if earlier is not None:
            return Envelope.from_json(earlier)
        response = kind.receive(session, received, now)
        reply = MessageReply(
            message_id=received.message.id,
            message_sha256=received.sha256,
            sender=self._context.settings.entity,
            recipient=received.message.sender,
            outcome=response.outcome,
            reason=response.refusal,
            issued=now,
            body=dict(response.body),
        )
        sealed = seal_reply(reply, self._context.keys.signing)
        if response.remembered:
            forget_at = received.message.expires + MAX_CLOCK_SKEW
            mailbox.remember(received, None if kind.question else sealed.to_json(), forget_at=forget_at, now=now)
        contacts_in(session, self._context.keys.cipher).heard(received.message.sender, now)
        return sealed
