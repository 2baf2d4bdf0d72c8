"""Ledger appends beside bare SQLite commits of the same number of bytes, with the same durability settings."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text

from consent_ledger.bodies import RefusalBody
from consent_ledger.entry import EntryType, NewEntry
from consent_ledger.log import ConsentLedger
from consent_ledger.note import NoteSigner
from consent_ledger.signing import Ed25519Signer
from consent_ledger.sql_store import SqlLedgerStore
from consent_ledger.tables import Base
from node.runtime.storage import open_engine, transaction

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ROW_BYTES = 600
"""A leaf, a body and a salt together."""


@dataclass(frozen=True, slots=True)
class Commits:
    """Entries a second, when each has a transaction of its own and when a batch shares one."""

    single: float
    batched: float


def _entry() -> NewEntry:
    body = RefusalBody(
        request_id="0" * 32,
        request_sha256="0" * 64,
        recipient="leon",
        purpose="coordination",
        reason="nothing_to_share",
    )
    return NewEntry(EntryType.REFUSAL, body)


def _rate(write: Callable[[int], None], *, batch: int, entries: int) -> float:
    write(batch)
    started = time.perf_counter()
    for _ in range(entries // batch):
        write(batch)
    return entries / (time.perf_counter() - started)


def ledger_appends(folder: Path, *, single: int, batch: int, batched: int) -> Commits:
    """Measure durable appends: entry, body, tiles and a signed checkpoint in one transaction."""
    engine = open_engine(f"sqlite:///{folder / 'ledger.sqlite'}")
    Base.metadata.create_all(engine)
    signer = NoteSigner("bench.example/entity/leon", Ed25519Signer.generate())

    def append(count: int) -> None:
        with transaction(engine) as session:
            ConsentLedger(SqlLedgerStore(session), signer).append([_entry() for _ in range(count)], NOW)

    return _both(append, engine, single=single, batch=batch, batched=batched)


def bare_commits(folder: Path, *, single: int, batch: int, batched: int) -> Commits:
    """Measure the floor: the same bytes inserted into one table."""
    engine = open_engine(f"sqlite:///{folder / 'bare.sqlite'}")
    with transaction(engine) as session:
        session.execute(text("CREATE TABLE bare (id INTEGER PRIMARY KEY, data BLOB NOT NULL)"))
    insert = text("INSERT INTO bare (data) VALUES (:data)")

    def commit(count: int) -> None:
        with transaction(engine) as session:
            session.execute(insert, [{"data": bytes(ROW_BYTES)}] * count)

    return _both(commit, engine, single=single, batch=batch, batched=batched)


def _both(write: Callable[[int], None], engine: Engine, *, single: int, batch: int, batched: int) -> Commits:
    try:
        return Commits(_rate(write, batch=1, entries=single), _rate(write, batch=batch, entries=batched))
    finally:
        engine.dispose()
