"""``redpact-node user``: passwords by standard input, never by argument; what is listed; who did it."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from node.cli.app import app
from policies.errors import RedpactError
from service.web.accounts.journal import entries
from service.web.errors import AccountInvalid, AccountUnknown, PasswordWeak
from tests.support import parts
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory
from trust.parties import EntityKind

PASSWORD = "cuatro palabras que nadie junta\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give the home of a node without accounts."""
    directory = SignedDirectory(FrozenClock(), {"soria": EntityKind.PUBLIC})
    context = parts.context_of("soria", tmp_path / "soria", directory)
    parts.write_home(context)
    context.close()
    return context.home


def run(home: Path, *words: str, given: str = PASSWORD) -> Result:
    return CliRunner().invoke(app, ["user", *words, "--home", str(home)], input=given)


def add(home: Path, user: str, *more: str) -> Result:
    return run(home, "add", user, "--name", "Ana Ficticia", "--role", "professional", "--professional", "jefa", *more)


def listed(home: Path) -> dict[str, dict[str, object]]:
    found = json.loads(run(home, "list", "--json").output)["accounts"]
    return {each["login"]: each for each in found}


def refusal(result: Result) -> RedpactError:
    assert isinstance(result.exception, RedpactError), result.output
    return result.exception


def test_an_account_is_added_listed_disabled_and_reset(home: Path) -> None:
    assert "No hay ninguna cuenta" in run(home, "list", "--lang", "es").output
    added = add(home, "Ana", "--staff", "ts-014", "--lang", "es")
    assert "✓ Cuenta de ana añadida" in added.output
    assert PASSWORD.strip() not in added.output
    account = listed(home)["ana"]
    assert (account["staff_code"], account["roles"], account["temporary_password"]) == (
        "ts-014",
        ["professional"],
        True,
    )
    assert run(home, "disable", "ana").exit_code == 0
    assert listed(home)["ana"]["disabled_at"] is not None
    assert "desactivada" in run(home, "list", "--lang", "es").output
    assert run(home, "reset", "ana", given="otras cuatro palabras distintas\n").exit_code == 0
    assert listed(home)["ana"]["disabled_at"] is None


def test_what_is_wrong_is_said_and_nothing_is_added(home: Path) -> None:
    assert isinstance(refusal(add(home, "a b", "--staff", "ts-1")), AccountInvalid)
    assert isinstance(refusal(run(home, "add", "ana", "--name", "Ana", "--role", "boss")), AccountInvalid)
    assert isinstance(refusal(run(home, "add", "ana", "--name", " ", "--role", "dpo")), AccountInvalid)
    weak = run(home, "add", "ana", "--name", "Ana", "--role", "dpo", given="corta\n")
    assert isinstance(refusal(weak), PasswordWeak)
    assert isinstance(refusal(run(home, "disable", "nobody")), AccountUnknown)
    refusal(add(home, "ana", "--staff", "00000000T"))
    assert listed(home) == {}
    assert add(home, "ana").exit_code == 0
    assert isinstance(refusal(add(home, "ANA")), AccountInvalid)


def test_who_made_an_account_is_in_the_journal(home: Path) -> None:
    from node.wiring import Node

    add(home, "ana")
    node = Node(home)
    with node.context.snapshot() as session:
        (entry,) = entries(session)
    node.close()
    assert (entry.kind, entry.by) == ("added", "jefa")
