"""A process that forks writers to a node's ledger, for a test that kills them: imports are paid once.

Usage: ``python -m tests.support.append_nursery HOME``. Each line on standard input starts a writer; ``born PID`` and,
when it was killed, ``dead PID`` come back on standard output. A writer appends batches through the node's own wiring
and, only after each commit, prints ``ack INDEX ENTRY_ID SIZE ROOT``.
"""

import os
import random
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from consent_ledger.proofs.checkpoint import read_checkpoint
from node.keys import NodeKeys
from node.ledger.own import own_ledger
from node.migrations.metadata import all_metadata
from node.settings import NodeSettings
from node.wiring import Node
from tests.support.ledgers import refusals


def new_node(home: Path) -> Node:
    """Return a node with its tables, and nothing in them."""
    NodeKeys.create(home)
    values = {
        "network": "red.example",
        "entity": "ong-a",
        "listen": "127.0.0.1:1",
        "coordinator_address": "127.0.0.1:2",
        "coordinator_key": "0" * 64,
    }
    NodeSettings.validated(values).save(home)
    node = Node(home)
    for metadata in all_metadata():
        metadata.create_all(node.context.engine)
    return node


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # one write call: lines of several processes never mix


def write_until_killed(node: Node) -> None:
    rng = random.Random(os.getpid())
    while True:
        batch = refusals(rng.choice((1, 1, 1, 1, 1, 1, 2, 2, 30, 200)))
        with node.context.transaction() as session:
            appended = own_ledger(node.context, session).append(batch, node.context.clock.now())
        checkpoint = read_checkpoint(appended[-1].checkpoint)
        for entry in (appended[0], appended[-1]):
            say(f"ack {entry.index} {entry.entry_id} {checkpoint.size} {checkpoint.root.hex()}")


def forked(work: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(3)  # a writer never ends by itself
    return pid


def main() -> None:
    node = Node(Path(sys.argv[1]))
    with node.context.transaction() as session:
        own_ledger(node.context, session).verify_head()  # everything is imported now
    node.context.engine.dispose()  # no connection may be shared between processes
    assert threading.active_count() == 1, "only a process of one thread forks safely"
    for _ in sys.stdin:
        pid = forked(lambda: write_until_killed(node))
        say(f"born {pid}")
        _, status = os.waitpid(pid, 0)
        say(f"dead {pid} {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
