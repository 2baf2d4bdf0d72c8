"""Take an applied import back: entirely, and only while nothing newer stands on what it wrote."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.reading_bodies import RecordReadBody
from node.care.professionals import check_professional
from node.context import NodeContext
from node.erasers import Eraser, PersonToErase
from node.ledger.own import own_ledger
from node.people.errors import ImportNotUndoable, ImportRunning
from node.people.import_file import Progress
from node.people.import_journal import ImportJournal, ImportState, RecordedImport
from node.people.import_lock import import_lock
from node.people.import_undo import ImportUndo
from node.people.import_writing import begin_undo, end_undo, importing, interrupted_import, roll_back, take_back
from node.people.store import people_store
from node.rights.person_acts import people_with_acts
from policies.record_readings import RecordPart
from presentation.messages import _
from records_exchange.store import SqlExchangeStore
from service.storage import scrub

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

REASON = "data_transfer"


@dataclass(frozen=True, slots=True)
class NewerPerson:
    """A person with something newer than the import on record."""

    person_id: str
    name: str


@dataclass(frozen=True, slots=True)
class UndoOutcome:
    """An import, and what came of undoing it.

    Attributes:
        recorded: the import as it was recorded.
        newer: the people on whom something newer stands; then nothing was changed.
        removed: number of people whom the import had added.
        restored: number of people whose records came back.
    """

    recorded: RecordedImport
    newer: tuple[NewerPerson, ...] = ()
    removed: int = 0
    restored: int = 0


def recorded_imports(context: NodeContext) -> list[RecordedImport]:
    """Return every import that was applied, the newest first."""
    with context.snapshot() as session:
        return ImportJournal(session, context.keys.cipher).all()


class ImportUndoing:
    """Takes imports back."""

    def __init__(self, context: NodeContext, erasers: Sequence[Eraser], progress: Progress | None = None) -> None:
        self._context = context
        self._progress = progress
        self._erasers = erasers

    def undo(self, import_id: str, professional: str) -> UndoOutcome:
        """Take an import back, and note it on the ledger.

        Raises:
            ImportUnknown: there is none of that id.
            ImportNotUndoable: it is undone, or its time is over.
            ImportRunning: an import is under way.
            ProfessionalInvalid: the reference has no valid form.
        """
        who = check_professional(professional)
        with import_lock(self._context.home):
            self._settle()
            return self._undo(import_id, who)

    def settle(self) -> None:
        """Take back what an interrupted import, or undoing, left; nothing while one is under way."""
        with suppress(ImportRunning), import_lock(self._context.home):
            self._settle()

    def _settle(self) -> None:
        left = interrupted_import(self._context)
        if left is not None and left.state is ImportState.APPLYING:
            roll_back(self._context, left.import_id)
        elif left is not None:
            self._take_back(left.import_id)

    def _undo(self, import_id: str, who: str) -> UndoOutcome:
        # Looked through before the transaction, so that a large import does not keep other writers waiting.
        with self._context.snapshot() as session:
            recorded = ImportJournal(session, self._context.keys.cipher).get(import_id)
            _require_applied(recorded)
            people = people_store(self._context, session)
            stamp, newer = people.stamp(), self._newer(session, recorded.import_id)
        with importing(self._context) as session:
            if people_store(self._context, session).stamp() != stamp:  # somebody wrote meanwhile
                newer = self._newer(session, recorded.import_id)
            newer = newer or self._named(session, people_with_acts(session, recorded.import_id))
            if newer:
                self._note(session, who, RecordPart.PEOPLE, len(newer))
                return UndoOutcome(recorded, newer)
            self._note(session, who, RecordPart.IMPORT_UNDONE, recorded.counts.added + recorded.counts.replaced)
            begin_undo(session, self._context, recorded.import_id)
        removed, restored = self._take_back(recorded.import_id)
        return UndoOutcome(recorded, removed=removed, restored=restored)

    def _take_back(self, import_id: str) -> tuple[int, int]:
        progress = self._progress
        report = (lambda done: progress("undo", done, 0)) if progress else None
        done = take_back(self._context, import_id, self._erase, report)
        end_undo(self._context, import_id, ImportState.REVERTING)
        scrub(self._context.engine)
        return done

    def _newer(self, session: "Session", import_id: str) -> tuple[NewerPerson, ...]:
        changed = ImportUndo(session, self._context.keys.cipher, import_id).changed_since()
        return self._named(session, changed | people_with_acts(session, import_id))

    def _named(self, session: "Session", found: Iterable[str]) -> tuple[NewerPerson, ...]:
        people = people_store(self._context, session)
        return tuple(NewerPerson(each, people.identity(each).name) for each in sorted(found))

    def _erase(self, session: "Session", people: Sequence[str]) -> None:
        now = self._context.clock.now()
        for person_id in people:
            person = PersonToErase(person_id, SqlExchangeStore(session).pseudonyms_of(person_id))
            for eraser in self._erasers:
                eraser.erase(session, person, now)

    def _note(self, session: "Session", professional: str, part: RecordPart, people: int) -> None:
        body = RecordReadBody(people=people, part=part.value, professional=professional, reason=REASON)
        own_ledger(self._context, session).append([NewEntry(EntryType.RECORD_READ, body)], self._context.clock.now())


def _require_applied(recorded: RecordedImport) -> None:
    if recorded.state is not ImportState.APPLIED:
        raise ImportNotUndoable(
            _("esa importación ya está deshecha")
            if recorded.state is ImportState.UNDONE
            else _("ya pasó el plazo para deshacer esa importación"),
            remedy=_("corrija las fichas, o importe un fichero con los datos correctos"),
        )
