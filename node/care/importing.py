"""Import people from a file once it is compared with the stored records and decided, all or nothing."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.reading_bodies import RecordReadBody
from node.care.professionals import check_professional
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.people.errors import ImportOvertaken
from node.people.import_file import Progress, ReadFile, read_file
from node.people.import_journal import ImportSource
from node.people.import_lock import import_lock
from node.people.import_proposal import Comparison, Decisions, Proposal, WaitingRow
from node.people.import_writing import (
    Pace,
    begin_import,
    finish_import,
    importing,
    interrupted_import,
    paced,
    roll_back,
    write_some,
)
from node.people.mapping import OwnMapping
from node.people.mapping_store import MappingStore
from node.people.model import SaveCounts
from node.people.saving import chunks
from node.people.store import people_store
from policies.record_readings import RecordPart
from presentation.messages import _
from service.storage import scrub

REASON = "data_transfer"
_ATTEMPTS: Final = 2
_COMPARED_TOGETHER: Final = 300


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """A compared file, and what came of it.

    Attributes:
        proposal: what the file would do, or did.
        counts: of what was stored; None when nothing was.
        undecided: the rows that wait for a decision.
        import_id: by which the import can be undone; empty when nothing was stored.
        not_counted: whether decisions were given that were made on another proposal.
    """

    proposal: Proposal
    counts: SaveCounts | None
    undecided: tuple[WaitingRow, ...]
    import_id: str = ""
    not_counted: bool = False


class RecordImport:
    """Imports files of people for one member of staff; each comparison and each import is on the ledger first."""

    def __init__(self, context: NodeContext, professional: str, progress: Progress | None = None) -> None:
        self._context = context
        self._professional = check_professional(professional)
        self._progress = progress

    def compare(self, path: Path, encoding: str = "", mapping: str = "") -> ImportOutcome:
        """Return what importing a file would do, and store none of it.

        Raises:
            ImportFileUnreadable, ImportRejected: as `node.people.import_file.read_file`.
            MappingUnknown: there is no mapping of that name.
        """
        proposal = self._compared(partial(self._open, path, encoding, self._own(mapping)))
        with self._context.transaction() as session:
            self._note(session, RecordPart.IMPORT, proposal.people)
        return ImportOutcome(proposal, None, proposal.undecided(Decisions()))

    def store(self, path: Path, decisions: Decisions, encoding: str = "", mapping: str = "") -> ImportOutcome:
        """Import a file, unless rows wait for a decision: then nothing is stored.

        Raises:
            ImportFileUnreadable, ImportRejected: as `node.people.import_file.read_file`.
            MappingUnknown: there is no mapping of that name.
            ImportRunning: another import is under way, or was interrupted while it was being undone.
            ImportOvertaken: the file, or records in it, changed meanwhile, and again at the second try.
        """
        opened = partial(self._open, path, encoding, self._own(mapping))
        with import_lock(self._context.home):
            self._settle()
            for _attempt in range(_ATTEMPTS):
                outcome = self._store(opened, decisions)
                if outcome is not None:
                    scrub(self._context.engine)
                    return outcome
        raise ImportOvertaken(
            _("las fichas o el fichero cambiaron mientras se importaba"), remedy=_("repita la importación")
        )

    def _settle(self) -> None:
        left = interrupted_import(self._context)
        if left is not None:
            roll_back(self._context, left.import_id)

    def _store(self, opened: Callable[[], ReadFile], decisions: Decisions) -> ImportOutcome | None:
        """Compare and import; None when what was compared is not what was there when it was written."""
        proposal = self._compared(opened)
        undecided = proposal.undecided(decisions)
        if undecided:
            with self._context.transaction() as session:
                self._note(session, RecordPart.IMPORT, proposal.people)
            return ImportOutcome(proposal, None, undecided, not_counted=_not_counted(decisions, proposal))
        source = ImportSource(proposal.file, proposal.sha256, self._professional)
        import_id = uuid.uuid4().hex
        finished = False
        try:
            begin_import(self._context, import_id, source)
            counts, written = self._write(opened(), import_id, proposal.people)
            if (written.state, written.sha256) == (proposal.state, proposal.sha256):
                with importing(self._context) as session:
                    finish_import(session, self._context, import_id, counts)
                    self._note(session, RecordPart.IMPORT_APPLIED, proposal.people)
                finished = True
                return ImportOutcome(proposal, counts, (), import_id)
            return None
        finally:
            if not finished:  # nothing stays of it, at Ctrl-C either
                roll_back(self._context, import_id)

    def _compared(self, opened: Callable[[], ReadFile]) -> Proposal:
        read = opened()
        comparison = Comparison(self._context.keys.cipher, read)
        for batch in chunks(read.rows, _COMPARED_TOGETHER):
            with self._context.snapshot() as session:
                comparison.add(people_store(self._context, session), batch)
        return comparison.proposal()

    def _write(self, read: ReadFile, import_id: str, people: int) -> tuple[SaveCounts, Proposal]:
        comparison, pace, total = Comparison(self._context.keys.cipher, read), Pace(), SaveCounts()
        for batch in paced(read.rows, pace):
            with self._context.snapshot() as session:
                records = comparison.add(people_store(self._context, session), batch)
            with pace.batch():
                total += write_some(self._context, import_id, records)
            done = total.added + total.replaced + total.unchanged
            if self._progress:
                self._progress("save", done, people)
        return total, comparison.proposal()

    def _open(self, path: Path, encoding: str, own: OwnMapping | None) -> ReadFile:
        return read_file(path, self._context.clock.now(), self._progress, encoding, own)

    def _own(self, mapping: str) -> OwnMapping | None:
        if not mapping:
            return None
        with self._context.snapshot() as session:
            return MappingStore(session, self._context.keys.cipher).get(mapping)

    def _note(self, session: Session, part: RecordPart, people: int) -> None:
        body = RecordReadBody(people=people, part=part.value, professional=self._professional, reason=REASON)
        own_ledger(self._context, session).append([NewEntry(EntryType.RECORD_READ, body)], self._context.clock.now())


def _not_counted(decisions: Decisions, proposal: Proposal) -> bool:
    return decisions.any and not decisions.on(proposal).any
