"""Background work of the locator: ends of epochs and entries, retention of the query log, alarms."""

import threading
from datetime import timedelta
from typing import Final

import structlog

from coordinator.locator.query_log import QueryLog
from coordinator.locator.report import alarm_rule
from coordinator.locator.store import SqlLocatorStore
from coordinator.wiring import Coordinator
from records_exchange.guessing import WINDOW, AlarmKind, alarms

CHECK_SECONDS: Final = 60.0

_log = structlog.get_logger(__name__)


def keep_locator(coordinator: Coordinator, stopping: threading.Event) -> None:
    """Do what is due now and then, until `stopping` is set. Nothing hangs on it: what has ended is answered no more."""
    told: frozenset[tuple[str, AlarmKind]] = frozenset()
    while True:
        clear_away(coordinator)
        told = sound_alarms(coordinator, told)
        if stopping.wait(CHECK_SECONDS):
            return


def clear_away(coordinator: Coordinator) -> None:
    """Destroy the keys of epochs that have ended, and delete entries and questions that have served their time."""
    now = coordinator.clock.now()
    with coordinator.transaction() as session:
        coordinator.locator_epochs(session).retire(now)
        SqlLocatorStore(session).forget_ended(now)
        QueryLog(session).forget_before(now - timedelta(days=coordinator.settings.locator_log_days))


def sound_alarms(coordinator: Coordinator, told: frozenset[tuple[str, AlarmKind]]) -> frozenset[tuple[str, AlarmKind]]:
    """Write a line to the service's log for each alarm that is not in `told`, and return those that stand."""
    with coordinator.snapshot() as session:
        usages = QueryLog(session).usages(coordinator.clock.now() - WINDOW)
    rule = alarm_rule(coordinator.settings)
    standing = {(usage.entity, kind): usage for usage in usages for kind in alarms(usage, rule)}
    for (entity, kind), usage in standing.items():
        if (entity, kind) not in told:
            _log.warning(
                "locator_guessing",
                entity=entity,
                kind=kind.value,
                questions=usage.questions,
                misses=usage.misses,
                refused=usage.refused,
            )
    return frozenset(standing)
