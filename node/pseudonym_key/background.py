"""Background work of an entity that holds a key: offers that failed, ended keys, the query log, alarms."""

import threading
from datetime import timedelta
from typing import Final

import structlog

from node.context import NodeContext
from node.pseudonym_key.answering import alarm_rule
from node.pseudonym_key.holding import KeyHolding
from policies.errors import ErrorKind, RedpactError
from records_exchange.guessing import WINDOW
from records_exchange.key_holding.query_log import QueryLog
from records_exchange.key_holding.usage_report import Alarms, log_new_alarms

CHECK_SECONDS: Final = 60.0

_log = structlog.get_logger(__name__)


def keep_pseudonym_key(context: NodeContext, holding: KeyHolding, stopping: threading.Event) -> None:
    """Keep this entity's keys every minute, until `stopping` is set; no answer depends on it."""
    logged: Alarms = frozenset()
    while True:
        logged = do_due(context, holding, logged)
        if stopping.wait(CHECK_SECONDS):
            return


def do_due(context: NodeContext, holding: KeyHolding, logged: Alarms) -> Alarms:
    """Offer a waiting key, destroy ended ones, prune the query log, and log new alarms; return those in force."""
    try:
        holding.offer_waiting()
    except RedpactError as error:
        if error.kind is ErrorKind.DAMAGED:
            raise
        _log.warning("pseudonym_key_not_offered", code=error.code, message=error.message)
    holding.destroy_ended()
    now = context.clock.now()
    with context.transaction() as session:
        QueryLog(session).delete_before(now - timedelta(days=context.settings.locator_log_days))
    with context.snapshot() as session:
        usages = QueryLog(session).usages(now - WINDOW)
    return log_new_alarms(usages, alarm_rule(context.settings), logged)
