"""Background work: after appends, the newest checkpoint goes to the witnesses. Unreachable ones stop nothing."""

import threading
from typing import Final

import structlog

from node.wiring import Node
from node.witnessing.rounds import Round, round_is_due, run_round

LOOK_SECONDS: Final = 2.0
"""How soon an append, whichever process made it, goes to the witnesses; appends in between go together."""

LONGEST_WAIT_SECONDS: Final = 300.0

_log = structlog.get_logger(__name__)


def witness_ledger(node: Node, stopping: threading.Event) -> None:
    """Keep the newest checkpoint cosigned, until `stopping` is set."""
    wait, faults = LOOK_SECONDS, ""
    while not stopping.wait(wait):
        if not round_is_due(node):
            wait = LOOK_SECONDS
            continue
        done = run_round(node)
        failed = done is not None and not done.quorum
        wait = min(2 * wait, LONGEST_WAIT_SECONDS) if failed else LOOK_SECONDS
        if done is not None:
            faults = _tell(done, faults)


def _tell(done: Round, before: str) -> str:
    faults = ", ".join(f"{each.witness.id}: {each.error.code}" for each in done.outcomes if each.error)
    if faults and faults != before:  # a day without a witness is one line
        _log.warning("witnesses_missing", size=done.size, quorum=done.quorum, faults=faults)
    return faults
