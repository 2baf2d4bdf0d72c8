"""Work that is written to go on in the background is run by a service: forgotten, it would fail no other test."""

import ast
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from coordinator import serve as coordinator_service
from coordinator.settings import CoordinatorSettings
from coordinator.setup import set_up
from node import serve as node_service
from service.running import Task
from tests.support.clock import FrozenClock
from tests.support.exchange import ExchangeNetwork
from tests.support.source import PACKAGES, modules


def written() -> set[tuple[str, str]]:
    """Return (module, name) of every public function that goes on until it is told to stop."""
    found = set()
    for module in modules(*PACKAGES):
        for each in module.tree.body:
            if isinstance(each, ast.FunctionDef) and not each.name.startswith("_") and each.args.args:
                last = each.args.args[-1]
                if last.arg == "stopping" and last.annotation and "Event" in ast.unparse(last.annotation):
                    found.add((module.name.removesuffix(".py").replace("/", "."), each.name))
    return found


def functions(tasks: list[Task]) -> Iterator[tuple[str, str]]:
    for task in tasks:
        function = task.run.func if isinstance(task.run, partial) else task.run
        yield function.__module__, function.__qualname__


@pytest.fixture
def run(tmp_path: Path) -> Iterator[dict[str, list[tuple[str, str]]]]:
    """Give what both services run, with the settings that they have by default."""
    net = ExchangeNetwork(tmp_path, FrozenClock())
    addresses = dict.fromkeys(("listen", "address", "enrolment_listen", "enrolment_address"), "127.0.0.1:1")
    settings = CoordinatorSettings.validated({"network": "red.test.example"} | addresses)
    coordinator = set_up(tmp_path / "coordinator", settings, FrozenClock())
    node = net.add("soria")
    yield {
        "node": list(functions(node_service.tasks(node))),
        "coordinator": list(functions(coordinator_service.tasks(coordinator))),
    }
    net.close()
    coordinator.close()


def test_all_background_work_is_run_by_a_service(run: dict[str, list[tuple[str, str]]]) -> None:
    assert len(written()) > 10
    assert written() - {each for tasks in run.values() for each in tasks} == set()


def test_no_work_is_run_twice_and_campaigns_are_moved_on(run: dict[str, list[tuple[str, str]]]) -> None:
    for tasks in run.values():
        assert len(set(tasks)) == len(tasks)
    assert any(name.endswith("Runner.run") for _, name in run["coordinator"])


def test_both_services_keep_their_count_of_refused_calls(run: dict[str, list[tuple[str, str]]]) -> None:
    for tasks in run.values():
        assert any(name == "keep_refused_calls" for _, name in tasks)
