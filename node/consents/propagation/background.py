"""Background work for consents of several entities: heartbeats to their holders, waiting consents, old copies."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

import structlog

from node.consents.changes import ConsentChanges
from node.consents.propagation.adoption import adopt_waiting
from node.context import NodeContext
from node.messages.heartbeat import HEARTBEAT
from node.messages.outbox import Outbox
from node.people.store import people_store
from policies.errors import RedpactError
from records_exchange.mailboxes import SqlMailbox
from records_exchange.travel import CONSENT_COPY
from records_exchange.travel_store import SqlTravelStore
from records_exchange.withdrawal import END_KINDS

EVERY_SECONDS: Final = 10.0
_IN_PARALLEL: Final = 16
_HEARTBEATS_IN_A_BOUND: Final = 16
"""Several heartbeats may be lost before a holder takes this entity for silent."""

_log = structlog.get_logger(__name__)


def keep_propagating(context: NodeContext, changes: ConsentChanges, outbox: Outbox, stopping: threading.Event) -> None:
    """Send heartbeats, adopt waiting consents and delete old copies until `stopping` is set."""
    interval = context.settings.silence_bound / _HEARTBEATS_IN_A_BOUND
    last_heartbeat, stamp = None, ""
    while True:
        now = context.clock.now()
        if last_heartbeat is None or now - last_heartbeat >= interval:
            send_heartbeats(context, outbox)
            last_heartbeat = now
        stamp = maintain_copies(context, changes, stamp)
        if stopping.wait(EVERY_SECONDS):
            return


def send_heartbeats(context: NodeContext, outbox: Outbox) -> int:
    """Send a heartbeat to each entity that acknowledged everything, and return how many heard it.

    They go to the entities that hold a consent given here, several at once, so that none waits for a slow one. An
    entity that was away for longer than a notification lives gets what it missed first: it must not take silence about
    a withdrawal for a complete account.
    """
    now = context.clock.now()
    with context.transaction() as session:
        SqlMailbox(session).revive_lapsed({CONSENT_COPY, *END_KINDS}, now)
    with context.snapshot() as session:
        mailbox = SqlMailbox(session)
        entities = [each for each in mailbox.acknowledged_by(CONSENT_COPY) if mailbox.oldest_waiting(each) is None]
    if not entities:
        return 0
    with ThreadPoolExecutor(min(len(entities), _IN_PARALLEL), thread_name_prefix="heartbeat") as pool:
        return sum(pool.map(lambda entity: _heartbeat(outbox, entity, now), entities))


def _heartbeat(outbox: Outbox, entity: str, now: datetime) -> bool:
    try:
        outbox.ask(entity, HEARTBEAT, {"complete_until": now.isoformat()})
    except RedpactError as error:  # one that is away, or suspended, is asked again at the next interval
        _log.info("heartbeat_not_heard", entity=entity, code=error.code)
        return False
    return True


def maintain_copies(context: NodeContext, changes: ConsentChanges, known_stamp: str) -> str:
    """Adopt waiting consents whose person became known, delete old copies, and return the stamp of the people.

    Args:
        context: of this node.
        changes: to publish what a consent loses.
        known_stamp: of the people at the last call; nothing is done while it is the same and no copy is old.
    """
    now = context.clock.now()
    with context.snapshot() as session:
        stamp = people_store(context, session).stamp()
        store = SqlTravelStore(session)
        idle = stamp == known_stamp and not store.has_old(now)
    if idle:
        return stamp
    adopt_waiting(context, changes, now)
    with context.transaction() as session:
        SqlTravelStore(session).purge_old(now)
    return stamp
