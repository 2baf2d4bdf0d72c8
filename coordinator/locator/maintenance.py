"""Background work of the locator: ends of epochs and entries, retention of the query log, alarms."""

import threading
from datetime import timedelta
from typing import Final

from coordinator.context import CoordinatorContext
from coordinator.locator.epochs import OpenEpochs
from coordinator.locator.report import alarm_rule
from coordinator.locator.rotation import follow_holders
from coordinator.locator.store import SqlLocatorStore
from coordinator.registry import OpenRegistry
from records_exchange.guessing import WINDOW
from records_exchange.key_holding.query_log import QueryLog
from records_exchange.key_holding.usage_report import Alarms, log_new_alarms

CHECK_SECONDS: Final = 60.0


def maintain_locator(
    context: CoordinatorContext, open_registry: OpenRegistry, open_epochs: OpenEpochs, stopping: threading.Event
) -> None:
    """Delete expired data, follow the key holders and log new alarms every minute, until `stopping` is set.

    No answer depends on it: requests check for themselves that an epoch or entry is in force.
    """
    logged: Alarms = frozenset()
    while True:
        delete_expired(context, open_epochs)
        follow_holders(context, open_registry, open_epochs)
        logged = log_alarms(context, logged)
        if stopping.wait(CHECK_SECONDS):
            return


def delete_expired(context: CoordinatorContext, open_epochs: OpenEpochs) -> None:
    """Destroy the keys of ended epochs, and delete ended entries and questions older than the log is kept."""
    now = context.clock.now()
    with context.transaction() as session:
        open_epochs(session).retire(now)
        SqlLocatorStore(session).delete_ended(now)
        QueryLog(session).delete_before(now - timedelta(days=context.settings.locator_log_days))


def log_alarms(context: CoordinatorContext, logged: Alarms) -> Alarms:
    """Write a line to the service's log for each alarm that is not in `logged`, and return those in force."""
    with context.snapshot() as session:
        usages = QueryLog(session).usages(context.clock.now() - WINDOW)
    return log_new_alarms(usages, alarm_rule(context.settings), logged)
