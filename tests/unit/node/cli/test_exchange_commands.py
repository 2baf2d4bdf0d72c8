import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from node.cli.app import app
from node.cli.arguments import split_names
from policies.errors import RedpactError
from service.clock import SystemClock
from tests.support.exchange import PERSON, ExchangeNetwork, hold, person_record


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    network = ExchangeNetwork(tmp_path, SystemClock())
    network.add("ngo")
    hold(network.add("town"), person_record())
    yield network
    network.close()


def run(network: ExchangeNetwork, entity: str, *words: str, text: str | None = None) -> Result:
    home = ("--home", str(network.nodes[entity].context.home))
    return CliRunner().invoke(app, [*words, *home], input=text)


def document(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def grant(network: ExchangeNetwork, *more: str) -> Result:
    words = ("consent", "grant", "--document", "-", "--purpose", "casework", "--recipient", "ngo")
    return run(network, "town", *words, *more, text=f"{PERSON.number}\n")


def test_a_consent_is_given_listed_withdrawn_and_receipted(network: ExchangeNetwork, tmp_path: Path) -> None:
    given = document(grant(network, "--fields", "person.sex, work", "--json"))
    assert given["fields"] == ["person.sex", "work.status", "work.months_unemployed"]
    listed = document(run(network, "town", "consent", "list", "--json"))
    assert [consent["state"] for consent in listed["consents"]] == ["given"]
    withdrawn = document(run(network, "town", "consent", "withdraw", given["consent_id"], "--json"))
    assert withdrawn["state"] == "withdrawn"
    assert "retirado" in run(network, "town", "consent", "list", "--document", PERSON.number).stdout
    receipt = document(run(network, "town", "consent", "receipt", given["consent_id"], str(tmp_path / "r"), "--json"))
    assert Path(receipt["directory"], "consent.tlog-proof").is_file()


def test_the_ledger_is_exported_and_shows_where_it_stands(network: ExchangeNetwork, tmp_path: Path) -> None:
    grant(network)
    assert document(run(network, "town", "ledger", "status", "--json"))["size"] == 1
    assert document(run(network, "town", "ledger", "export", str(tmp_path / "e"), "--json"))["size"] == 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--purpose", "curiosity"), "unknown_term"),
        (("--fields", "person.shoe_size"), "unknown_term"),
        (("--recipient", "nobody"), "unknown_party"),
        (("--valid-days", "0"), "consent_invalid"),
    ],
)
def test_a_wrong_word_is_a_typed_error(network: ExchangeNetwork, more: tuple[str, ...], code: str) -> None:
    result = grant(network, *more)
    assert isinstance(result.exception, RedpactError)
    assert result.exception.code == code
    assert result.exception.remedy


def test_a_fetch_nobody_answers_exits_with_3_and_says_so(network: ExchangeNetwork) -> None:
    words = ("fetch", "--document", PERSON.number, "--purpose", "casework", "--from", "town")
    result = run(network, "ngo", *words, "--json")
    assert result.exit_code == 3
    (answer,) = json.loads(result.stdout)["answers"]
    assert answer["error"]["code"] == "peer_unreachable"
    assert "Sin respuesta" in run(network, "ngo", *words).stdout


def test_lists_may_be_repeated_or_separated_by_commas() -> None:
    assert split_names(["a, b", "c", ",,"]) == ("a", "b", "c")
    assert split_names(None) == ()


def test_a_consent_is_refused_renewed_and_shown_when_due(network: ExchangeNetwork) -> None:
    words = ("consent", "refuse", "--document", PERSON.number, "--purpose", "casework", "--recipient", "ngo", "--json")
    assert document(run(network, "town", *words))["state"] == "refused"
    given = document(grant(network, "--valid-days", "20", "--json"))
    due = document(run(network, "town", "consent", "list", "--due", "--json"))["due"]
    assert [(each["consent_id"], each["reasons"]) for each in due] == [(given["consent_id"], ["ends_soon"])]
    renewed = document(run(network, "town", "consent", "renew", given["consent_id"], "--json"))
    assert renewed["state"] == "renewed"
    assert "Ningún" in run(network, "town", "consent", "list", "--due").stdout


def test_evidence_is_handed_in_and_opened_again(network: ExchangeNetwork, tmp_path: Path) -> None:
    (tmp_path / "form.pdf").write_bytes(b"signed")
    given = document(grant(network, "--evidence", str(tmp_path / "form.pdf"), "--json"))
    opened = document(run(network, "town", "consent", "evidence", given["consent_id"], str(tmp_path / "o"), "--json"))
    assert (Path(opened["file"]).read_bytes(), opened["bytes"]) == (b"signed", 6)


def test_a_person_is_erased_only_when_somebody_says_yes(network: ExchangeNetwork) -> None:
    grant(network)
    words = ("records", "erase", "--document", PERSON.number, "--basis", "eu-gdpr:A17-1-b")
    assert run(network, "town", *words, text="n\n").exit_code == 1
    assert document(run(network, "town", "ledger", "status", "--json"))["size"] == 1
    done = document(run(network, "town", *words, "--yes", "--json"))
    assert (done["entries"], done["basis"]) == (1, "eu-gdpr:A17-1-b")
    assert isinstance(run(network, "town", *words, "--yes").exception, RedpactError)


def test_the_retention_schedule_runs_from_a_command(network: ExchangeNetwork) -> None:
    grant(network)
    assert document(run(network, "town", "ledger", "retain", "--json"))["entries"] == {}
    assert "plazo" in run(network, "town", "ledger", "retain", "--dry-run").stdout
