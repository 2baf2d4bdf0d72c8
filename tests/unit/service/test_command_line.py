import json
import sys
from typing import Annotated

import pytest
import typer

from service.command_line import emit, run
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


@pytest.mark.parametrize("width", [60, 80])
def test_an_error_and_a_result_fit_the_terminal_and_break_no_word(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(sys, "argv", ["program"])
    said = "  1. " + "the coordinator does not answer at its address " * 4
    app = typer.Typer()

    @app.command()
    def go() -> None:
        emit({}, said, as_json=False)
        raise PeerUnreachable(said, remedy="wait until the coordinator can be reached again, then start it once more")

    with pytest.raises(SystemExit):
        run(app)
    shown = capsys.readouterr()
    for text in (shown.out, shown.err):
        assert max(map(len, text.splitlines())) <= width
        assert set(said.split()) <= set(text.split())


def test_a_text_that_programs_read_keeps_its_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    emit({}, "witness ngo " + "k" * 60 + " https://example.org", as_json=False, verbatim=True)
    assert capsys.readouterr().out.count("\n") == 1
