"""Writing of an import, and taking back of one, in short transactions, seen by readers as one step.

No transaction is longer than a fifth of a second on a usual machine, and others get their turn between two. What an
interruption leaves is taken back at the next start (`interrupted_import`).
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from node.context import NodeContext
from node.people.import_journal import PENDING, ImportJournal, ImportKeeper, ImportSource, ImportState, RecordedImport
from node.people.import_undo import ImportUndo
from node.people.model import PersonRecord, SaveCounts
from node.people.pending import PENDING_IMPORT, PendingImport, as_importer
from node.people.saving import RecordWriter, chunks, lock_people
from node.people.store import PersonStore, people_store
from node.seals.seals import seals_in
from node.seals.settings import SettingSeal

_FIRST: Final = 50
_MOST: Final = 400
_LEAST: Final = 10
_AIM_SECONDS: Final = 0.12
_TURN_SECONDS: Final = 0.06
"""Most waiting writers of SQLite look that often whether it is their turn."""

Item = TypeVar("Item")
Batch = Sequence[PersonRecord]
Remove = Callable[[Session, Sequence[str]], None]
"""Removes people that an import had added."""


class Pace:
    """Chooses the sizes of batches by the time that the last one took, and gives others their turn between two."""

    def __init__(self) -> None:
        self.size = _FIRST
        self._ended: float | None = None

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Time the block, which is one short transaction; it begins once others had their turn."""
        if self._ended is not None:
            time.sleep(max(0.0, self._ended + _TURN_SECONDS - time.monotonic()))
        began = time.monotonic()
        yield
        self._ended = time.monotonic()
        took = max(self._ended - began, 0.001)
        self.size = max(_LEAST, min(_MOST, int(self.size * min(2.0, _AIM_SECONDS / took))))


@contextmanager
def importing(context: NodeContext) -> Iterator[Session]:
    """Open a unit of work that sees and writes rows as they are stored, with other writers of people kept out."""
    with context.transaction() as session:
        as_importer(session)
        lock_people(session.connection())
        yield session


def begin_import(context: NodeContext, source: ImportSource) -> str:
    """Begin an import, which readers do not see until `finish_import`, and return its id."""
    import_id, now = uuid.uuid4().hex, context.clock.now()
    with importing(context) as session:
        people = people_store(context, session)
        stamp = people.stamp()
        ImportJournal(session, people.cipher).begin(import_id, source, stamp, now)
        _seal(session, people, PendingImport(import_id, ImportState.APPLYING.value, stamp))
    return import_id


def write_some(context: NodeContext, import_id: str, records: Batch) -> SaveCounts:
    """Write some records of an import, in one transaction."""
    with importing(context) as session:
        cipher = context.keys.cipher
        keeper = ImportKeeper(session, cipher, import_id)
        return RecordWriter(session, cipher, context.clock.now(), keeper).save_some(records)


def finish_import(session: Session, context: NodeContext, import_id: str, counts: SaveCounts) -> None:
    """Let readers see an import, in the caller's unit of work of `importing`."""
    cipher, now = context.keys.cipher, context.clock.now()
    RecordWriter(session, cipher, now, ImportKeeper(session, cipher, import_id)).forget_empty_households()
    ImportJournal(session, cipher).finish(import_id, counts, now)
    _seal(session, people_store(context, session), None)


def begin_undo(session: Session, context: NodeContext, import_id: str) -> None:
    """Let readers see what stood before an import, in the caller's unit of work of `importing`."""
    people = people_store(context, session)
    stamp = f"{import_id}|undone"
    ImportJournal(session, people.cipher).revert(import_id, stamp)
    _seal(session, people, PendingImport(import_id, ImportState.REVERTING.value, stamp))


def interrupted_import(context: NodeContext) -> RecordedImport | None:
    """Return the import, or undoing of one, that is under way; with the lock of imports held, one left unfinished."""
    with context.snapshot() as session:
        found = ImportJournal(session, context.keys.cipher).all()
    return next((each for each in found if each.state in PENDING), None)


def take_back(
    context: NodeContext, import_id: str, remove: Remove, progress: Callable[[int], None] | None = None
) -> tuple[int, int]:
    """Write the rows as they were before an import under way; return how many people it removed, and brought back.

    It can be interrupted, and goes on where it was.
    """
    pace, removed, restored = Pace(), 0, 0
    with context.snapshot() as session:
        households = ImportJournal(session, context.keys.cipher).household_ids(import_id)
    for ids in chunks(households, _MOST):
        with pace.batch(), importing(context) as session:
            ImportUndo(session, context.keys.cipher, import_id).restore_households(ids)
    while True:
        with pace.batch(), importing(context) as session:
            done = ImportUndo(session, context.keys.cipher, import_id).restore_some(context.clock.now(), pace.size)
            remove(session, done.added)
        if not done.handled:
            return removed, restored
        removed, restored = removed + len(done.added), restored + done.changed
        if progress:
            progress(removed + restored)


def end_undo(context: NodeContext, import_id: str, state: ImportState) -> None:
    """Note that an import is taken back: one that was undone stays in the journal, an unfinished one does not."""
    now = context.clock.now()
    with importing(context) as session:
        people = people_store(context, session)
        ImportUndo(session, people.cipher, import_id).forget_empty_households()
        journal = ImportJournal(session, people.cipher)
        if state is ImportState.APPLYING:
            journal.drop(import_id)
        else:
            journal.end(import_id, ImportState.UNDONE, now)
        _seal(session, people, None)


def roll_back(context: NodeContext, import_id: str) -> None:
    """Take back an import that is not whole; nobody has seen the people that it added, and no row of them stays."""
    found = interrupted_import(context)
    if found is not None and (found.import_id, found.state) == (import_id, ImportState.APPLYING):
        take_back(context, import_id, partial(_discard, context, import_id))
        end_undo(context, import_id, ImportState.APPLYING)


def _discard(context: NodeContext, import_id: str, session: Session, people: Sequence[str]) -> None:
    undo = ImportUndo(session, context.keys.cipher, import_id)
    for person_id in people:
        undo.discard(person_id)
    undo.flush()


def paced(rows: Iterable[Item], pace: Pace) -> Iterator[list[Item]]:
    """Yield rows in batches of the size that is the pace's at that time."""
    batch: list[Item] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= pace.size:
            yield batch
            batch = []
    if batch:
        yield batch


def _seal(session: Session, people: PersonStore, pending: PendingImport | None) -> None:
    SettingSeal(seals_in(session, people.cipher), PENDING_IMPORT).write(pending.rows if pending else [])
