"""Commands that other packages add: found by entry point, absent with a word on what to install."""

import json
import sys
from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner

from consent_ledger.cli import app as auditor
from consent_ledger.cli.errors import CommandNotInstalled
from consent_ledger.cli.extensions import OPTIONAL, Extension, add_extensions


class Found:
    """An entry point that is installed, or whose module misses a library."""

    def __init__(self, name: str, missing: str = "") -> None:
        self.name = name
        self._missing = missing

    def load(self) -> Callable[[typer.Typer], None]:
        if self._missing:
            raise ModuleNotFoundError(name=self._missing)
        return self._register

    def _register(self, app: typer.Typer) -> None:
        app.command(self.name)(lambda: typer.echo("the model's own command"))


def application(*found: Extension) -> typer.Typer:
    app = typer.Typer()
    app.command("verify")(lambda: None)
    add_extensions(app, found)
    return app


def test_an_installed_command_is_there() -> None:
    result = CliRunner().invoke(application(Found("model")), ["model"])
    assert (result.exit_code, result.output) == (0, "the model's own command\n")


@pytest.mark.parametrize("found", [(), (Found("other"),), (Found("model", missing="federated"),)])
def test_an_absent_command_says_what_to_install(found: tuple[Found, ...]) -> None:
    result = CliRunner().invoke(application(*found), ["model", "some/folder", "--key", "ab", "--json"])
    assert isinstance(result.exception, CommandNotInstalled)
    assert "redpact[federated]" in result.exception.remedy


def test_help_names_every_optional_command() -> None:
    text = CliRunner().invoke(application(), ["--help"]).output
    assert all(name in text for name in OPTIONAL)


def test_an_absent_command_exits_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(auditor, "add_extensions", lambda app: add_extensions(app, ()))
    monkeypatch.setattr(sys, "argv", ["redpact-audit", "model", "DIR", "--json"])
    with pytest.raises(SystemExit) as end:
        auditor.main()
    assert end.value.code == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "command_not_installed"


def test_the_ledgers_own_commands_do_not_wait_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: typer.Typer) -> None:
        raise AssertionError("looked for other packages' commands")

    monkeypatch.setattr(auditor, "add_extensions", never)
    monkeypatch.setattr(sys, "argv", ["redpact-audit", "verify", "--help"])
    with pytest.raises(SystemExit) as end:
        auditor.main()
    assert end.value.code == 0
