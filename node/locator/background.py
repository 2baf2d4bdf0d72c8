"""Background work: keep the private locator up to date with the live consents, and old answers cleared away."""

import threading
from datetime import datetime, timedelta
from typing import Final

import structlog

from node.clients.locator import LocatorClient
from node.context import NodeContext
from node.locator.consent_changes import PublisherWakeup
from node.locator.publishing import Published, Publisher
from node.locator.question_log import LocatorLog
from node.locator.tables import LocatorPublishingRow
from policies.errors import ErrorKind, RedpactError
from service.errors import RuntimeFault

LOOK_SECONDS: Final = 1.0
"""How soon a consent given or withdrawn by another process is published."""

LONGEST_WAIT_SECONDS: Final = 30.0
CLEAR_EVERY: Final = timedelta(hours=6)
_ONLY_ROW: Final = 1

_log = structlog.get_logger(__name__)


def publish_consents(
    context: NodeContext, client: LocatorClient, wakeup: PublisherWakeup, stopping: threading.Event
) -> None:
    """Publish what changes, until `stopping` is set.

    A locator that is down is tried again less and less often, and at once when a consent lost something.
    """
    publisher, wait, fault = Publisher(context, client), LOOK_SECONDS, ""
    cleared: datetime | None = None
    while wakeup.wait(wait, stopping):
        now = context.clock.now()
        if cleared is None or now - cleared >= CLEAR_EVERY:
            clear_away(context, now)
            cleared = now
        try:
            done = publisher.step()
        except RedpactError as error:
            if isinstance(error, RuntimeFault) and error.kind is ErrorKind.DAMAGED:
                raise  # this machine's own fault: told by whoever supervises
            if stopping.is_set():
                return  # its channels are being closed: nothing is wrong with the locator
            fault, wait = _tell(error, fault), min(2 * wait, LONGEST_WAIT_SECONDS)
            note_fault(context, fault, now)
        else:
            if done is not None:
                note_published(context, done, now)
            fault, wait = "", LOOK_SECONDS


def _tell(error: RedpactError, before: str) -> str:
    if error.code != before:  # a day without the locator is one line
        _log.warning("locator_not_told", code=error.code, message=error.message)
    return error.code


def clear_away(context: NodeContext, now: datetime) -> None:
    """Delete the locator's answers that have been kept long enough."""
    with context.transaction() as session:
        LocatorLog(session).forget_before(now - timedelta(days=context.settings.locator_log_days))


def note_published(context: NodeContext, done: Published, now: datetime) -> None:
    """Note for ``status`` that the locator is up to date, or who still waits."""
    with context.transaction() as session:
        row = session.get(LocatorPublishingRow, _ONLY_ROW) or LocatorPublishingRow(id=_ONLY_ROW)
        row.entries, row.waiting, row.published_at = done.entries, done.waiting, now
        row.fault, row.tried_at = "", now
        session.add(row)


def note_fault(context: NodeContext, code: str, now: datetime) -> None:
    """Note for ``status`` why the locator could not be told."""
    with context.transaction() as session:
        row = session.get(LocatorPublishingRow, _ONLY_ROW)
        if row is None:
            row = LocatorPublishingRow(id=_ONLY_ROW, entries=0, waiting=0, published_at=None)
            session.add(row)
        row.fault, row.tried_at = code, now
