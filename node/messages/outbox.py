"""The sender's side of messages: questions, asked at once, and notices, delivered from a durable outbox.

Each recipient gets its notices in the order in which they were written. A recipient that does not answer delays only
its own notices; they are tried again after a wait that doubles, up to an hour, for as long as a notice lives.

Withdrawals have a queue of their own, in which no notice waits for another: neither a consent that no witness cosigns
nor a notice that a recipient refuses holds them back. Whatever order they arrive in, a withdrawal prevails.
"""

import math
import time
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy.orm import Session

from node.inbox.items import Inbox, ItemKind, NewItem
from node.messages.kinds import Kind
from node.messages.transport import Transport
from node.people.documents import Document
from node.people.errors import PersonUnknown
from node.people.linking import pseudonym_of
from node.people.store import people_store
from policies.errors import RedpactError
from presentation.messages import _
from records_exchange.errors import MessageMalformed
from records_exchange.mailboxes import Choice, Notice, NoticeState, SqlMailbox
from records_exchange.message import (
    NOTICE_LIFETIME,
    Message,
    MessageOutcome,
    VerifiedReply,
    new_message,
    open_reply,
    parse_message,
    seal_message,
)
from records_exchange.request import payload_digest
from service.errors import PeerBusy, PeerUnreachable, PeerUntrusted
from trust.errors import TrustError
from trust.parties import Party
from trust.signing import Envelope

if TYPE_CHECKING:
    from node.context import NodeContext

_IN_PARALLEL: Final = 16
_AT_A_TIME: Final = 512
"""Notices read together: enough to reach hundreds of entities, bounded in memory."""

_log = structlog.get_logger(__name__)


_NOT_REACHED: Final = (PeerUnreachable, PeerUntrusted, TrustError)
"""Errors that every notice to the same recipient would meet."""


@dataclass(frozen=True, slots=True)
class _Fault:
    """A failed attempt: the notices behind are tried all the same where it concerns one alone."""

    code: str
    wait: timedelta | None = None
    alone: bool = False
    notice_waits: bool = True
    """False when the notice was postponed already, to be composed anew."""


class Queue(StrEnum):
    """The queues of the outbox."""

    WITHDRAWALS = "withdrawals"
    """Notices of urgent kinds."""
    OTHERS = "others"


