"""Background work for consents that travel: pulses to their holders, people who become known, copies that are over."""

import threading
from typing import Final

import structlog

from node.consents.propagation.copies import settle_waiting
from node.context import NodeContext
from node.messages.heartbeat import PULSE
from node.messages.outbox import Courier
from node.people.store import people_store
from policies.errors import RedpactError
from records_exchange.mailboxes import SqlMailbox
from records_exchange.travel import CONSENT_COPY, CONSENT_WITHDRAWN
from records_exchange.travel_store import SqlTravelStore

EVERY_SECONDS: Final = 10.0
_PULSES_IN_A_BOUND: Final = 16
"""Several pulses may be lost before a holder takes us for silent."""

_log = structlog.get_logger(__name__)


def keep_travelling(context: NodeContext, outbox: Courier, stopping: threading.Event) -> None:
    """Do it until `stopping` is set."""
    interval = context.settings.silence_bound / _PULSES_IN_A_BOUND
    last_pulse, stamp = None, ""
    while True:
        now = context.clock.now()
        if last_pulse is None or now - last_pulse >= interval:
            send_pulses(context, outbox)
            last_pulse = now
        stamp = look_for_people(context, stamp)
        if stopping.wait(EVERY_SECONDS):
            return


def send_pulses(context: NodeContext, outbox: Courier) -> int:
    """Tell every entity that holds a consent given here that it has heard everything; return how many were told.

    An entity that did not acknowledge something is told nothing of the kind. That includes what was given up after the
    life of a notice: an entity that comes back later must not go on sharing under a consent withdrawn meanwhile.
    """
    now, told = context.clock.now(), 0
    with context.snapshot() as session:
        mailbox = SqlMailbox(session)
        entities = [
            each
            for each in mailbox.acknowledged_by(CONSENT_COPY)
            if mailbox.oldest_waiting(each) is None
            and not mailbox.has_given_up(each, (CONSENT_COPY, CONSENT_WITHDRAWN))
        ]
    for entity in entities:
        try:
            outbox.ask(entity, PULSE, {"complete_until": now.isoformat()})
            told += 1
        except RedpactError as error:  # one that is away, or suspended, must not keep the others waiting
            _log.info("pulse_not_heard", entity=entity, code=error.code)
    return told


def look_for_people(context: NodeContext, known_stamp: str) -> str:
    """Put consents in force whose person became known since the people had this stamp; return the present one."""
    now = context.clock.now()
    with context.snapshot() as session:
        stamp = people_store(context, session).stamp()
        store = SqlTravelStore(session)
        idle = stamp == known_stamp and not store.has_old(now)
    if idle:
        return stamp
    with context.transaction() as session:
        settle_waiting(context, session, now)
        SqlTravelStore(session).purge_old(now)
    return stamp
