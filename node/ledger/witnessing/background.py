"""Background work: cosignatures of witnesses for the newest checkpoint after appends."""

import threading
from typing import Final

import structlog

from node.context import NodeContext
from node.ledger.witnessing.rounds import Round, run_round, size_due

CHECK_SECONDS: Final = 2.0
"""Longest time until an append of any process goes to the witnesses; appends in between go together."""

BUSY_CHECKS: Final = 5
"""Checks between rounds of a ledger that grows all the time, so that rounds do not compete with requests."""

LONGEST_WAIT_SECONDS: Final = 300.0

_log = structlog.get_logger(__name__)


def witness_ledger(context: NodeContext, stopping: threading.Event) -> None:
    """Keep the newest checkpoint cosigned until `stopping` is set."""
    wait, faults, pace = CHECK_SECONDS, "", Pace()
    while not stopping.wait(wait):
        if not pace.is_time(size_due(context)):
            wait = CHECK_SECONDS
            continue
        done = run_round(context)
        failed = done is not None and not done.quorum
        wait = min(2 * wait, LONGEST_WAIT_SECONDS) if failed else CHECK_SECONDS
        if done is not None:
            faults = _log_change(done, faults)


class Pace:
    """Decides at each check on a round: at once for a ledger that rests, less often for one that grows."""

    def __init__(self) -> None:
        self._size: int | None = None
        self._checks = BUSY_CHECKS

    def is_time(self, size: int | None) -> bool:
        """Return whether a round is due; `size` is the one that waits for cosignatures, None without any."""
        self._checks += 1
        settled, self._size = size == self._size, size
        if size is None or not (settled or self._checks >= BUSY_CHECKS):
            return False
        self._checks = 0
        return True


def _log_change(done: Round, before: str) -> str:
    faults = ", ".join(f"{each.witness.id}: {each.error.code}" for each in done.outcomes if each.error)
    if faults and faults != before:  # a day without a witness is one log line
        _log.warning("witnesses_missing", size=done.size, quorum=done.quorum, faults=faults)
    return faults
