import getpass
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from node.care.errors import CaseDateInvalid, ProfessionalInvalid
from node.cli.app import app
from node.cli.professional import read_day
from policies.errors import RedpactError
from service.clock import SystemClock
from tests.support.parts import TOWN_AND_NGO, SignedDirectory, context_of, hold, write_home
from tests.support.people import PERSON, person_record

ME = {"REDPACT_PROFESSIONAL": "staff-7"}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The home of an agent, ``ngo``, that holds the person; ``town`` has no address."""
    directory = SignedDirectory(SystemClock(), TOWN_AND_NGO)
    context = context_of("ngo", tmp_path / "ngo", directory, relay=False)
    hold(context, person_record())
    yield write_home(context)
    context.close()


def run(home: Path, *words: str, environment: dict[str, str] | None = None) -> Result:
    person = () if "--document" in words else ("--document", PERSON.number)
    environment = ME if environment is None else environment
    return CliRunner().invoke(app, [*words, *person, "--home", str(home)], env=environment)


def document(result: Result, *, code: int = 0) -> dict[str, Any]:
    assert result.exit_code == code, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def fetched(home: Path, *more: str) -> dict[str, Any]:
    words = ("fetch", "--purpose", "coordination", "--from", "town", "--json")
    return document(run(home, *words, *more), code=3)


def test_a_team_is_made_shown_and_ended(home: Path) -> None:
    words = (
        "case",
        "team",
        "add",
        "--professional",
        "staff-7",
        "--role",
        "social_educator",
        "--by",
        "boss-1",
        "--json",
    )
    assert document(run(home, *words))["live"]
    assert (fetched(home)["case_access"], fetched(home)["role"]) == ("team", "social_educator")
    listed = run(home, "case", "team", "list").stdout
    assert "staff-7" in listed
    assert "Educador/a social" in listed
    ended = document(run(home, "case", "team", "remove", "--professional", "staff-7", "--json"))
    assert ended == {"professional": "staff-7", "ended": 1}
    assert fetched(home)["case_access"] == "opened"
    (member,) = document(run(home, "case", "team", "list", "--json"))["team"]
    assert (member["live"], member["added_by"], member["ended_by"]) == (False, "boss-1", "staff-7")


def test_the_fixed_command_line_opens_the_case_as_attended_now(home: Path) -> None:
    assert (fetched(home)["case_access"], fetched(home)["opening_reason"]) == ("opened", "attended_now")


def test_an_opening_holds_for_the_fetches_that_follow(home: Path) -> None:
    opened = document(run(home, "case", "open", "--reason", "covering_colleague", "--json"))
    assert (opened["professional"], opened["reason"]) == ("staff-7", "covering_colleague")
    assert fetched(home)["opening_reason"] == "covering_colleague"
    assert fetched(home, "--reason", "urgent_situation")["opening_reason"] == "urgent_situation"
    assert fetched(home, "--professional", "staff-8")["opening_reason"] == "attended_now"
    assert "Sustituye" in run(home, "case", "open", "--reason", "covering_colleague").stdout


def test_who_asks_is_the_login_when_nobody_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "ana")
    opened = run(home, "case", "open", "--reason", "attended_now", "--json", environment={"REDPACT_PROFESSIONAL": ""})
    assert document(opened)["professional"] == "ana"

    def nobody() -> str:
        raise OSError("no account")

    monkeypatch.setattr(getpass, "getuser", nobody)
    refused = run(home, "case", "open", "--reason", "attended_now", environment={"REDPACT_PROFESSIONAL": ""})
    assert isinstance(refused.exception, ProfessionalInvalid)


def test_actions_are_added_changed_and_shown_in_the_grid(home: Path) -> None:
    words = ("case", "action", "add", "--what", "food_delivery", "--until", "2099-12-31", "--json")
    added = document(run(home, *words))
    changed = document(run(home, "case", "action", "update", added["action_id"][:6], "--state", "ongoing", "--json"))
    assert (changed["state"], changed["until"], changed["published"]) == ("ongoing", "2099-12-31", True)
    assert "Entrega de" in run(home, "case", "action", "list").stdout
    shown = document(run(home, "case", "grid", "--purpose", "coordination", "--json"))
    assert [row["action"] for row in shown["rows"]] == ["food_delivery"]
    asked = document(run(home, "case", "grid", "--from", "town", "--json"))
    assert [source["outcome"] for source in asked["sources"]] == ["shown", "failed"]


def test_the_views_of_a_case_are_printed_and_written(home: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    shown = document(run(home, "case", "assessment", "--html", str(page), "--json"), code=1)
    assert (shown["html"], len(shown["dimensions"])) == (str(page), 6)
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "duplicidades" in run(home, "case", "overlaps").stdout
    assert "gaps" in run(home, "case", "overlaps", "--lang", "en").stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("case", "open", "--reason", "curiosity"), "unknown_term"),
        (("case", "open", "--reason", "attended_now", "--professional", "12345678Z"), "professional_invalid"),
        (("case", "team", "add", "--professional", "x", "--role", "dpo"), "unknown_term"),
        (
            ("case", "team", "add", "--professional", "x", "--role", "psychologist", "--until", "soon"),
            "case_date_invalid",
        ),
        (("case", "team", "remove", "--professional", "x"), "case_member_unknown"),
        (("case", "action", "add", "--what", "moonwalk"), "unknown_term"),
        (("case", "action", "update", "zz", "--state", "done"), "case_action_unknown"),
        (("case", "grid", "--purpose", "curiosity"), "unknown_term"),
        (("case", "grid", "--reason", "curiosity"), "unknown_term"),
        (("case", "grid", "--from", "nobody"), "unknown_party"),
        (("case", "overlaps", "--document", "12345678A"), "document_invalid"),
        (("case", "team", "list", "--document", "X0000000T"), "person_unknown"),
        (("fetch", "--purpose", "casework", "--from", "town", "--reason", "curiosity"), "unknown_term"),
        (("fetch", "--purpose", "casework", "--from", "town", "--professional", "ana maría"), "professional_invalid"),
    ],
)
def test_a_wrong_word_is_a_typed_error_with_a_remedy(home: Path, words: tuple[str, ...], code: str) -> None:
    result = run(home, *words)
    assert isinstance(result.exception, RedpactError)
    assert result.exception.code == code
    assert result.exception.remedy


@pytest.mark.parametrize("text", ["31/12/2026", "2026-13-01", "2026-1-1", "20261231", "2026-W50-1", "mañana"])
def test_a_day_is_written_in_one_way(text: str) -> None:
    with pytest.raises(CaseDateInvalid):
        read_day(text)
