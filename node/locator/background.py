"""Background work: publish live consents to the private locator, and delete its old answers."""

import threading
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.orm import Session

from node.clients.locator import LocatorClient
from node.context import NodeContext
from node.locator.consent_changes import PublisherWakeup
from node.locator.publishing import Publisher, PublishingResult
from node.locator.question_log import LocatorLog
from node.locator.tables import LocatorPublishingRow
from policies.errors import ErrorKind, RedpactError
from service.errors import RuntimeFault

LOOK_SECONDS: Final = 1.0
"""Longest time until a consent given or withdrawn by another process is published."""

LONGEST_WAIT_SECONDS: Final = 30.0
CLEAR_EVERY: Final = timedelta(hours=6)
_ONLY_ROW: Final = 1

_log = structlog.get_logger(__name__)


def publish_consents(
    context: NodeContext, client: LocatorClient, wakeup: PublisherWakeup, stopping: threading.Event
) -> None:
    """Publish changes until `stopping` is set.

    The waits grow while the locator is down, and end at once when a consent loses something.
    """
    publisher, wait, fault = Publisher(context, client), LOOK_SECONDS, ""
    cleared: datetime | None = None
    while wakeup.wait(wait, stopping):
        now = context.clock.now()
        if cleared is None or now - cleared >= CLEAR_EVERY:
            delete_old_answers(context, now)
            cleared = now
        try:
            done = publisher.step()
        except RedpactError as error:
            if isinstance(error, RuntimeFault) and error.kind is ErrorKind.DAMAGED:
                raise  # a fault of this machine, which the supervising thread logs
            if stopping.is_set():
                return  # the service is closing its channels
            fault, wait = _log_change(error, fault), min(2 * wait, LONGEST_WAIT_SECONDS)
            note_fault(context, fault, now)
        else:
            if done is not None:
                note_published(context, done, now)
            fault, wait = "", LOOK_SECONDS


def _log_change(error: RedpactError, before: str) -> str:
    if error.code != before:  # a day without the locator is one log line
        _log.warning("locator_not_told", code=error.code, message=error.message)
    return error.code


def delete_old_answers(context: NodeContext, now: datetime) -> None:
    """Delete the locator's answers that are older than the settings keep them."""
    with context.transaction() as session:
        LocatorLog(session).forget_before(now - timedelta(days=context.settings.locator_log_days))


def note_published(context: NodeContext, done: PublishingResult, now: datetime) -> None:
    """Record the last publication for ``status``."""
    with context.transaction() as session:
        row = _state(session, now)
        row.entries, row.waiting, row.published_at = done.entries, done.waiting, now
        row.fault, row.tried_at = "", now


def note_fault(context: NodeContext, code: str, now: datetime) -> None:
    """Record the code of a failed publication for ``status``."""
    with context.transaction() as session:
        row = _state(session, now)
        row.fault, row.tried_at = code, now


def _state(session: Session, now: datetime) -> LocatorPublishingRow:
    row = session.get(LocatorPublishingRow, _ONLY_ROW)
    if row is None:
        row = LocatorPublishingRow(id=_ONLY_ROW, entries=0, waiting=0, published_at=None, fault="", tried_at=now)
        session.add(row)
    return row
