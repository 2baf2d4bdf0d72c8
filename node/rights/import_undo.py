"""Take an applied import back: entirely, and only while nothing newer stands on what it wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.reading_bodies import RecordReadBody
from node.care.professionals import check_professional
from node.context import NodeContext
from node.erasers import Eraser, PersonToErase
from node.ledger.own import own_ledger
from node.people.errors import ImportNotUndoable
from node.people.import_journal import ImportJournal, ImportState, RecordedImport
from node.people.import_undo import ImportUndo
from node.people.saving import lock_people
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
    """A person on whom something newer than the import stands."""

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

    def __init__(self, context: NodeContext, erasers: Sequence[Eraser]) -> None:
        self._context = context
        self._erasers = erasers

    def undo(self, import_id: str, professional: str) -> UndoOutcome:
        """Take an import back, and note it on the ledger.

        Raises:
            ImportUnknown: there is none of that id.
            ImportNotUndoable: it is undone, or its time is over.
            ProfessionalInvalid: the reference has no valid form.
        """
        who, cipher = check_professional(professional), self._context.keys.cipher
        with self._context.transaction() as session:
            lock_people(session.connection())
            recorded = ImportJournal(session, cipher).get(import_id)
            _require_applied(recorded)
            undo = ImportUndo(session, cipher, recorded.import_id)
            newer = self._newer(session, undo)
            if newer:
                self._note(session, who, RecordPart.PEOPLE, len(newer))
                return UndoOutcome(recorded, newer)
            now = self._context.clock.now()
            done = undo.restore(now)
            for person_id in done.added:
                self._erase(session, person_id, now)
            undo.forget_empty_households()
            ImportJournal(session, cipher).end(recorded.import_id, ImportState.UNDONE, now)
            self._note(session, who, RecordPart.IMPORT_UNDONE, done.changed + len(done.added))
        scrub(self._context.engine)
        return UndoOutcome(recorded, removed=len(done.added), restored=done.changed)

    def _newer(self, session: "Session", undo: ImportUndo) -> tuple[NewerPerson, ...]:
        found = undo.changed_since() | people_with_acts(session, undo.added())
        people = people_store(self._context, session)
        return tuple(NewerPerson(each, people.identity(each).name) for each in sorted(found))

    def _erase(self, session: "Session", person_id: str, now: datetime) -> None:
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
