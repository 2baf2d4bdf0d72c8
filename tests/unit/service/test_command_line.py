import json
import sys
from typing import Annotated

import pytest
import typer

from service.command_line import run
from service.errors import PeerUnreachable


def app_that_fails() -> typer.Typer:
    app = typer.Typer()

    @app.command()
    def go(*, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
        del as_json
        raise PeerUnreachable("leon is silent", remedy="wait")

    return app


def test_an_error_is_a_sentence_with_its_next_step_and_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["program"])
    with pytest.raises(SystemExit) as caught:
        run(app_that_fails())
    shown = capsys.readouterr()
    assert (caught.value.code, shown.out) == (3, "")
    assert PeerUnreachable.sentence in shown.err
    assert "→ wait" in shown.err


def test_with_json_the_error_is_one_document_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["program", "--json"])
    with pytest.raises(SystemExit):
        run(app_that_fails())
    document = json.loads(capsys.readouterr().out)
    assert (document["error"]["code"], document["exit_code"]) == ("peer_unreachable", 3)
