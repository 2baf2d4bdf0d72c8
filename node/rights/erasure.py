"""Erasure: of one person (GDPR art. 17), and of content whose retention period is over (GDPR art. 5.1.e).

The registered erasers delete the person's key, record, case, scans and pseudonyms; the bodies and salts of the ledger
entries about them are deleted too. Leaves and proofs stay, with an entry that states what was erased, when and on
which basis.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from consent_ledger.log.erasure import PersonTrace, in_batches, overdue, trace_person
from node.consents.changes import ChangeSource, ConsentChanges
from node.consents.held import HeldConsents
from node.consents.signed_forms import EvidenceVault
from node.context import NodeContext
from node.erasers import Eraser, FileEraser, PersonToErase
from node.errors import RecordsTampered, RecordsUnreadable
from node.ledger.own import own_consents, own_ledger
from node.people.documents import Document
from node.people.import_journal import ImportJournal, ImportState
from node.people.linking import hidden_pseudonym, pseudonym_of
from node.people.saving import document_index
from node.people.store import people_store
from node.referrals.store import ReferralStore
from policies.retention import load_retention
from records_exchange.errors import PseudonymUnavailable
from records_exchange.store import SqlExchangeStore
from records_exchange.travel_store import SqlTravelStore
from service.storage import scrub

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from consent_ledger.consents.model import ConsentView


@dataclass(frozen=True, slots=True)
class PersonErased:
    """The erasure of one person.

    Attributes:
        person_ref: the node's random id; it stays, with the date.
        basis: the article of the law.
        entries: number of ledger entries that lost their content.
        scans: number of scans of signed forms that were deleted.
        erasure_indexes: the ledger entries that record the erasure.
        recipients: entities that received data of the person, to be informed by the professional (GDPR art. 19).
        scrubbed: whether no copy is left in the database's own log; if not, the running node empties it later.
    """

    person_ref: str
    basis: str
    entries: int
    scans: int
    erasure_indexes: tuple[int, ...]
    recipients: tuple[str, ...]
    scrubbed: bool


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """A run of the retention schedule.

    Attributes:
        entries: number of ledger entries that lost their content, by rule.
        erasure_indexes: the ledger entries that record the erasure.
        scans: number of scans of signed forms that were deleted.
        dry_run: whether nothing was erased.
        imports: number of imports whose state before was deleted: they can be undone no more.
    """

    entries: dict[str, int]
    erasure_indexes: tuple[int, ...]
    scans: int
    dry_run: bool
    imports: int = 0


class Erasures:
    """Erasure at one node.

    Attributes:
        erasers: of tables, in the order in which they act.
    """

    def __init__(
        self,
        context: NodeContext,
        changes: ConsentChanges,
        erasers: Sequence[Eraser],
        file_erasers: Sequence[FileEraser],
    ) -> None:
        self._context = context
        self._changes = changes
        self.erasers = tuple(erasers)
        self._file_erasers = file_erasers
        self._vault = EvidenceVault(context.home)

    def erase_person(self, document: Document, basis: str) -> PersonErased:
        """Erase all data of a person; durable when this returns. It cannot be undone.

        Raises:
            UnknownTerm: the schedule has no such basis.
            PersonUnknown: nobody here has that document.
            HomeUnusable: the scans cannot be deleted; they are unreadable by then, as their key is destroyed.
        """
        chosen = load_retention().basis(basis).id
        with self._context.snapshot() as session:
            # Most of the ledger is read here, while the node goes on answering.
            traced = {
                each.person_ref: self._trace(session, each, 0, PersonTrace(referrals=_referrals(session, each)))
                for each in self._people(session, document)
            }
        indexes, recipients, scans = set[int](), set[str](), 0
        with self._context.transaction() as session:
            ledger = own_ledger(self._context, session)
            ledger.lock()
            people, now = self._people(session, document), self._context.clock.now()
            for person in people:
                trace, seen = traced.get(person.person_ref, (PersonTrace(), 0))
                trace.referrals.update(_referrals(session, person))
                for eraser in self.erasers:
                    eraser.erase(session, person, now)
                trace, _unused = self._trace(session, person, seen, trace)
                indexes.update(trace.indexes)
                recipients.update(trace.recipients)
            batches = in_batches(ledger.store, sorted(indexes))
            written = [ledger.erase_bodies(batch, chosen, now).index for batch in batches]
        for person in people:
            scans += sum(eraser.erase(person.person_ref) for eraser in self._file_erasers)
        told, entries = tuple(sorted(recipients)), len(indexes)
        scrubbed = scrub(self._context.engine)
        return PersonErased(people[0].person_ref, chosen, entries, scans, tuple(written), told, scrubbed)

    def retain(self, *, dry_run: bool = False) -> RetentionRun:
        """Erase the content whose retention period is over.

        Args:
            dry_run: count it, and erase nothing.

        Raises:
            LedgerDamaged: the ledger does not read.
        """
        retention = load_retention()
        written: list[int] = []
        with self._context.snapshot() as session:
            ledger = own_ledger(self._context, session)
            found = overdue(ledger.store, ledger.size(), retention, self._context.clock.now())
            imports = self._imports_to_keep(session)
        counts = {rule: len(indexes) for rule, indexes in found.items()}
        if dry_run or not (found or imports):
            return RetentionRun(counts, (), 0, dry_run, len(imports))
        rules = {rule.id: rule for rule in retention.rules}
        with self._context.transaction() as session:
            ledger, now = own_ledger(self._context, session), self._context.clock.now()
            ledger.lock()
            for rule, indexes in sorted(found.items()):
                written += [
                    ledger.erase_bodies(batch, rules[rule].basis, now, rule=rule).index
                    for batch in in_batches(ledger.store, indexes)
                ]
            forgotten = self._forget_consents(session, set(found.get("consents", ())), now)
            for import_id in imports:
                ImportJournal(session, self._context.keys.cipher).end(import_id, ImportState.KEPT)
        scans = sum(self._forget_scan(view) for view in forgotten)
        scrub(self._context.engine)
        return RetentionRun(counts, tuple(written), scans, dry_run, len(imports))

    def _imports_to_keep(self, session: "Session") -> list[str]:
        before = self._context.clock.now() - timedelta(days=load_retention().import_undo_days)
        return ImportJournal(session, self._context.keys.cipher).older_than(before)

    def _people(self, session: "Session", document: Document) -> tuple[PersonToErase, ...]:
        """Return the records of the person with a document: the one by which they are found first.

        Also of somebody whose standing others altered: what was altered must be erased too, but no other record.
        """
        people = people_store(self._context, session)
        under = people.record_under(document_index(people.cipher, document))
        try:
            records = people.standing.group(people.get_by_document(document).person_id)
        except RecordsTampered:
            if under is None:
                raise
            records = (under,)
        return tuple(self._person(session, each) for each in records)

    def _person(self, session: "Session", person_ref: str) -> PersonToErase:
        """Return a record with the stored pseudonyms of the directory and of the indexes."""
        people, directory = people_store(self._context, session), self._context.directory.newest()
        documents = [people.identity(person_ref).document]
        with suppress(RecordsTampered, RecordsUnreadable):  # altered rows are erased like any
            documents += people.former_documents(person_ref)
        known = set(SqlExchangeStore(session).pseudonyms_of(person_ref))
        for party in directory.entities if directory else ():
            if party.id == self._context.settings.entity:
                continue
            try:
                found = [pseudonym_of(self._context, party, document) for document in documents]
            except PseudonymUnavailable:  # no message about anybody can have come from it either
                continue
            known.update(hidden_pseudonym(self._context, each) for each in found)
        return PersonToErase(person_ref, frozenset(known))

    def _trace(
        self, session: "Session", person: PersonToErase, start: int, trace: PersonTrace
    ) -> tuple[PersonTrace, int]:
        ledger = own_ledger(self._context, session)
        size = ledger.size()
        trace_person(ledger.store, person.person_ref, start, size, trace)
        return trace, size

    def _forget_consents(self, session: "Session", erased: set[int], now: datetime) -> "list[ConsentView]":
        views = own_consents(self._context, session).list()
        gone = [view for view in views if {view.given_index, view.last_index} & erased]
        HeldConsents(self._context, session, self._changes).forget(gone, ChangeSource.RETENTION, now)
        SqlTravelStore(session).drop_copies([view.consent_id for view in gone], ())
        return gone

    def _forget_scan(self, view: "ConsentView") -> bool:
        digest = view.record.evidence_sha256
        return digest is not None and self._vault.forget(view.person_ref, digest)


def _referrals(session: "Session", person: PersonToErase) -> set[str]:
    referrals = ReferralStore(session).about(person.person_ref, person.pseudonyms)
    return {referral.referral_id for referral in referrals}
