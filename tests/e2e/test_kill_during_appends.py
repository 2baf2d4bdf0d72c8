"""Writers are killed at any instant, a hundred times; nothing they were told is done is missing afterwards."""

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

from consent_ledger.audit.verify import verify_export
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.log.entry import Leaf
from consent_ledger.proofs.trust_policy import TrustPolicy
from node.ledger.own import own_ledger
from tests.support.append_nursery import new_node
from tests.support.waiting import PATIENCE_SECONDS

KILLS = 100
WRITERS = 2


@dataclass
class Nursery:
    """One process that forks a writer at a time."""

    process: subprocess.Popen[bytes]
    acknowledged: list[list[str]] = field(default_factory=list)

    def start_writer(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return int(self.until("born")[1])

    def until(self, word: str) -> list[str]:
        for words in lines(self.process.stdout):
            if words[0] == "ack":
                self.acknowledged.append(words)
            if words[0] == word:
                return words
        raise AssertionError("the nursery ended")


def lines(stream: IO[bytes] | None) -> Iterator[list[str]]:
    assert stream is not None
    while True:
        ready, _, _ = select.select([stream], [], [], 30)
        assert ready, "no writer said anything for 30 seconds"
        line = stream.readline()
        if not line:
            return
        yield line.decode().split()


@contextmanager
def nursery(home: Path) -> Iterator[Nursery]:
    command = [sys.executable, "-m", "tests.support.append_nursery", str(home)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    try:
        yield Nursery(process)
    finally:
        process.stdin.close()  # type: ignore[union-attr] # a pipe, as asked for
        process.wait(timeout=PATIENCE_SECONDS)
        process.stdout.close()  # type: ignore[union-attr] # a pipe, as asked for


@pytest.mark.invariant(2)
@pytest.mark.slow
def test_a_hundred_kills_lose_nothing_acknowledged_and_never_fork_the_log(tmp_path: Path) -> None:
    node = new_node(tmp_path / "home")
    rng, kills = random.Random(), 0
    with nursery(node.context.home) as one, nursery(node.context.home) as two:
        nurseries = (one, two)
        for number in range(2 * KILLS // 3):
            # Two writers contend in every other round; one alone, which surely got through, is killed in the rest.
            writing = nurseries if number % 2 else (nurseries[number // 2 % 2],)
            pids = [each.start_writer() for each in writing]
            if len(writing) == 1:
                writing[0].until("ack")
            for pid in rng.sample(pids, len(pids)):
                time.sleep(rng.uniform(0.0, 0.05))  # a kill comes at an instant that nobody chose
                os.kill(pid, signal.SIGKILL)
                kills += 1
            assert all(each.until("dead")[2] == str(-signal.SIGKILL) for each in writing)
        acknowledged = one.acknowledged + two.acknowledged
    assert kills >= KILLS - 1
    assert len(acknowledged) >= kills // 3
    with node.context.snapshot() as session:
        ledger = own_ledger(node.context, session)
        ledger.verify_head()
        subtrees = ledger.subtrees()
        for _, index, entry_id, _, _ in acknowledged:
            assert Leaf.parse(ledger.leaf(int(index))).id == entry_id
        for size, root in {(size, root) for _, _, _, size, root in acknowledged}:
            assert subtrees(0, int(size)).hex() == root, "a checkpoint that was signed is not of this log: it forked"
        export_ledger(ledger, tmp_path / "export")
        policy = TrustPolicy.of_log(ledger.vkey)
    report = verify_export(tmp_path / "export", policy)
    assert report.passed, report.text("en")
