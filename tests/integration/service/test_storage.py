import os
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from service import storage
from service.errors import StorageBusy, StorageDamaged, StorageFull
from service.storage import open_engine, snapshot, transaction


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'node.sqlite'}")
    with transaction(engine) as session:
        session.execute(text("CREATE TABLE thing (name TEXT)"))
    return engine


def names(engine: Engine) -> list[str]:
    with snapshot(engine) as session:
        return list(session.execute(text("SELECT name FROM thing")).scalars())


def test_a_transaction_commits_whole_or_not_at_all(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), transaction(engine) as session:
        session.execute(text("INSERT INTO thing VALUES ('half')"))
        raise ZeroDivisionError
    assert names(engine) == []
    with transaction(engine) as session:
        session.execute(text("INSERT INTO thing VALUES ('whole')"))
    assert names(engine) == ["whole"]


def test_durability_settings_are_in_force(engine: Engine) -> None:
    with snapshot(engine) as session:
        assert session.execute(text("PRAGMA synchronous")).scalar() == 2
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(text("PRAGMA secure_delete")).scalar() == 1


def test_a_reader_is_not_blocked_by_a_writer(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("INSERT INTO thing VALUES ('unseen')"))
        assert names(engine) == []
    assert names(engine) == ["unseen"]


def test_a_held_lock_is_storage_busy(engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(storage, "BUSY_TIMEOUT_MILLISECONDS", 50)
    impatient = open_engine(f"sqlite:///{tmp_path / 'node.sqlite'}")
    with transaction(engine) as holder:
        holder.execute(text("INSERT INTO thing VALUES ('first')"))
        with pytest.raises(StorageBusy), transaction(impatient):
            pass


def test_a_damaged_file_is_storage_damaged(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    path.write_bytes(b"this is not a database" * 1000)
    with pytest.raises(StorageDamaged), transaction(open_engine(f"sqlite:///{path}")) as session:
        session.execute(text("SELECT 1"))


def test_a_full_disk_is_storage_full_and_changes_nothing(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("INSERT INTO thing VALUES ('kept')"))
    with pytest.raises(StorageFull), transaction(engine) as session:
        pages = session.execute(text("PRAGMA page_count")).scalar()
        session.execute(text(f"PRAGMA max_page_count={pages}"))  # SQLite then answers as on a full disk
        session.execute(text("INSERT INTO thing VALUES (:blob)"), {"blob": os.urandom(100_000)})
    assert names(engine) == ["kept"]


def test_writers_from_many_threads_wait_for_each_other(engine: Engine) -> None:
    def write(number: int) -> None:
        with transaction(engine) as session:
            session.execute(text("INSERT INTO thing VALUES (:name)"), {"name": str(number)})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names(engine), key=int) == [str(number) for number in range(16)]
