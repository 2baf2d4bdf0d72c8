"""A process that forks one writer at a time, for a test that makes its system calls fail: imports are paid once.

Usage: ``python -m tests.support.fault_nursery WARM_UP_HOME``. Each line on standard input, ``HOME EXPORT``, starts a
writer on that node's ledger, which says ``born PID`` and waits for SIGUSR1. Then it appends, and after each commit, and
only then, says ``ack INDEX ENTRY_ID``; exports to EXPORT, and says ``exported``; ``refused CODE`` in place of either.
``dead PID STATUS`` follows its end. Its status is 0 when every failure came as one of our errors, and 5 when it could
not say what it had to.
"""

import os
import signal
import sys
import threading
from pathlib import Path

from consent_ledger.exports.ledger_export import export_ledger
from node.ledger.own import own_ledger
from node.wiring import Node
from policies.errors import RedpactError
from tests.support.ledgers import refusals

BATCHES = (1, 1, 30)


def say(line: str) -> None:
    try:
        os.write(1, f"{line}\n".encode())
    except OSError:
        os._exit(5)


def work(home: Path, export: Path) -> None:
    node = Node(home)
    for count in BATCHES:
        try:
            with node.context.transaction() as session:
                appended = own_ledger(node.context, session).append(refusals(count), node.context.clock.now())
        except RedpactError as error:
            say(f"refused {error.code}")
            continue
        for entry in (appended[0], appended[-1]):
            say(f"ack {entry.index} {entry.entry_id}")
    try:
        with node.context.snapshot() as session:
            export_ledger(own_ledger(node.context, session), export)
    except RedpactError as error:
        say(f"refused {error.code}")
    else:
        say("exported")
    node.close()


def child(home: Path, export: Path) -> None:
    status = 4
    try:
        say(f"born {os.getpid()}")
        signal.sigwait({signal.SIGUSR1})
        work(home, export)
        status = 0
    finally:
        os._exit(status)


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    work(Path(sys.argv[1]), Path(sys.argv[1]) / "warm-up")  # everything is imported now
    assert threading.active_count() == 1, "only a process of one thread forks safely"
    for line in sys.stdin:
        home, export = map(Path, line.split())
        pid = os.fork()
        if pid == 0:
            child(home, export)
        _, status = os.waitpid(pid, 0)
        say(f"dead {pid} {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
