"""The sender's side of messages: questions, asked at once, and notifications, delivered from a durable outbox.

Each recipient gets its notifications in the order in which they were written. A recipient that does not answer delays
only its own; they are tried again after a wait that doubles, up to an hour, for as long as a notification lives.

Withdrawals have a queue of their own, in which none waits for another: neither a consent that no witness cosigns nor a
notification that a recipient refuses holds them back. Whatever order they arrive in, a withdrawal prevails.
"""

import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy.orm import Session

from node.inbox.items import Inbox, ItemKind, NewItem
from node.messages.kept_envelopes import kept_envelope, opened_envelope
from node.messages.kinds import Kind
from node.people.documents import Document
from node.people.errors import PersonUnknown
from node.people.linking import pseudonym_of
from node.people.store import people_store
from node.seals.contacts import contacts_in
from policies.errors import RedpactError
from presentation.messages import _
from records_exchange.errors import MessageMalformed
from records_exchange.mailboxes import Notification, NotificationState, SqlMailbox
from records_exchange.message import (
    NOTIFICATION_LIFETIME,
    Message,
    MessageOutcome,
    VerifiedReply,
    new_message,
    open_reply,
    parse_message,
    seal_message,
)
from records_exchange.outbox_choice import Choice
from records_exchange.request import payload_digest
from service.errors import PeerBusy, PeerSilent, PeerUnreachable, PeerUntrusted
from trust.errors import TrustError
from trust.parties import Party
from trust.signing import Envelope, key_id, seal

if TYPE_CHECKING:
    from node.context import NodeContext

_IN_PARALLEL: Final = 16
_AT_A_TIME: Final = 512
"""Notifications read together: enough to reach hundreds of entities, bounded in memory."""

_log = structlog.get_logger(__name__)

Send = Callable[[Party, Envelope], Envelope]
"""Sends a signed message to an entity and returns the unverified reply."""


_NOT_REACHED: Final = (PeerUnreachable, PeerUntrusted, TrustError)
"""Errors that every notification to the same recipient would meet."""


@dataclass(frozen=True, slots=True)
class _Fault:
    """A failed attempt: the notifications behind are tried all the same where it concerns one alone."""

    code: str
    wait: timedelta | None = None
    alone: bool = False
    itself_waits: bool = True
    """False when the notification was postponed already, to be composed anew."""
    arrived: bool = False
    """True when the recipient may have the notification all the same."""


@dataclass(slots=True)
class _Attempt:
    """An attempt to hand a notification in; `answered` once an answer came, whether it verifies or not."""

    notification: Notification
    answered: bool = False


class Queue(StrEnum):
    """The queues of the outbox."""

    WITHDRAWALS = "withdrawals"
    """Notifications of urgent kinds."""
    OTHERS = "others"


