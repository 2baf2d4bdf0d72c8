"""Ledger appends beside bare SQLite commits of the same bytes, and beside pymerkle, with the same kind of disk write.

They take turns, so that whatever else the machine does falls on all of them alike.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text

from consent_ledger.log.bodies import ReleaseBody
from consent_ledger.log.entry import EntryType, NewEntry, encode_time, seal_entry
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.log.sql_store import SqlLedgerStore
from consent_ledger.log.tables import Base
from consent_ledger.proofs.note import NoteSigner
from service.storage import open_engine, transaction
from trust.signing import Ed25519Signer

LARGEST_BATCH = 1000
NOW = datetime(2026, 11, 22, tzinfo=UTC)
Write = Callable[[int], object]
"""Writes as many entries, durably, in one transaction. What is written lies ready before the clock starts."""


def release(number: int = 0) -> NewEntry:
    """Return an entry as a consented fetch makes it."""
    body = ReleaseBody(
        request_id=f"{number:032x}",
        request_sha256="0" * 64,
        person_ref="0" * 32,
        recipient="leon",
        purpose="dpv:SocialBenefits",
        role="social_worker",
        fields=("person.birth_year", "household.size", "benefit.kind"),
        consents=("0" * 32,),
        policy_sha256="0" * 64,
    )
    return NewEntry(EntryType.RELEASE, body)


def row_of(entry: NewEntry) -> bytes:
    """Return all the bytes that an entry has to keep: leaf, body and salt."""
    sealed = seal_entry(entry, encode_time(NOW))
    return sealed.leaf + sealed.body + sealed.salt


@dataclass(slots=True)
class Turns:
    """Seconds of each turn of one writer."""

    singles: list[float] = field(default_factory=list)
    batches: dict[int, list[float]] = field(default_factory=dict)

    @property
    def single(self) -> float:
        """The median milliseconds of a durable write of one entry."""
        return statistics.median(self.singles) * 1e3

    def rate(self, batch: int) -> float:
        """Entries a second in batches of this size, from the median batch."""
        return batch / statistics.median(self.batches[batch])


def take_turns(writers: dict[str, Write], *, rounds: int, singles: int, batches: tuple[int, ...]) -> dict[str, Turns]:
    """Time the writers, one after the other in every round."""
    found = {name: Turns(batches={batch: [] for batch in batches}) for name in writers}
    for write in writers.values():
        write(1)  # files, statements and caches are there
    for _ in range(rounds):
        for name, write in writers.items():
            found[name].singles += [_seconds(write, 1) for _ in range(singles)]
            for batch in batches:
                found[name].batches[batch].append(_seconds(write, batch))
    return found


def _seconds(write: Write, count: int) -> float:
    started = time.perf_counter()
    write(count)
    return time.perf_counter() - started


@contextmanager
def ledger_engine(path: Path) -> Iterator[Engine]:
    """Open a new database with the tables of a ledger."""
    engine = open_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def new_signer() -> NoteSigner:
    """Draw the key of a ledger."""
    return NoteSigner("bench.example/entity/leon", Ed25519Signer.generate())


def ledger_writer(engine: Engine, signer: NoteSigner) -> Write:
    """Return durable appends: salt, commitment, leaf, body, tiles and a signed checkpoint in one transaction."""
    ready = [release(number) for number in range(LARGEST_BATCH)]

    def append(count: int) -> None:
        with transaction(engine) as session:
            ConsentLedger(SqlLedgerStore(session), signer).append(ready[:count], NOW)

    return append


@contextmanager
def bare_writer(path: Path) -> Iterator[Write]:
    """Give the floor: the same bytes inserted into one table, with nothing between us and the driver."""
    engine = open_engine(f"sqlite:///{path}")
    with transaction(engine) as session:
        session.execute(text("CREATE TABLE bare (id INTEGER PRIMARY KEY, data BLOB NOT NULL)"))
    row = row_of(release())
    raw = engine.raw_connection()
    cursor = raw.cursor()

    def commit(count: int) -> None:
        cursor.execute("BEGIN IMMEDIATE")
        cursor.executemany("INSERT INTO bare (data) VALUES (?)", [(row,)] * count)
        cursor.execute("COMMIT")

    try:
        yield commit
    finally:
        raw.close()
        engine.dispose()
