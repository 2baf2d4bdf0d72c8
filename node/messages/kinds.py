"""What a kind of message is: how it is composed, what its recipient does, what its sender does with the reply."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from records_exchange.mailboxes import Notice
from records_exchange.message import Outcome, VerifiedMessage, VerifiedReply


@dataclass(frozen=True, slots=True)
class Response:
    """What a recipient makes of a message: accepted or refused with a reason code, and what it says back."""

    body: Mapping[str, Any] = field(default_factory=dict)
    refusal: str | None = None

    @property
    def outcome(self) -> Outcome:
        """Whether it was accepted."""
        return Outcome.REFUSED if self.refusal else Outcome.ACCEPTED


Receive = Callable[[Session, VerifiedMessage, datetime], Response]
"""Does what a message asks, in the transaction that also keeps the reply; raises our errors to undo everything."""

Compose = Callable[[Notice], Mapping[str, Any]]
"""Returns the body of a notice when it is first sent; raises our errors when it cannot be sent yet."""

Settle = Callable[[Session, Notice, VerifiedReply, datetime], None]
"""Notes at the sender what a reply means, in the transaction that settles the notice."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message.

    Attributes:
        name: as in the signed message.
        receive: the recipient's side.
        question: answered at once or not at all; otherwise a notice, which waits in the outbox.
        compose: a notice's body from what the outbox holds; by default exactly that.
        settle: what the sender notes of a reply to a notice.
        again: reasons of refusal after which the notice is composed anew and sent later.
    """

    name: str
    receive: Receive
    question: bool = False
    compose: Compose = lambda notice: notice.content
    settle: Settle | None = None
    again: frozenset[str] = frozenset()
