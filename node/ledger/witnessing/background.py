"""Background work: after appends, the newest checkpoint goes to the witnesses. Unreachable ones stop nothing."""

import threading
from typing import Final

import structlog

from node.context import NodeContext
from node.ledger.witnessing.rounds import Round, run_round, size_due

LOOK_SECONDS: Final = 2.0
"""How soon an append, whichever process made it, goes to the witnesses; appends in between go together."""

BUSY_LOOKS: Final = 5
"""A ledger that grew at every look has a round only this often, so that rounds do not compete with requests."""

LONGEST_WAIT_SECONDS: Final = 300.0

_log = structlog.get_logger(__name__)


def witness_ledger(context: NodeContext, stopping: threading.Event) -> None:
    """Keep the newest checkpoint cosigned, until `stopping` is set."""
    wait, faults, pace = LOOK_SECONDS, "", Pace()
    while not stopping.wait(wait):
        if not pace.is_time(size_due(context)):
            wait = LOOK_SECONDS
            continue
        done = run_round(context)
        failed = done is not None and not done.quorum
        wait = min(2 * wait, LONGEST_WAIT_SECONDS) if failed else LOOK_SECONDS
        if done is not None:
            faults = _tell(done, faults)


class Pace:
    """Says at each look whether it is time for a round: at once for an entry after a rest, less often under load."""

    def __init__(self) -> None:
        self._size: int | None = None
        self._looks = BUSY_LOOKS

    def is_time(self, size: int | None) -> bool:
        """Take in the size that waits for cosignatures at this look, None when none does."""
        self._looks += 1
        settled, self._size = size == self._size, size
        if size is None or not (settled or self._looks >= BUSY_LOOKS):
            return False
        self._looks = 0
        return True


def _tell(done: Round, before: str) -> str:
    faults = ", ".join(f"{each.witness.id}: {each.error.code}" for each in done.outcomes if each.error)
    if faults and faults != before:  # a day without a witness is one line
        _log.warning("witnesses_missing", size=done.size, quorum=done.quorum, faults=faults)
    return faults
