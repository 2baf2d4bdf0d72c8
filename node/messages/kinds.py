"""A kind of message: how it is composed, handled by its recipient, and settled by its sender."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from records_exchange.mailboxes import Notification
from records_exchange.message import MessageOutcome, VerifiedMessage, VerifiedReply


@dataclass(frozen=True, slots=True)
class Response:
    """The outcome of a message at its recipient.

    Attributes:
        body: content of the reply.
        refusal: reason code of a refusal; None when the message was accepted.
        remembered: whether a repetition must get this very reply. False where the message changed nothing, so that to
            handle it anew is the same: whoever sends such messages without end fills no table.
    """

    body: Mapping[str, Any] = field(default_factory=dict)
    refusal: str | None = None
    remembered: bool = True

    @property
    def outcome(self) -> MessageOutcome:
        """True when the recipient accepted the message."""
        return MessageOutcome.REFUSED if self.refusal else MessageOutcome.ACCEPTED


Receive = Callable[[Session, VerifiedMessage, datetime], Response]
"""Handles a message in the transaction that also keeps the reply; raises our errors to undo everything."""

Compose = Callable[[Notification], Mapping[str, Any]]
"""Returns the body of a notification at its first delivery; raises our errors when it cannot be sent yet."""

Settle = Callable[[Session, Notification, VerifiedReply, datetime], None]
"""Records at the sender the consequence of a reply, in the transaction that settles the notification."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message.

    Attributes:
        name: as in the signed message.
        receive: handles it at the recipient.
        question: whether it is answered at once or not at all; else it is a notification, which waits in the outbox.
        compose: makes a notification's body from its content in the outbox; by default the body is that content.
        settle: records the reply to a notification at the sender.
        again: reasons of refusal after which a notification is composed anew and sent later.
        urgent: whether its notifications have a queue of their own, which no other kind delays. Their order does not
            matter.
    """

    name: str
    receive: Receive
    question: bool = False
    compose: Compose = lambda notification: notification.content
    settle: Settle | None = None
    again: frozenset[str] = frozenset()
    urgent: bool = False
