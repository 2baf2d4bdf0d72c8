import io
import json
import sys

import pytest
import structlog
from typing_extensions import override

from service import log


@pytest.fixture(autouse=True)
def _restored() -> object:
    yield
    structlog.reset_defaults()


def test_a_log_line_is_json_without_identifiers_keys_or_passwords(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info")
    key = "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----"
    structlog.get_logger("test").info(
        "saw 12345678Z and X0000000T and 00000000-t",
        nested={"deep": ["00000000T", key]},
        url="postgresql://user:hunter2@host/db",
        token="redpact1.abc",
        kept="00000000",
    )
    line = capsys.readouterr().err
    event = json.loads(line)
    for secret in ("12345678Z", "X0000000T", "00000000-t", "00000000T", "MC4CAQ", "hunter2", "redpact1"):
        assert secret not in line
    assert event["kept"] == "00000000"
    assert event["url"] == "postgresql://user:[redacted]@host/db"


def test_a_traceback_is_redacted_too(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info")
    try:
        int("no person 12345678Z")
    except ValueError:
        structlog.get_logger("test").exception("failed")
    line = capsys.readouterr().err
    assert "ValueError" in line
    assert "12345678Z" not in line


def test_the_level_is_a_threshold(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("warning")
    structlog.get_logger("test").info("not this")
    structlog.get_logger("test").warning("but this")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["but this"]


class Gone(io.StringIO):
    """A pipe whose reader went away."""

    @override
    def write(self, text: str, /) -> int:
        raise BrokenPipeError(text)


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [closed(), Gone()], ids=["closed", "reader gone"])
def test_a_log_that_nobody_takes_any_more_ends_no_work(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    log.configure("info")
    structlog.get_logger("test").warning("lost")
    structlog.get_logger("test").exception("lost too")
