"""What a program writes is for its owner alone, whoever makes it and whatever the umask."""

import io
import os
import shlex
import sqlite3
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from consent_ledger.exports.folders import new_folder
from node.identity.errors import InvitationExposed, InvitationUnreadable
from node.identity.invitation import given_token
from service.files import private_folder
from service.storage import open_engine, transaction


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def check_private_while_written(file: Path) -> None:
    engine = open_engine(f"sqlite:///{file}")
    with transaction(engine) as session:
        session.execute(text("CREATE TABLE IF NOT EXISTS income (euros INTEGER)"))
        assert {mode(each) for each in file.parent.glob("db.sqlite*")} == {0o600}
    engine.dispose()


def test_a_new_database_and_its_log_are_private(tmp_path: Path) -> None:
    check_private_while_written(tmp_path / "db.sqlite")


def test_a_database_made_by_hand_becomes_private_when_it_is_used(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "db.sqlite").execute("CREATE TABLE other (a)")
    assert mode(tmp_path / "db.sqlite") == 0o644
    check_private_while_written(tmp_path / "db.sqlite")


def test_a_home_made_by_hand_becomes_private(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    private_folder(tmp_path / "home")
    private_folder(tmp_path / "new")
    assert (mode(tmp_path / "home"), mode(tmp_path / "new")) == (0o700, 0o700)


def test_nobody_else_can_enter_an_exported_folder(tmp_path: Path) -> None:
    with new_folder(tmp_path / "export") as draft:
        (draft / "checkpoint").write_text("x")
    assert mode(tmp_path / "export") == 0o700


def test_a_lock_survives_a_second_connection_of_the_same_process(tmp_path: Path) -> None:
    """Opening and closing the file ourselves would end SQLite's locks on it."""
    engine = open_engine(f"sqlite:///{tmp_path / 'db.sqlite'}")
    with engine.begin() as first:
        first.execute(text("CREATE TABLE a (b)"))
        with engine.connect():
            other = os.spawnlp(os.P_WAIT, "sh", "sh", "-c", f"exec {_locked(tmp_path / 'db.sqlite')}")
        assert other == 7
    engine.dispose()


def _locked(file: Path) -> str:
    program = (
        f"import sqlite3, sys\nc = sqlite3.connect({str(file)!r}, timeout=0.1)\n"
        "try:\n    c.execute('BEGIN IMMEDIATE')\nexcept sqlite3.OperationalError:\n    sys.exit(7)\n"
    )
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(program)}"


def test_an_invitation_is_never_an_argument(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("redpact1.x.y\n")
    assert given_token("", file, io.StringIO()) == "redpact1.x.y"
    assert given_token("-", None, io.StringIO("redpact1.x.y\n")).strip() == "redpact1.x.y"
    assert not given_token("", None, io.StringIO("not read"))
    with pytest.raises(InvitationExposed):
        given_token("redpact1.x.y", None, io.StringIO())


def test_a_pipe_in_place_of_an_invitation_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token")
    with pytest.raises(InvitationUnreadable):
        given_token("", tmp_path / "token", io.StringIO())
