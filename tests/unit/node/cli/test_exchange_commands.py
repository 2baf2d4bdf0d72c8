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
from tests.support.parts import TOWN_AND_NGO, SignedDirectory, context_of, hold, write_home
from tests.support.people import PERSON, person_record


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[dict[str, Path]]:
    """The homes of ``town``, which holds the person, and of ``ngo``; neither has an address."""
    directory = SignedDirectory(SystemClock(), TOWN_AND_NGO)
    contexts = {entity: context_of(entity, tmp_path / entity, directory, relay=False) for entity in TOWN_AND_NGO}
    hold(contexts["town"], person_record())
    yield {entity: write_home(context) for entity, context in contexts.items()}
    for context in contexts.values():
        context.close()


def run(homes: dict[str, Path], entity: str, *words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(app, [*words, "--home", str(homes[entity])], input=text)


def document(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def grant(homes: dict[str, Path], *more: str) -> Result:
    words = ("consent", "grant", "--document", "-", "--purpose", "casework", "--recipient", "ngo")
    return run(homes, "town", *words, *more, text=f"{PERSON.number}\n")


def test_a_consent_is_given_listed_withdrawn_and_receipted(homes: dict[str, Path], tmp_path: Path) -> None:
    given = document(grant(homes, "--fields", "person.sex, work", "--json"))
    assert given["fields"] == ["person.sex", "work.status", "work.months_unemployed"]
    listed = document(run(homes, "town", "consent", "list", "--json"))
    assert [consent["state"] for consent in listed["consents"]] == ["given"]
    withdrawn = document(run(homes, "town", "consent", "withdraw", given["consent_id"], "--json"))
    assert withdrawn["state"] == "withdrawn"
    assert "retirado" in run(homes, "town", "consent", "list", "--document", PERSON.number).stdout
    receipt = document(run(homes, "town", "consent", "receipt", given["consent_id"], str(tmp_path / "r"), "--json"))
    assert Path(receipt["directory"], "consent.tlog-proof").is_file()


def test_the_ledger_is_exported_and_shows_where_it_stands(homes: dict[str, Path], tmp_path: Path) -> None:
    grant(homes)
    assert document(run(homes, "town", "ledger", "status", "--json"))["size"] == 1
    assert document(run(homes, "town", "ledger", "export", str(tmp_path / "e"), "--json"))["size"] == 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--purpose", "curiosity"), "unknown_term"),
        (("--fields", "person.shoe_size"), "unknown_term"),
        (("--recipient", "nobody"), "unknown_party"),
        (("--valid-days", "0"), "consent_invalid"),
    ],
)
def test_a_wrong_word_is_a_typed_error(homes: dict[str, Path], more: tuple[str, ...], code: str) -> None:
    result = grant(homes, *more)
    assert isinstance(result.exception, RedpactError)
    assert result.exception.code == code
    assert result.exception.remedy


def test_a_fetch_nobody_answers_exits_with_3_and_says_so(homes: dict[str, Path]) -> None:
    words = ("fetch", "--document", PERSON.number, "--purpose", "casework", "--from", "town")
    result = run(homes, "ngo", *words, "--json")
    assert result.exit_code == 3
    (answer,) = json.loads(result.stdout)["answers"]
    assert answer["error"]["code"] == "peer_unreachable"
    assert "no se ha llegado a ella" in run(homes, "ngo", *words).stdout


def test_lists_may_be_repeated_or_separated_by_commas() -> None:
    assert split_names(["a, b", "c", ",,"]) == ("a", "b", "c")
    assert split_names(None) == ()


def test_a_consent_is_refused_renewed_and_shown_when_due(homes: dict[str, Path]) -> None:
    words = ("consent", "refuse", "--document", PERSON.number, "--purpose", "casework", "--recipient", "ngo", "--json")
    assert document(run(homes, "town", *words))["state"] == "refused"
    given = document(grant(homes, "--valid-days", "20", "--json"))
    due = document(run(homes, "town", "consent", "list", "--due", "--json"))["due"]
    assert [(each["consent_id"], each["reasons"]) for each in due] == [(given["consent_id"], ["ends_soon"])]
    renewed = document(run(homes, "town", "consent", "renew", given["consent_id"], "--json"))
    assert renewed["state"] == "renewed"
    assert "Ningún" in run(homes, "town", "consent", "list", "--due").stdout


def test_evidence_is_handed_in_and_opened_again(homes: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "form.pdf").write_bytes(b"signed")
    given = document(grant(homes, "--evidence", str(tmp_path / "form.pdf"), "--json"))
    opened = document(run(homes, "town", "consent", "evidence", given["consent_id"], str(tmp_path / "o"), "--json"))
    assert (Path(opened["file"]).read_bytes(), opened["bytes"]) == (b"signed", 6)


def test_a_person_is_erased_only_when_somebody_says_yes(homes: dict[str, Path]) -> None:
    grant(homes)
    words = ("records", "erase", "--document", PERSON.number, "--basis", "eu-gdpr:A17-1-b")
    assert run(homes, "town", *words, text="n\n").exit_code == 1
    assert document(run(homes, "town", "ledger", "status", "--json"))["size"] == 1
    done = document(run(homes, "town", *words, "--yes", "--json"))
    assert (done["entries"], done["basis"]) == (1, "eu-gdpr:A17-1-b")
    assert isinstance(run(homes, "town", *words, "--yes").exception, RedpactError)


def test_the_retention_schedule_runs_from_a_command(homes: dict[str, Path]) -> None:
    grant(homes)
    assert document(run(homes, "town", "ledger", "retain", "--json"))["entries"] == {}
    assert "plazo" in run(homes, "town", "ledger", "retain", "--dry-run").stdout