class Outbox:
    """Sends this entity's messages. Safe to call from several threads."""

    def __init__(self, context: "NodeContext", kinds: Mapping[str, Kind], transport: Transport) -> None:
        self._context = context
        self._kinds = kinds
        self._transport = transport
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
        return self._send(peer, message, seal_message(message, self._context.keys.signing))

    def due(self, queue: Queue, *, but: Collection[str] = ()) -> dict[str, list[Notice]]:
        """Return the due notices of a queue by recipient, but those to some entities; the oldest first."""
        urgent, others = self._urgent, frozenset(but)
        choice = Choice(kinds=urgent) if queue is Queue.WITHDRAWALS else Choice(but_kinds=urgent)
        with self._context.snapshot() as session:
            now = self._context.clock.now()
            found = SqlMailbox(session).due(now, _AT_A_TIME, replace(choice, but_recipients=others))
        by_recipient: dict[str, list[Notice]] = {}
        for notice in found:
            by_recipient.setdefault(notice.recipient, []).append(notice)
        return by_recipient

    def deliver_due(self) -> int:
        """Try every due notice once, withdrawals first, and return the number settled."""
        return sum(self._deliver_all(self.due(queue)) for queue in Queue)

    def deliver_in_order(self, notices: list[Notice], *, until: float = math.inf) -> int:
        """Deliver notices to one recipient in order, until one is not answered; withdrawals, until it is not reached.

        Args:
            notices: to one recipient, of one queue.
            until: time of the monotonic clock at which those left stay for another turn.

        Returns:
            The number settled.
        """
        settled = 0
        for done, notice in enumerate(notices):
            if done and time.monotonic() >= until:
                break
            fault = self._try(notice)
            if fault is None:
                settled += 1
                continue
            concerned = notices[done:] if fault.notice_waits else notices[done + 1 :]
            if fault.alone:
                concerned = concerned[:1] if fault.notice_waits else []
            self._defer(concerned, fault.code, wait=fault.wait)
            if not fault.alone:
                break
        return settled

    def _try(self, notice: Notice) -> "_Fault | None":
        """Deliver a notice; return what kept it from being settled."""
        urgent = notice.kind in self._urgent
        try:
            if self._deliver(notice):
                return None
            return _Fault("behind_another", alone=urgent, notice_waits=False)
        except PeerBusy as error:
            return _Fault(error.code, wait=timedelta(seconds=error.retry_after))
        except RedpactError as error:
            return _Fault(error.code, alone=urgent and not isinstance(error, _NOT_REACHED))
        except Exception:  # noqa: BLE001 - a defect in one kind must neither stop the outbox nor lose its notices
            _log.exception("notice_failed", kind=notice.kind)
            return _Fault("internal", alone=urgent)

    def _deliver_all(self, queues: Mapping[str, list[Notice]]) -> int:
        if not queues:
            return 0
        with ThreadPoolExecutor(min(len(queues), _IN_PARALLEL), thread_name_prefix="outbox") as pool:
            return sum(pool.map(self.deliver_in_order, queues.values()))

    def _deliver(self, notice: Notice) -> bool:
        """Send one notice and settle it; return False when it has to be sent again."""
        with self._context.snapshot() as session:
            if not SqlMailbox(session).is_waiting(notice.number):
                return True  # taken back, or settled by another pass, since the queue was read
        peer, kind = self._peer(notice.recipient), self._kinds.get(notice.kind)
        if kind is None:
            raise MessageMalformed(
                _("el buzón de salida tiene un aviso de tipo desconocido, {notice!r}", notice=notice.kind)
            )
        message, envelope = self._composed(notice, kind, peer)
        verified = self._send(peer, message, envelope)
        if verified.reply.reason in kind.again:
            self._context.commits.run(
                partial(_compose_anew, notice=notice, fault=verified.reply.reason, context=self._context)
            )
            return False
        self._context.commits.run(partial(self._settle, notice=notice, kind=kind, verified=verified))
        return True

    def _composed(self, notice: Notice, kind: Kind, peer: Party) -> tuple[Message, Envelope]:
        if notice.envelope is not None:
            envelope = Envelope.from_json(notice.envelope)
            return parse_message(envelope.payload), envelope
        message = new_message(
            kind.name,
            kind.compose(notice),
            sender=self._context.settings.entity,
            recipient=peer.id,
            now=self._context.clock.now(),
            subject=self._subject(peer, self._document(notice.person_ref)),
            life=NOTICE_LIFETIME,
        )
        envelope = seal_message(message, self._context.keys.signing)
        # Kept before it leaves: composed again after a lost reply, it would take effect twice at the recipient.
        kept = envelope.to_json()
        self._context.commits.run(lambda session: SqlMailbox(session).compose(notice.number, kept))
        return message, envelope

    def _send(self, peer: Party, message: Message, envelope: Envelope) -> VerifiedReply:
        received = self._transport.call(peer, envelope)
        now = self._context.clock.now()
        return open_reply(received, message, payload_digest(envelope), peer=peer, now=now)

    def _settle(self, session: Session, *, notice: Notice, kind: Kind, verified: VerifiedReply) -> None:
        now, mailbox, reply = self._context.clock.now(), SqlMailbox(session), verified.reply
        refused = reply.outcome is MessageOutcome.REFUSED
        state = NoticeState.REFUSED if refused else NoticeState.ACKNOWLEDGED
        kept = reply.model_dump_json().encode()
        if not mailbox.settle(notice.number, state, kept, now, fault=reply.reason or ""):
            return  # settled meanwhile by another pass
        mailbox.heard(reply.sender, now)
        if refused:
            item = NewItem(ItemKind.NOTICE_REFUSED, notice.reference, notice.recipient, reply.reason or "")
            Inbox(session).add(item, now)
        if kind.settle is not None:
            kind.settle(session, notice, verified, now)

    def _defer(self, notices: Iterable[Notice], fault: str, *, wait: timedelta | None = None) -> None:
        now, waiting = self._context.clock.now(), list(notices)
        self._context.commits.run(lambda session: SqlMailbox(session).defer(waiting, fault, now, wait=wait))

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
            except PersonUnknown:  # erased since: the notice names nobody
                return None


def _compose_anew(session: Session, *, notice: Notice, fault: str | None, context: "NodeContext") -> None:
    mailbox = SqlMailbox(session)
    mailbox.compose(notice.number, None)
    mailbox.defer([notice], fault or "", context.clock.now())
