"""Erasure: of one person, when the law or the person asks, and of what the retention schedule says is over.

What goes: the person's key, record and case, the scans of signed forms, the pseudonyms, and the bodies and salts of
every ledger entry that tells of them. What stays: leaves, proofs, and an entry that says what was erased, when and
on which basis.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from consent_ledger.log.erasure import PersonTrace, in_batches, overdue, trace_person
from node.care.store import CaseStore
from node.consents.propagation.withdrawals import forget_travelled
from node.consents.signed_forms import EvidenceVault
from node.context import NodeContext
from node.ledger.own import own_consents, own_ledger
from node.locator.pseudonyms import forget_pseudonyms
from node.locator.question_log import LocatorLog
from node.people.documents import Document
from node.people.store import people_store
from node.referrals.referrals import Referrals
from node.referrals.store import ReferralStore
from node.risk.person_erasure import forget_risk
from policies.retention import load_retention
from records_exchange.mailboxes import SqlMailbox
from records_exchange.store import SqlExchangeStore
from records_exchange.travel_store import SqlTravelStore
from service.storage import scrub

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from consent_ledger.consents.model import ConsentView


@dataclass(frozen=True, slots=True)
class PersonErased:
    """What was erased of one person.

    Attributes:
        person_ref: the node's random id; it stays, with the date.
        basis: the article of the law.
        entries: how many ledger entries lost their content.
        scans: how many scans of signed forms were deleted.
        erasure_indexes: the entries that say so.
        recipients: entities that received something of the person and are to be told (GDPR art. 19).
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
    """What the retention schedule made erase: entries by rule, and the entries that say so."""

    entries: dict[str, int]
    erasure_indexes: tuple[int, ...]
    scans: int
    dry_run: bool


class Erasures:
    """Erasure at one node."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self._vault = EvidenceVault(context.home)

    def erase_person(self, document: Document, basis: str) -> PersonErased:
        """Erase everything held of a person; durable when this returns. It cannot be undone.

        Raises:
            UnknownTerm: the schedule has no such basis.
            PersonUnknown: nobody here has that document.
            HomeUnusable: the scans cannot be deleted; without the key, destroyed by then, nobody can read them.
        """
        chosen = load_retention().basis(basis).id
        with self._context.snapshot() as session:
            person = people_store(self._context, session).get_by_document(document).person_id
            # Most of the reading is done here, while the node goes on answering.
            known = {referral.referral_id for referral in ReferralStore(session).all(person_ref=person)}
            trace, seen = self._trace(session, person, 0, PersonTrace(referrals=known))
        with self._context.transaction() as session:
            people_store(self._context, session).get_by_document(document)  # nobody else erased it meanwhile
            ledger = own_ledger(self._context, session)
            ledger.lock()
            now = self._context.clock.now()
            Referrals(self._context).person_erased(session, person, now)
            trace, _ = self._trace(session, person, seen, trace)
            batches = in_batches(ledger.store, trace.indexes)
            written = [ledger.erase_bodies(batch, chosen, now).index for batch in batches]
            forget_travelled(self._context, session, person, now)
            own_consents(self._context, session).forget(sorted(trace.consents))
            SqlExchangeStore(session).forget_person(person)
            SqlMailbox(session).forget_person(person)
            SqlTravelStore(session).purge_person(person)
            CaseStore(session).forget_person(person)
            forget_pseudonyms(session, person)
            forget_risk(session, person)
            LocatorLog(session).forget_person(person)
            people_store(self._context, session).erase(person, now)
        scans = self._vault.forget_person(person)
        recipients = tuple(sorted(trace.recipients))
        scrubbed = scrub(self._context.engine)
        return PersonErased(person, chosen, len(trace.indexes), scans, tuple(written), recipients, scrubbed)

    def retain(self, *, dry_run: bool = False) -> RetentionRun:
        """Erase the content that has been kept as long as the retention schedule says.

        Args:
            dry_run: only say what would be erased.

        Raises:
            LedgerDamaged: the ledger does not read.
        """
        retention = load_retention()
        written: list[int] = []
        with self._context.snapshot() as session:
            ledger = own_ledger(self._context, session)
            found = overdue(ledger.store, ledger.size(), retention, self._context.clock.now())
        counts = {rule: len(indexes) for rule, indexes in found.items()}
        if dry_run or not found:
            return RetentionRun(counts, (), 0, dry_run)
        rules = {rule.id: rule for rule in retention.rules}
        with self._context.transaction() as session:
            ledger, now = own_ledger(self._context, session), self._context.clock.now()
            ledger.lock()
            for rule, indexes in sorted(found.items()):
                written += [
                    ledger.erase_bodies(batch, rules[rule].basis, now, rule=rule).index
                    for batch in in_batches(ledger.store, indexes)
                ]
            forgotten = self._forget_consents(session, set(found.get("consents", ())))
        scans = sum(self._forget_scan(view) for view in forgotten)
        scrub(self._context.engine)
        return RetentionRun(counts, tuple(written), scans, dry_run)

    def _trace(self, session: "Session", person: str, start: int, trace: PersonTrace) -> tuple[PersonTrace, int]:
        ledger = own_ledger(self._context, session)
        size = ledger.size()
        trace_person(ledger.store, person, start, size, trace)
        return trace, size

    def _forget_consents(self, session: "Session", erased: set[int]) -> "list[ConsentView]":
        register = own_consents(self._context, session)
        gone = [view for view in register.list() if {view.given_index, view.last_index} & erased]
        register.forget([view.consent_id for view in gone])
        SqlTravelStore(session).forget_copies([view.consent_id for view in gone])
        return gone

    def _forget_scan(self, view: "ConsentView") -> bool:
        digest = view.record.evidence_sha256
        return digest is not None and self._vault.forget(view.person_ref, digest)
