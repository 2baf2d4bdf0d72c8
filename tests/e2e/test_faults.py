"""System calls fail, or the process dies in them, at chosen occurrences: nothing acknowledged is lost, no log forks.

In the manner of Tessera's fault tests. Here some occurrences of each call, with every kind of fault; ``make fault``
takes each one there is.
"""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from consent_ledger.audit.verify import verify_export
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.log.entry import Leaf
from consent_ledger.proofs.trust_policy import TrustPolicy
from node.ledger.own import own_ledger
from node.wiring import Node
from tests.support.append_nursery import new_node
from tests.support.faults import CALLS, FAULTS, Fault, Life, Nursery, fault_nursery, why_not_here
from tests.support.ledgers import refusals

SAMPLE = 3
EVERY = os.environ.get("REDPACT_EVERY_FAULT") == "1"
MISSING = why_not_here()

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(MISSING is not None, reason=f"NO FAULTS WERE INJECTED: {MISSING}"),
    pytest.mark.timeout(3600 if EVERY else 180),
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    node = new_node(tmp_path_factory.mktemp("template") / "home")
    with node.context.transaction() as session:
        own_ledger(node.context, session).append(
            refusals(249), node.context.clock.now()
        )  # so that a tile becomes full on the way
        own_ledger(node.context, session).erase_bodies(
            range(249), "test", node.context.clock.now()
        )  # exports of few files: fewer faults
    node.close()
    return node.context.home


@pytest.fixture(scope="module")
def nursery(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    warm_up = tmp_path_factory.mktemp("warm-up") / "home"
    shutil.copytree(template, warm_up)
    with fault_nursery(warm_up) as nursery:
        yield nursery


@pytest.fixture(scope="module")
def occurrences(nursery: Nursery, template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    folder = tmp_path_factory.mktemp("without-faults")
    shutil.copytree(template, folder / "home")
    life = nursery.run(folder / "home", folder / "export")
    assert life.status == 0
    assert not life.words("refused")
    check(life, folder)
    return {call: life.calls[call] for call in CALLS}


@pytest.mark.invariant(2)
@pytest.mark.parametrize(("call", "what"), list(product(CALLS, FAULTS)))
def test_nothing_acknowledged_is_lost_wherever_it_fails(
    nursery: Nursery, template: Path, occurrences: dict[str, int], tmp_path: Path, *, call: str, what: str
) -> None:
    if not occurrences[call]:
        assert call == "fsync", "every other call is made while appending and exporting"
        return  # SQLite asks for fdatasync on Linux
    lives: Counter[str] = Counter()
    for occurrence in chosen(occurrences[call]):
        folder = tmp_path / str(occurrence)
        shutil.copytree(template, folder / "home")
        life = nursery.run(folder / "home", folder / "export", Fault(call, what, occurrence))
        assert life.injected or life.calls[call] < occurrence, "the fault did not come"
        assert life.status in ({-9, 0} if what == "signal=KILL" else {0, 5}), f"an error that is not ours: {occurrence}"
        check(life, folder)
        lives[f"ended {life.status}, {len(life.words('ack')) // 2} of 3 appends acknowledged"] += 1
        shutil.rmtree(folder)
    sys.stdout.write(f"{call} {what}: {occurrences[call]} occurrences, {dict(lives)}\n")


def chosen(count: int) -> list[int]:
    if EVERY or count <= SAMPLE:
        return list(range(1, count + 1))
    return sorted({1, (1 + count) // 2, count})


def check(life: Life, folder: Path) -> None:
    node = Node(folder / "home")
    try:
        with node.context.snapshot() as session:
            ledger = own_ledger(node.context, session)
            ledger.verify_head()
            for _, index, entry_id in life.words("ack"):
                assert Leaf.parse(ledger.leaf(int(index))).id == entry_id
            export_ledger(ledger, folder / "afterwards")
            policy = TrustPolicy.of_log(ledger.vkey)
    finally:
        node.close()
    report = verify_export(folder / "afterwards", policy)
    assert report.passed, report.text("en")
    if life.words("exported") or (folder / "export").exists():
        report = verify_export(folder / "export", policy)  # whole, or not there at all
        assert report.passed, report.text("en")
