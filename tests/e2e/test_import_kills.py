"""Imports are killed and interrupted at any instant: readers see all of a file or nothing, and nothing is left."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from node.context import NodeContext
from node.people.import_journal import ImportState
from node.people.import_writing import interrupted_import
from node.people.store import people_store
from node.rights.import_undo import ImportUndoing, recorded_imports
from node.wiring import Node
from tests.support.append_nursery import new_node
from tests.support.records import a_document, write_csv
from tests.support.waiting import PATIENCE_SECONDS

PEOPLE = 200
PROGRAM = "import sys; from node.cli.program import main; sys.argv[0] = 'redpact-node'; main()"


def command(home: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    line = [sys.executable, "-c", PROGRAM, "records", *arguments, "--home", str(home)]
    return subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def count(context: NodeContext) -> int:
    with context.snapshot() as session:
        return people_store(context, session).count()


def wait_until_under_way(context: NodeContext, process: "subprocess.Popen[bytes]") -> None:
    limit = time.monotonic() + PATIENCE_SECONDS
    while interrupted_import(context) is None and process.poll() is None:
        assert time.monotonic() < limit, "the import never began"
        time.sleep(0.005)


@pytest.mark.invariant(2)
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_import_that_is_ended_at_any_instant_is_there_wholly_or_not_at_all(
    tmp_path: Path, number: signal.Signals
) -> None:
    node, rng = new_node(tmp_path / "home"), random.Random()
    context = node.context
    rows = [f"{a_document(each).number},Persona {each},1980-05-17" for each in range(PEOPLE)]
    path = write_csv(tmp_path / "a.csv", "document,name,birth_date", *rows)
    for _round in range(3):
        process = command(context.home, "import", str(path))
        wait_until_under_way(context, process)
        assert count(context) in (0, PEOPLE)
        time.sleep(rng.uniform(0.0, 0.3))  # it comes at an instant that nobody chose
        process.send_signal(number)
        process.wait(PATIENCE_SECONDS)
        assert count(context) in (0, PEOPLE), "a part of the file is seen"
        if number == signal.SIGINT:
            assert interrupted_import(context) is None, "Ctrl-C left something"
        _settled(node)
        if count(context):
            _undone(node)
    assert command(context.home, "import", str(path)).wait(PATIENCE_SECONDS) == 0
    assert count(context) == PEOPLE


@pytest.mark.invariant(2)
@pytest.mark.slow
def test_an_undoing_that_is_killed_goes_on_at_the_next_start(tmp_path: Path) -> None:
    node = new_node(tmp_path / "home")
    context = node.context
    rows = [f"{a_document(each).number},Persona {each},1980-05-17" for each in range(PEOPLE)]
    path = write_csv(tmp_path / "a.csv", "document,name,birth_date", *rows)
    assert command(context.home, "import", str(path)).wait(PATIENCE_SECONDS) == 0
    (done,) = recorded_imports(context)
    process = command(context.home, "import-undo", done.import_id)
    wait_until_under_way(context, process)
    process.kill()
    process.wait(PATIENCE_SECONDS)
    assert count(context) == 0
    _settled(node)
    assert [each.state for each in recorded_imports(context)] == [ImportState.UNDONE]
    assert command(context.home, "import", str(path)).wait(PATIENCE_SECONDS) == 0
    assert count(context) == PEOPLE


def _settled(node: Node) -> None:
    ImportUndoing(node.context, node.erasures.erasers).settle()
    assert interrupted_import(node.context) is None


def _undone(node: Node) -> None:
    newest = recorded_imports(node.context)[0]
    assert not ImportUndoing(node.context, node.erasures.erasers).undo(newest.import_id, "ana.tecnica").newer
