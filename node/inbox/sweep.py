"""Items that only the passing of time causes: deadlines that pass, notifications without receipt, consents that end."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlalchemy.orm import Session

from node.context import NodeContext
from node.directory_evidence import directory_evidence
from node.inbox.items import Inbox, ItemKind, NewItem
from records_exchange.mailboxes import SqlMailbox

Deadline: TypeAlias = Callable[[NodeContext], Sized]
"""Carries out what follows from passed deadlines, in a transaction that also writes the items; returns the cases."""
Finder: TypeAlias = Callable[[NodeContext, Session, datetime], Iterable[NewItem]]
"""Finds items, written before or not, in a consistent read."""


class InboxSweep:
    """Brings the inbox up to date. A repetition adds nothing."""

    def __init__(self, context: NodeContext, *, deadlines: Sequence[Deadline], finders: Sequence[Finder]) -> None:
        self._context = context
        self._deadlines = tuple(deadlines)
        self._finders = tuple(finders)

    def run(self) -> int:
        """Write the items that are missing, and return their number."""
        passed = sum(len(deadline(self._context)) for deadline in self._deadlines)
        now = self._context.clock.now()
        with self._context.snapshot() as session:
            found = [item for find in self._finders for item in find(self._context, session, now)]
        if not found:
            return passed
        with self._context.transaction() as session:
            return passed + Inbox(session).add_once(found, now)


def unacknowledged_notifications(context: NodeContext, session: Session, now: datetime) -> Iterator[NewItem]:
    """Yield the notifications without receipt after the days that the settings allow."""
    since = now - timedelta(days=context.settings.attention_days)
    for notification in SqlMailbox(session).waiting():
        if notification.created_at <= since:
            yield NewItem(
                ItemKind.NOTIFICATION_UNANSWERED, notification.reference, notification.recipient, notification.kind
            )


def refused_directories(context: NodeContext, _session: Session, _now: datetime) -> Iterator[NewItem]:
    """Yield the directories that were refused for changing other people's keys."""
    for path in directory_evidence(context.home):
        yield NewItem(ItemKind.DIRECTORY_REFUSED, path.stem)
