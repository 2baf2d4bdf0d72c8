"""The outbox and the inbox of messages of an entity, on SQLAlchemy, inside the caller's transaction.

The outbox is durable: a notification is written in the transaction of its act, and stays until its recipient has
acknowledged it. The inbox makes a repeated notification take effect once. (A *notice* is the text that a person reads
before consenting: `policies/notices.py`.)
"""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from presentation.messages import _
from records_exchange.errors import MessageReplayed
from records_exchange.message import NOTIFICATION_LIFETIME, VerifiedMessage
from records_exchange.outbox_choice import EVERYTHING, Choice
from records_exchange.tables import InboxMessage, OutboxMessage

FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(hours=1)
_FORGET_ONE_IN: Final = 64
_CHUNK: Final = 500
"""Values named in one statement."""


class NotificationState(StrEnum):
    """The state of a notification."""

    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    LAPSED = "lapsed"
    """Its recipient did not answer within the life of a notification."""
    TAKEN_BACK = "taken_back"
    """Not true any more before its recipient answered. The row stays, so that its number is not used again."""


@dataclass(frozen=True, slots=True)
class NewNotification:
    """A notification to be written to the outbox.

    Attributes:
        kind: kind of message.
        recipient: entity id.
        reference: the id of the consent, or other subject.
        content: JSON from which the kind composes the message, without name, document or value.
        person_ref: this node's id of the person; the recipient gets the pairwise pseudonym.
        envelope: the signed message, if it was composed with its act so that the ledger can name it.
    """

    kind: str
    recipient: str
    reference: str
    content: Mapping[str, Any]
    person_ref: str | None = None
    envelope: bytes | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification in the outbox."""

    number: int
    kind: str
    recipient: str
    reference: str
    person_ref: str | None
    content: Mapping[str, Any]
    state: NotificationState
    created_at: datetime
    next_at: datetime
    attempts: int
    envelope: bytes | None
    fault: str
    settled_at: datetime | None
    may_have_arrived: bool = False


def wait_after(attempts: int) -> timedelta:
    """Return the wait after a number of failed attempts: doubling, bounded, and randomised."""
    longest = min(FIRST_WAIT.total_seconds() * 2.0 ** min(attempts, 16), LONGEST_WAIT.total_seconds())
    return timedelta(seconds=longest * (0.5 + secrets.randbelow(1000) / 2000))


class SqlMailbox:
    """The inbox and the outbox of one entity."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # ---- inbox

    def earlier_reply(self, received: VerifiedMessage) -> bytes | None:
        """Return the reply to an earlier copy of the same message; None when it is new.

        Raises:
            MessageReplayed: it is a question asked again, or its id is that of an earlier, different message.
        """
        message = received.message
        found = self._session.execute(
            select(InboxMessage.sha256, InboxMessage.reply).where(
                InboxMessage.sender == message.sender, InboxMessage.message_id == message.id
            )
        ).one_or_none()
        if found is None:
            return None
        if found.sha256 != received.sha256 or found.reply is None:
            raise MessageReplayed(
                _("{sender} ya había enviado un mensaje con este identificador", sender=message.sender),
                remedy=_("envíe un mensaje nuevo"),
            )
        return bytes(found.reply)

    def remember(self, received: VerifiedMessage, reply: bytes | None, *, forget_at: datetime, now: datetime) -> None:
        """Record a handled message, with the reply for repetitions.

        The primary key lets only one of two simultaneous transactions go on.

        Raises:
            MessageReplayed: it was handled meanwhile; the caller must end this transaction.
        """
        if secrets.randbelow(_FORGET_ONE_IN) == 0:
            self._session.execute(delete(InboxMessage).where(InboxMessage.forget_at <= now))
        row = {"sender": received.message.sender, "message_id": received.message.id, "sha256": received.sha256}
        try:
            self._session.execute(insert(InboxMessage).values(**row, reply=reply, forget_at=forget_at))
        except IntegrityError as error:
            raise MessageReplayed(
                _("{sender} envió este mensaje dos veces al mismo tiempo", sender=received.message.sender)
            ) from error

    # ---- outbox

    def post(self, notifications: Sequence[NewNotification], now: datetime) -> None:
        """Write notifications; each recipient gets its own in this order."""
        if not notifications:
            return
        rows = [
            {
                "kind": notification.kind,
                "recipient": notification.recipient,
                "reference": notification.reference,
                "person_ref": notification.person_ref,
                "content": json.dumps(dict(notification.content), sort_keys=True, separators=(",", ":")),
                "state": NotificationState.WAITING.value,
                "created_at": now,
                "next_at": now,
                "attempts": 0,
                "fault": "",
                "may_have_arrived": False,
                "envelope": notification.envelope,
            }
            for notification in notifications
        ]
        self._session.execute(insert(OutboxMessage), rows)

    def take_back(self, kind: str, reference: str, *, recipients: Collection[str] | None = None) -> list[str]:
        """Stop sending unanswered notifications that are not true any more.

        Args:
            kind: of the notifications.
            reference: the id of their subject.
            recipients: only those to these entities, signed or not: a signed one may have arrived already, so the
                caller must write another notification that undoes it. None for all recipients, but only unsigned ones.

        Returns:
            Their recipients.
        """
        to = OutboxMessage.envelope.is_(None) if recipients is None else OutboxMessage.recipient.in_(sorted(recipients))
        return self._take_back(OutboxMessage.kind == kind, OutboxMessage.reference == reference, to)

    def is_waiting(self, number: int) -> bool:
        """Return whether a notification is still to be sent: neither settled nor taken back."""
        found = select(OutboxMessage.number).where(
            OutboxMessage.number == number, OutboxMessage.state == NotificationState.WAITING.value
        )
        return self._session.scalar(found) is not None

    def due(self, now: datetime, limit: int, choice: Choice = EVERYTHING) -> list[Notification]:
        """Return up to `limit` chosen waiting notifications whose time has come, the oldest first."""
        waiting = select(OutboxMessage).where(
            OutboxMessage.state == NotificationState.WAITING.value, OutboxMessage.next_at <= now, *choice.conditions()
        )
        return [
            _notification(row) for row in self._session.scalars(waiting.order_by(OutboxMessage.number).limit(limit))
        ]

    def states(self, kind: str, reference: str) -> dict[str, set[NotificationState]]:
        """Return, for each recipient, the states of its notifications of a kind about a reference."""
        about = (OutboxMessage.kind == kind, OutboxMessage.reference == reference)
        found: dict[str, set[NotificationState]] = {}
        for recipient, state in self._session.execute(
            select(OutboxMessage.recipient, OutboxMessage.state).where(*about)
        ):
            found.setdefault(recipient, set()).add(NotificationState(state))
        return found

    def about(self, reference: str) -> list[Notification]:
        """Return the notifications about a reference in the order of writing, without those taken back."""
        about = (OutboxMessage.reference == reference, OutboxMessage.state != NotificationState.TAKEN_BACK.value)
        found = select(OutboxMessage).where(*about).order_by(OutboxMessage.number)
        return [_notification(row) for row in self._session.scalars(found)]

    def waiting(self) -> list[Notification]:
        """Return the unanswered notifications, the oldest first."""
        found = select(OutboxMessage).where(OutboxMessage.state == NotificationState.WAITING.value)
        return [_notification(row) for row in self._session.scalars(found.order_by(OutboxMessage.number))]

    def oldest_waiting(self, recipient: str) -> datetime | None:
        """Return the time of the oldest unacknowledged notification to a recipient; None without any."""
        return self._session.scalar(
            select(func.min(OutboxMessage.created_at)).where(
                OutboxMessage.recipient == recipient, OutboxMessage.state == NotificationState.WAITING.value
            )
        )

    def acknowledged_by(self, kind: str) -> list[str]:
        """Return the entities that ever acknowledged a notification of a kind."""
        found = select(OutboxMessage.recipient).where(
            OutboxMessage.kind == kind, OutboxMessage.state == NotificationState.ACKNOWLEDGED.value
        )
        return sorted(self._session.scalars(found.distinct()))

    def compose(self, number: int, envelope: bytes | None) -> None:
        """Keep the signed bytes of a waiting notification for all attempts; None to compose it anew."""
        waiting = (OutboxMessage.number == number, OutboxMessage.state == NotificationState.WAITING.value)
        self._session.execute(update(OutboxMessage).where(*waiting).values(envelope=envelope))

    def defer(
        self,
        notifications: Sequence[Notification],
        fault: str,
        now: datetime,
        *,
        wait: timedelta | None = None,
        arrived: int | None = None,
    ) -> None:
        """Postpone notifications that were not answered.

        Args:
            notifications: still waiting.
            fault: an error code.
            now: the present time.
            wait: as the recipient asked, which is no failed attempt; None for the ordinary wait.
            arrived: number of the one that may have arrived all the same; None when none of them left.
        """
        for notification in notifications:
            lapsed = notification.created_at + NOTIFICATION_LIFETIME <= now
            self._session.execute(
                update(OutboxMessage)
                .where(
                    OutboxMessage.number == notification.number, OutboxMessage.state == NotificationState.WAITING.value
                )
                .values(
                    state=(NotificationState.LAPSED if lapsed else NotificationState.WAITING).value,
                    attempts=notification.attempts + (wait is None),
                    next_at=now + (wait_after(notification.attempts) if wait is None else wait),
                    fault=fault,
                    **({"may_have_arrived": True} if notification.number == arrived else {}),
                    **({"envelope": None} if lapsed else {}),
                )
            )

    def revive_lapsed(self, kinds: Collection[str], now: datetime) -> int:
        """Wait anew for the recipients of lapsed notifications of some kinds, and return the number of notifications.

        A notification that a later one about the same reference to the same recipient replaced stays lapsed.
        """
        later = aliased(OutboxMessage)
        replaced = (
            select(later.number)
            .where(
                later.reference == OutboxMessage.reference,
                later.recipient == OutboxMessage.recipient,
                later.number > OutboxMessage.number,
            )
            .exists()
        )
        lapsed = (OutboxMessage.state == NotificationState.LAPSED.value, OutboxMessage.kind.in_(sorted(kinds)))
        found = list(self._session.scalars(select(OutboxMessage.number).where(*lapsed, ~replaced)))
        for number in found:
            self._session.execute(
                update(OutboxMessage)
                .where(OutboxMessage.number == number)
                .values(
                    state=NotificationState.WAITING.value,
                    created_at=now,
                    next_at=now,
                    attempts=0,
                    envelope=None,
                    may_have_arrived=False,
                    fault="",
                )
            )
        return len(found)

    def settle(self, number: int, state: NotificationState, reply: bytes, now: datetime, *, fault: str = "") -> bool:
        """Record the signed reply to a notification, and return whether it was still waiting for one.

        The signed message is deleted: it is not sent any more, and may hold content that the ledger must be able to
        erase.
        """
        done = self._session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.number == number, OutboxMessage.state == NotificationState.WAITING.value)
            .values(state=state.value, envelope=None, reply=reply, settled_at=now, fault=fault)
            .returning(OutboxMessage.number)
        )
        return done.one_or_none() is not None

    def forget_person(self, person_ref: str) -> None:
        """Remove a person's id from notifications, and the signed content of settled ones."""
        about = OutboxMessage.person_ref == person_ref
        settled = OutboxMessage.state != NotificationState.WAITING.value
        self._session.execute(update(OutboxMessage).where(about, settled).values(envelope=None))
        self._session.execute(update(OutboxMessage).where(about).values(person_ref=None))

    def forget_content(self, kind: str, references: Collection[str]) -> None:
        """Take back the waiting notifications of a kind about some references, and keep no signed content of any."""
        chosen = sorted(references)
        for first in range(0, len(chosen), _CHUNK):
            about = (OutboxMessage.kind == kind, OutboxMessage.reference.in_(chosen[first : first + _CHUNK]))
            self._take_back(*about)
            self._session.execute(update(OutboxMessage).where(*about).values(envelope=None))

    def _take_back(self, *chosen: ColumnElement[bool]) -> list[str]:
        gone = self._session.execute(
            update(OutboxMessage)
            .where(*chosen, OutboxMessage.state.in_((NotificationState.WAITING.value, NotificationState.LAPSED.value)))
            .values(state=NotificationState.TAKEN_BACK.value, envelope=None, person_ref=None)
            .returning(OutboxMessage.recipient)
        )
        return sorted(gone.scalars())


def _notification(row: OutboxMessage) -> Notification:
    return Notification(
        number=row.number,
        kind=row.kind,
        recipient=row.recipient,
        reference=row.reference,
        person_ref=row.person_ref,
        content=json.loads(row.content),
        state=NotificationState(row.state),
        created_at=row.created_at,
        next_at=row.next_at,
        attempts=row.attempts,
        envelope=None if row.envelope is None else bytes(row.envelope),
        fault=row.fault,
        settled_at=row.settled_at,
        may_have_arrived=row.may_have_arrived,
    )
