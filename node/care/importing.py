"""Import people from a file once it is compared with the stored records and decided, all or nothing."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.reading_bodies import RecordReadBody
from node.care.professionals import check_professional
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.people.import_file import Progress, ReadFile, read_file
from node.people.import_journal import ImportJournal, ImportKeeper, ImportSource
from node.people.import_proposal import Decisions, Proposal, ProposedRow, propose, to_store
from node.people.mapping_store import MappingStore
from node.people.model import SaveCounts
from node.people.saving import lock_people
from node.people.store import PersonStore, people_store
from policies.record_readings import RecordPart

REASON = "data_transfer"


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
    undecided: tuple[ProposedRow, ...]
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
        read = self._read(path, encoding, mapping)
        with self._context.transaction() as session:
            proposal = propose(people_store(self._context, session), read)
            self._note(session, RecordPart.IMPORT, len(proposal.rows))
            return ImportOutcome(proposal, None, proposal.undecided(Decisions()))

    def store(self, path: Path, decisions: Decisions, encoding: str = "", mapping: str = "") -> ImportOutcome:
        """Import a file, unless rows wait for a decision: then nothing is stored.

        Raises:
            ImportFileUnreadable, ImportRejected: as `node.people.import_file.read_file`.
            MappingUnknown: there is no mapping of that name.
        """
        read = self._read(path, encoding, mapping)
        # Compared before the transaction, so that a long file does not keep other writers waiting.
        with self._context.snapshot() as session:
            before = people_store(self._context, session)
            stamp, proposal = before.stamp(), propose(before, read)
        with self._context.transaction() as session:
            people = people_store(self._context, session)
            lock_people(session.connection())
            if people.stamp() != stamp:  # somebody wrote meanwhile
                proposal = propose(people, read)
            undecided = proposal.undecided(decisions)
            if undecided:
                self._note(session, RecordPart.IMPORT, len(proposal.rows))
                return ImportOutcome(proposal, None, undecided, not_counted=_not_counted(decisions, proposal))
            self._note(session, RecordPart.IMPORT_APPLIED, len(proposal.rows))
            import_id = uuid.uuid4().hex
            counts = self._save(people, proposal, import_id)
            source = ImportSource(read.name, read.sha256, self._professional)
            ImportJournal(session, people.cipher).add(import_id, source, counts, self._context.clock.now())
            return ImportOutcome(proposal, counts, (), import_id)

    def _read(self, path: Path, encoding: str, mapping: str) -> ReadFile:
        own = None
        if mapping:
            with self._context.snapshot() as session:
                own = MappingStore(session, self._context.keys.cipher).get(mapping)
        return read_file(path, self._context.clock.now(), self._progress, encoding, own)

    def _save(self, people: PersonStore, proposal: Proposal, import_id: str) -> SaveCounts:
        records, progress = to_store(proposal), self._progress
        report = (lambda done: progress("save", done, len(records))) if progress else None
        keeper = ImportKeeper(people.session, people.cipher, import_id)
        return people.save(records, self._context.clock.now(), progress=report, keeper=keeper)

    def _note(self, session: Session, part: RecordPart, people: int) -> None:
        body = RecordReadBody(people=people, part=part.value, professional=self._professional, reason=REASON)
        own_ledger(self._context, session).append([NewEntry(EntryType.RECORD_READ, body)], self._context.clock.now())


def _not_counted(decisions: Decisions, proposal: Proposal) -> bool:
    return decisions.any and not decisions.on(proposal).any
