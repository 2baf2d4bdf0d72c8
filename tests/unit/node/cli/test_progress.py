"""Progress where standard error is no terminal: a line every few seconds, and none of a short command."""

import pytest

from node.cli.progress import LINE_SECONDS, progress_bar, progress_lines


def test_a_line_is_written_every_few_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = iter([0.0, 1.0, LINE_SECONDS, LINE_SECONDS, LINE_SECONDS + 1, 3 * LINE_SECONDS, 3 * LINE_SECONDS])
    advance = progress_lines(lambda: next(seconds))
    advance("read", 200, 0)
    advance("read", 400, 0)
    advance("read", 600, 0)
    advance("save", 300, 5000)
    assert [line.split(": ")[1] for line in capsys.readouterr().err.splitlines()] == ["400", "300/5000"]


def test_a_short_command_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as advance:
        advance("save", 300, 5000)
    assert capsys.readouterr().err == ""