class Outbox:
    """Sends this entity's messages. Safe to call from several threads."""

    def __init__(self, context: "NodeContext", kinds: Mapping[str, Kind], send: Send) -> None:
        self._context = context
        self._kinds = kinds
        self._call = send
        self._urgent = frozenset(name for name, kind in kinds.items() if kind.urgent)

    def ask(
        self, recipient: str, kind: str, body: Mapping[str, Any], *, document: Document | None = None
    ) -> VerifiedReply:
        """Ask another entity a question and return its verified reply; neither is kept.

        Args:
            recipient: entity id.
            kind: name of a kind of question.
            body: content of the kind.
            document: of the person that the question is about; it is not sent, see `records_exchange.linkage`.

        Raises:
            UnknownParty, PartySuspended, DirectoryExpired: the recipient cannot be asked.
            PeerRefused, PeerUnreachable, PeerUntrusted: it did not answer.
            RedpactError: its reply does not verify.
        """
        peer = self._peer(recipient)
        message = new_message(
            kind,
            body,
            sender=self._context.settings.entity,
            recipient=recipient,
            now=self._context.clock.now(),
            subject=self._subject(peer, document),
        )
        envelope = seal_message(message, self._context.keys.signing)
        return self._opened(self._call(peer, envelope), peer, message, envelope)

    def due(self, queue: Queue, *, but: Collection[str] = ()) -> dict[str, list[Notification]]:
        """Return the due notifications of a queue by recipient, but those to some entities; the oldest first."""
        urgent, others = self._urgent, frozenset(but)
        choice = Choice(kinds=urgent) if queue is Queue.WITHDRAWALS else Choice(but_kinds=urgent)
        with self._context.snapshot() as session:
            now = self._context.clock.now()
            found = SqlMailbox(session).due(now, _AT_A_TIME, replace(choice, but_recipients=others))
        by_recipient: dict[str, list[Notification]] = {}
        for notification in found:
            by_recipient.setdefault(notification.recipient, []).append(notification)
        return by_recipient

    def deliver_due(self) -> int:
        """Try every due notification once, withdrawals first, and return the number settled."""
        return sum(self._deliver_all(self.due(queue)) for queue in Queue)

    def deliver_in_order(self, notifications: list[Notification], *, until: float = math.inf) -> int:
        """Deliver notifications to one recipient in order until one is not answered; withdrawals, while it is reached.

        Args:
            notifications: to one recipient, of one queue.
            until: time of the monotonic clock at which those left stay for another turn.

        Returns:
            The number settled.
        """
        settled = 0
        for done, notification in enumerate(notifications):
            if done and time.monotonic() >= until:
                break
            fault = self._try(notification)
            if fault is None:
                settled += 1
                continue
            concerned = notifications[done:] if fault.itself_waits else notifications[done + 1 :]
            if fault.alone:
                concerned = concerned[:1] if fault.itself_waits else []
            arrived = notification.number if fault.arrived else None
            self._defer(concerned, fault.code, wait=fault.wait, arrived=arrived)
            if not fault.alone:
                break
        return settled

    def _try(self, notification: Notification) -> "_Fault | None":
        """Deliver a notification; return what kept it from being settled."""
        urgent, attempt = notification.kind in self._urgent, _Attempt(notification)
        try:
            if self._deliver(attempt):
                return None
            return _Fault("behind_another", alone=urgent, itself_waits=False)
        except PeerBusy as error:
            return _Fault(error.code, wait=timedelta(seconds=error.retry_after))
        except RedpactError as error:
            arrived = attempt.answered or isinstance(error, PeerSilent)
            return _Fault(error.code, alone=urgent and not isinstance(error, _NOT_REACHED), arrived=arrived)
        except Exception:  # noqa: BLE001 - a defect in one kind must neither stop the outbox nor lose its notifications
            _log.exception("notification_failed", kind=notification.kind)
            return _Fault("internal", alone=urgent, arrived=attempt.answered)

    def _deliver_all(self, queues: Mapping[str, list[Notification]]) -> int:
        if not queues:
            return 0
        with ThreadPoolExecutor(min(len(queues), _IN_PARALLEL), thread_name_prefix="outbox") as pool:
            return sum(pool.map(self.deliver_in_order, queues.values()))

    def _deliver(self, attempt: _Attempt) -> bool:
        """Send one notification and settle it; return False when it has to be sent again."""
        notification = attempt.notification
        with self._context.snapshot() as session:
            if not SqlMailbox(session).is_waiting(notification.number):
                return True  # taken back, or settled by another pass, since the queue was read
        peer, kind = self._peer(notification.recipient), self._kinds.get(notification.kind)
        if kind is None:
            raise MessageMalformed(
                _(
                    "el buzón de salida tiene un aviso de tipo desconocido, {notification!r}",
                    notification=notification.kind,
                )
            )
        message, envelope = self._composed(notification, kind, peer)
        received = self._call(peer, envelope)
        attempt.answered = True
        verified = self._opened(received, peer, message, envelope)
        if verified.reply.reason in kind.again:
            self._context.commits.run(
                partial(_compose_anew, notification=notification, fault=verified.reply.reason, context=self._context)
            )
            return False
        self._context.commits.run(partial(self._settle, notification=notification, kind=kind, verified=verified))
        return True

    def _composed(self, notification: Notification, kind: Kind, peer: Party) -> tuple[Message, Envelope]:
        if notification.envelope is not None:
            envelope = opened_envelope(self._context, peer.id, notification.envelope)
            signer = self._context.keys.signing
            if envelope.key_id != key_id(signer.public_key):  # signed before the key was replaced: the content stays
                envelope = seal(envelope.payload_type, envelope.payload, signer)
            return parse_message(envelope.payload), envelope
        message = new_message(
            kind.name,
            kind.compose(notification),
            sender=self._context.settings.entity,
            recipient=peer.id,
            now=self._context.clock.now(),
            subject=self._subject(peer, self._document(notification.person_ref)),
            life=NOTIFICATION_LIFETIME,
        )
        envelope = seal_message(message, self._context.keys.signing)
        # Kept before it leaves: composed again after a lost reply, it would take effect twice at the recipient.
        kept = kept_envelope(self._context, peer.id, envelope)
        self._context.commits.run(lambda session: SqlMailbox(session).compose(notification.number, kept))
        return message, envelope

    def _opened(self, received: Envelope, peer: Party, message: Message, envelope: Envelope) -> VerifiedReply:
        now = self._context.clock.now()
        return open_reply(received, message, payload_digest(envelope), peer=peer, now=now)

    def _settle(self, session: Session, *, notification: Notification, kind: Kind, verified: VerifiedReply) -> None:
        now, mailbox, reply = self._context.clock.now(), SqlMailbox(session), verified.reply
        refused = reply.outcome is MessageOutcome.REFUSED
        state = NotificationState.REFUSED if refused else NotificationState.ACKNOWLEDGED
        kept = reply.model_dump_json().encode()
        if not mailbox.settle(notification.number, state, kept, now, fault=reply.reason or ""):
            return  # settled meanwhile by another pass
        contacts_in(session, self._context.keys.cipher).heard(reply.sender, now)
        if refused:
            item = NewItem(
                ItemKind.NOTIFICATION_REFUSED, notification.reference, notification.recipient, reply.reason or ""
            )
            Inbox(session).add(item, now)
        if kind.settle is not None:
            kind.settle(session, notification, verified, now)

    def _defer(
        self,
        notifications: Iterable[Notification],
        fault: str,
        *,
        wait: timedelta | None = None,
        arrived: int | None = None,
    ) -> None:
        now, waiting = self._context.clock.now(), list(notifications)
        self._context.commits.run(
            lambda session: SqlMailbox(session).defer(waiting, fault, now, wait=wait, arrived=arrived)
        )

    def _peer(self, entity: str) -> Party:
        return self._context.directory.current(self._context.clock.now()).active_party(entity)

    def _subject(self, peer: Party, document: Document | None) -> str | None:
        return None if document is None else pseudonym_of(self._context, peer, document)

    def _document(self, person_ref: str | None) -> Document | None:
        if person_ref is None:
            return None
        with self._context.snapshot() as session:
            try:
                return people_store(self._context, session).identity(person_ref).document
            except PersonUnknown:  # erased since: the notification names nobody
                return None


def _compose_anew(session: Session, *, notification: Notification, fault: str | None, context: "NodeContext") -> None:
    mailbox = SqlMailbox(session)
    mailbox.compose(notification.number, None)
    mailbox.defer([notification], fault or "", context.clock.now())
