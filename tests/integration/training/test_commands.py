"""The commands of training at both ends, as scripts use them, over a running network."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from consent_ledger.cli.app import build_app
from coordinator.cli.app import app as coordinator_app
from node.cli.app import app as node_app
from node.training import pending_work
from node.training import service_loops as background
from node.training.received_releases import record_recalls
from policies.errors import ErrorKind, RedpactError
from tests.support.network import Network, network
from tests.support.training import DATASET, write_table
from tests.support.waiting import PATIENCE_SECONDS


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, round_seconds=60) as made:
        for entity in ("avila", "leon", "soria"):
            made.join(entity)
            made.serve(entity)
        yield made


def invoke(app: typer.Typer, home: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["training", *words, "--home", str(home)])


def ask(app: typer.Typer, home: Path, *words: str) -> dict[str, Any]:
    result = invoke(app, home, *words, "--json")
    assert result.exit_code == 0, result.output + repr(result.exception)
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def refused(app: typer.Typer, home: Path, *words: str) -> RedpactError:
    found = invoke(app, home, *words).exception
    assert isinstance(found, RedpactError)
    return found


def test_a_campaign_from_proposal_to_release_by_commands(net: Network, tmp_path: Path) -> None:
    home, homes = net.coordinator.context.home, {entity: node.context.home for entity, node in net.nodes.items()}
    for entity in homes:
        data, schema = write_table(tmp_path, entity)
        words = ("register-table", DATASET, "--data", str(data), "--schema", str(schema))
        assert ask(node_app, homes[entity], *words)["rows"] == 120
    limit = ("budget", "--set-limit", "5")
    assert ask(node_app, homes["leon"], *limit)["budget"]["limit"] == 5.0

    terms = ("--epsilon", "4", "--model", "additive", "--minimum-cohort", "3", "--deadline", "10m")
    table = ("--source", "table", "--dataset", DATASET, "--schema", str(tmp_path / "schema.yaml"))
    campaign = ask(coordinator_app, home, "start", "--name", "Prueba", *table, *terms)["id"]
    (offered,) = ask(node_app, homes["leon"], "list")["campaigns"]
    assert (offered["id"], offered["decision"]) == (campaign, "undecided")
    assert "ofrecer apoyo" in invoke(node_app, homes["leon"], "list").stdout
    for entity in homes:
        assert ask(node_app, homes[entity], "approve", campaign)["delivered"]

    (followed,) = ask(coordinator_app, home, "status", campaign, "--watch")["campaigns"]
    assert (followed["state"], followed["rounds_completed"]) == ("released", followed["rounds"])
    assert followed["cohort"] == ["avila", "leon", "soria"]
    release = ask(coordinator_app, home, "release", campaign, "--output", str(tmp_path / "out"))
    assert release["release"]["contributors"] == ["avila", "leon", "soria"]
    checked = CliRunner().invoke(build_app(), ["model", str(tmp_path / "out"), "--json"])
    assert (checked.exit_code, json.loads(checked.stdout)["passed"]) == (0, True), checked.output
    assert "ficha" in (tmp_path / "out" / "model-card.es.md").read_text(encoding="utf-8").lower()
    assert "ε" in invoke(coordinator_app, home, "release", campaign, "--lang", "en").stdout
    budget = ask(node_app, homes["leon"], "budget")["budget"]
    assert 3.9 < budget["spent"] <= 4.0
    assert 0 < ask(node_app, homes["leon"], "evaluate", campaign)["auc"] <= 1


def test_a_model_is_looked_at_corrected_and_only_then_released(net: Network, tmp_path: Path) -> None:
    home, homes = net.coordinator.context.home, {entity: node.context.home for entity, node in net.nodes.items()}
    for entity, folder in homes.items():
        data, schema = write_table(tmp_path, entity)
        ask(node_app, folder, "register-table", DATASET, "--data", str(data), "--schema", str(schema))
    terms = ("--epsilon", "4", "--model", "additive", "--minimum-cohort", "3", "--deadline", "10m", "--review")
    table = ("--source", "table", "--dataset", DATASET, "--schema", str(tmp_path / "schema.yaml"))
    campaign = ask(coordinator_app, home, "start", "--name", "Prueba", *table, *terms)["id"]
    assert refused(coordinator_app, home, "review", campaign).code == "campaign_out_of_step"
    for folder in homes.values():
        ask(node_app, folder, "approve", campaign)
    (waiting,) = ask(coordinator_app, home, "status", campaign, "--watch")["campaigns"]
    assert (waiting["state"], waiting["rounds_completed"]) == ("in_review", waiting["rounds"])
    assert "[en revisión]" in invoke(coordinator_app, home, "status", campaign).stdout
    assert refused(coordinator_app, home, "release", campaign).code == "campaign_out_of_step"

    draft = ask(coordinator_app, home, "review", campaign, "--output", str(tmp_path / "draft"))["draft"]
    card = (tmp_path / "draft" / "model-card.html").read_text(encoding="utf-8")
    assert "Borrador: este modelo no se ha publicado" in card
    shapes = {shape["feature"]: shape["log_odds"] for shape in draft["model"]["shapes"]}
    words = ("edit", campaign, "--feature", "tenure", "--reason", "mide al casero")
    flat = ask(coordinator_app, home, *words, "--remove")["draft"]["model"]
    assert [each["before"] for each in flat["edits"]] == [shapes["tenure"]]
    ask(coordinator_app, home, "edit", campaign, "--feature", "age", "--rising", "--reason", "así es la norma")
    shown = invoke(coordinator_app, home, "review", campaign, "--lang", "en").stdout
    assert "1. tenure: values set by hand. mide al casero" in shown
    assert "2. age: only rises. así es la norma" in shown

    (done,) = [ask(coordinator_app, home, "publish", campaign)]
    assert (done["state"], done["edits"]) == ("released", 2)
    ask(coordinator_app, home, "release", campaign, "--output", str(tmp_path / "out"))
    checked = CliRunner().invoke(build_app(), ["model", str(tmp_path / "out"), "--json"])
    assert (checked.exit_code, json.loads(checked.stdout)["passed"]) == (0, True), checked.output
    told = (tmp_path / "out" / "model-card.es.md").read_text(encoding="utf-8")
    assert "mide al casero" in told
    assert "Borrador" not in told
    assert 0 < ask(node_app, homes["leon"], "evaluate", campaign)["auc"] <= 1  # fetched, made again, accepted

    assert refused(coordinator_app, home, "recall", campaign, "--reason", " ").code == "campaign_invalid"
    back = ask(coordinator_app, home, "recall", campaign, "--reason", "no acierta")
    assert (back["state"], back["stop_detail"], bool(back["recalled"])) == ("recalled", "no acierta", True)
    assert "[modelo retirado]" in invoke(coordinator_app, home, "status", campaign).stdout
    assert refused(coordinator_app, home, "recall", campaign, "--reason", "otra vez").code == "campaign_out_of_step"
    leon = net.nodes["leon"]
    assert pending_work.has_releases(leon.context)
    record_recalls(leon.context, leon.training_client())
    assert not pending_work.has_releases(leon.context)


def test_a_correction_that_cannot_be_is_refused(net: Network, tmp_path: Path) -> None:
    home = net.coordinator.context.home
    write_table(tmp_path, "leon")
    terms = ("--epsilon", "4", "--model", "additive", "--minimum-cohort", "3", "--deadline", "10m")
    table = ("--source", "table", "--dataset", DATASET, "--schema", str(tmp_path / "schema.yaml"))
    campaign = ask(coordinator_app, home, "start", "--name", "Prueba", *table, *terms)["id"]
    words = ("edit", campaign, "--feature", "age", "--reason", "x")
    assert refused(coordinator_app, home, *words).code == "campaign_invalid"
    assert refused(coordinator_app, home, *words, "--rising", "--falling").code == "campaign_invalid"
    assert refused(coordinator_app, home, *words, "--set", "much").code == "campaign_invalid"
    assert refused(coordinator_app, home, *words, "--rising").code == "campaign_out_of_step"
    blank = ("edit", campaign, "--feature", "age", "--reason", " ", "--rising")
    assert refused(coordinator_app, home, *blank).code == "model_edit_invalid"
    assert refused(coordinator_app, home, "stop", campaign, "--reason", " ").code == "campaign_invalid"
    assert ask(coordinator_app, home, "stop", campaign, "--reason", "ya no hace falta")["stop_reason"] == "withdrawn"
    assert "la Gerencia la retiró: ya no hace falta" in invoke(coordinator_app, home, "status", campaign).stdout
    assert refused(coordinator_app, home, "stop", campaign, "--reason", "otra vez").code == "campaign_out_of_step"


def test_a_policy_decides_a_withdrawal_stops_and_a_report_tells(
    net: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "POLICY_SECONDS", 0.2)
    home, leon = net.coordinator.context.home, net.nodes["leon"].context.home
    data, schema = write_table(tmp_path, "leon")
    ask(node_app, leon, "register-table", DATASET, "--data", str(data), "--schema", str(schema))
    scope = ("--source", "table", "--dataset", DATASET, "--model", "additive", "--feature", "age,tenure")
    limits = ("--epsilon", "4", "--minimum-cohort", "3", "--rounds", "50", "--budget-left", "0", "--label", "chronic")
    words = ("policy", "set", "usual", "--approve", *scope, *limits, "--until", "2999-01-01")
    assert ask(node_app, leon, *words)["in_force"]
    assert [each["name"] for each in ask(node_app, leon, "policy", "list")["policies"]] == ["usual"]
    # The service, which looks every half minute, has read the figure of before; one that starts now reads this one.
    stopping = threading.Event()
    service = threading.Thread(
        target=background.decide_by_policies,
        args=(net.nodes["leon"].context, net.nodes["leon"].training_client(), stopping),
    )
    service.start()
    seen: dict[str, Any] = {"decision": "undecided"}

    terms = ("--epsilon", "4", "--model", "additive", "--minimum-cohort", "3", "--deadline", "10m")
    table = ("--source", "table", "--dataset", DATASET, "--schema", str(tmp_path / "schema.yaml"))
    campaign = ask(coordinator_app, home, "start", "--name", "Prueba", *table, *terms)["id"]
    for _ in range(300):
        (seen,) = ask(node_app, leon, "list")["campaigns"]
        if seen["decision"] != "undecided":
            break
        stopping.wait(0.1)
    stopping.set()
    service.join(PATIENCE_SECONDS)
    assert (seen["decision"], seen["code"]["same"]) == ("approved", True)

    assert ask(node_app, leon, "withdraw", campaign, "--reason", "cambio")["decision"] == "withdrawn"
    (told,) = ask(node_app, leon, "report", campaign)["campaigns"]
    assert [(each["decision"], each["policy"]) for each in told["decisions"]] == [
        ("approved", "usual"),
        ("withdrawn", None),
    ]
    assert "por la política «usual»" in invoke(node_app, leon, "report").stdout
    assert not ask(node_app, leon, "policy", "remove", "usual")["in_force"]


def test_what_cannot_be_is_a_typed_error_with_a_remedy(net: Network) -> None:
    home, node = net.coordinator.context.home, net.nodes["leon"].context.home
    unknown = "0" * 32
    cases = [
        (refused(coordinator_app, home, "status", unknown), "campaign_unknown"),
        (refused(coordinator_app, home, "release", unknown), "campaign_unknown"),
        (refused(node_app, node, "approve", unknown), "manifest_unknown"),
        (refused(node_app, node, "refuse", unknown), "manifest_unknown"),
        (refused(node_app, node, "report", unknown), "manifest_unknown"),
        (refused(node_app, node, "policy", "remove", "usual"), "standing_policy_unknown"),
        (
            refused(node_app, node, "policy", "set", "x", "--approve", "--until", "2999-01-01"),
            "standing_policy_invalid",
        ),
        (refused(node_app, node, "budget", "--set-limit", "-3"), "privacy_terms_invalid"),
    ]
    for error, code in cases:
        assert (error.code, error.kind) == (code, ErrorKind.USAGE)
    bad = refused(
        coordinator_app, home, "start", "--name", "x", "--source", "cloud", "--epsilon", "1", "--minimum-cohort", "1"
    )
    assert (bad.code, bool(bad.remedy)) == ("campaign_invalid", True)


def test_with_the_coordinator_down_commands_say_so(net: Network) -> None:
    net.stop_coordinator()
    node = net.nodes["leon"].context.home
    assert refused(node_app, node, "approve", "0" * 32).kind is ErrorKind.UNREACHABLE
    assert ask(node_app, node, "list") == {"campaigns": []}
    assert ask(node_app, node, "budget") == {"budget": None}
