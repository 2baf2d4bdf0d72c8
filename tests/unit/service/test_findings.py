import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from service import findings
from service.errors import PeerUnreachable, StorageDamaged
from service.findings import Finding, Level, check_database, check_disk, exit_code
from service.storage import open_engine


def finding(level: Level) -> Finding:
    return Finding("x", level, "found", "do this" if level is not Level.OK else "")


def test_the_exit_code_is_that_of_the_worst_finding() -> None:
    ok, warning, unreachable, failed = map(finding, (Level.OK, Level.WARNING, Level.UNREACHABLE, Level.FAILED))
    assert exit_code([ok, warning]) == 0
    assert exit_code([ok, unreachable]) == 3
    assert exit_code([unreachable, failed]) == 4


def test_an_error_becomes_a_finding_with_its_next_step() -> None:
    assert Finding.of_error("x", PeerUnreachable("m", remedy="r")).level is Level.UNREACHABLE
    damaged = Finding.of_error("x", StorageDamaged("m", remedy="r"))
    assert (damaged.level, damaged.text, damaged.detail) == (Level.FAILED, StorageDamaged.sentence, "m")
    assert damaged.remedy == "r"


@pytest.mark.parametrize(("free", "level"), [(10 << 30, Level.OK), (500 << 20, Level.WARNING), (1 << 20, Level.FAILED)])
def test_a_full_disk_is_found(free: int, level: Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))
    assert check_disk(tmp_path).level is level


def test_a_damaged_database_is_found(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    path.write_bytes(b"this is no database" * 100)
    engine = open_engine(f"sqlite:///{path}")
    assert check_database(engine, "node:migrations").level is Level.FAILED
    engine.dispose()


def test_people_read_what_was_found_with_the_next_step() -> None:
    shown = findings.text([finding(Level.OK), finding(Level.FAILED)], "es")
    assert shown.splitlines() == ["✓ found", "✗ found", "    → do this"]
    assert findings.text([finding(Level.OK)], "en") == "✓ found"
