"""The commands of the risk model, as scripts use them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from node.cli.app import app
from node.wiring import Node
from policies.errors import RedpactError
from tests.support.risk import context_with_people, coordinator

MONTH = ("--as-of", "2019-01")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    context = context_with_people(tmp_path_factory.mktemp("risk"))
    made = Node(context.home, clock=context.clock)
    made.context = context
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _opened(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    script = coordinator(node.context)
    monkeypatch.setattr(node, "training_client", lambda: script, raising=False)
    for module in ("risk", "risk_use"):
        monkeypatch.setattr(f"node.cli.{module}.open_node", lambda _home: node)
    monkeypatch.setenv("REDPACT_PROFESSIONAL", "ts-14")


def run(node: Node, *words: str) -> Result:
    return CliRunner().invoke(app, ["risk", *words, "--home", str(node.context.home)])


def document(node: Node, *words: str) -> dict[str, Any]:
    result = run(node, *words, "--json")
    assert result.exit_code == 0, result.output + repr(result.exception)
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def error_of(node: Node, *words: str) -> str:
    found = run(node, *words).exception
    assert isinstance(found, RedpactError)
    assert found.remedy
    return found.code


def test_a_person_is_listed_set_aside_and_shown_so(node: Node) -> None:
    person = document(node, "list", "--top", "1", *MONTH)["entries"][0]["person"]
    words = ("override", person, "--reason", "already_supported")
    assert document(node, *words)["decision"] == "lower"
    assert "baja: Ya recibe" in run(node, "list", "--top", "500", *MONTH).stdout
    assert document(node, "list", "--top", "1", *MONTH)["entries"][0]["person"] != person
    assert document(node, *words, "--raise")["decided_by"] == "ts-14"
    assert document(node, "confirm", person)["decision"] == "confirm"
    assert document(node, "status")["decisions"]["decided"] == 1
    assert error_of(node, "override", person, "--reason", "boredom") == "unknown_term"
    assert error_of(node, "confirm", "f" * 32) == "person_unknown"


def test_alerts_are_asked_for(node: Node) -> None:
    assert document(node, "alerts", "--peek", *MONTH)["threshold"] == "high"
    assert "Apoyo, nunca sanción" in run(node, "alerts", "--band", "medium", *MONTH).stdout
    assert error_of(node, "alerts", "--band", "low") == "risk_band_invalid"
    assert error_of(node, "alerts", "--as-of", "2019") == "month_invalid"


def test_the_model_is_stopped_and_let_go_on(node: Node) -> None:
    assert error_of(node, "off", "--reason", " ") == "switch_reason_invalid"
    assert not document(node, "off", "--reason", "revisión")["on"]
    assert error_of(node, "list", *MONTH) == "risk_switched_off"
    assert "DESACTIVADO" in run(node, "status").stdout
    assert document(node, "on")["on"]
    assert document(node, "list", *MONTH)["purpose"] == "support_only"


def test_reasons_are_listed_without_a_node() -> None:
    result = CliRunner().invoke(app, ["risk", "reasons", "--json"])
    assert "situation_changed" in result.stdout
