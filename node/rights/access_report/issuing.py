"""Issue of access reports (GDPR art. 15), with a proof of every entry.

A report is a folder: ``report.json``, ``access.es.html``, ``access.en.html``, ``proofs/<index>.tlog-proof``,
``checkpoint``, ``trust.policy``. Its issue is an entry of the ledger, with the digests of those three files, which
``issue.tlog-proof`` proves. The entities that the person's consents name are
asked for their part; the report names those that do not answer and is complete without them otherwise.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.orm import Session

from consent_ledger.exports.folders import new_folder
from consent_ledger.exports.ledger_export import CHECKPOINT_FILE, POLICY_FILE
from consent_ledger.log.bodies import AccessReportBody, ConsentBody, ReleaseBody, ReleaseReceivedBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.receipts.entry_proofs import prove_entry, prove_leaf
from consent_ledger.receipts.papers import ISSUE_FILE, REPORT_FILE, paper_digests
from node.consents.in_force import InForce
from node.consents.propagation.parties import parties_of
from node.ledger.own import own_ledger
from node.ledger.witnessing.rounds import catch_up
from node.ledger.witnessing.state import own_testimony
from node.people.documents import Document
from node.people.store import people_store
from node.rights.access_report.collecting import PersonEntry, person_entries
from node.rights.access_report.document import AccessReport, HolderPart, report_document
from node.rights.access_report.page import report_page
from policies.errors import RedpactError
from policies.staff_reasons import staff_reason
from presentation.messages import _
from records_exchange.disclosed_accesses import ACCESS_REPORT, read_disclosed
from records_exchange.message import MessageOutcome
from service.errors import PeerRefused
from trust.parties import EntityKind

if TYPE_CHECKING:
    from node.context import NodeContext
    from node.messages.outbox import Outbox

PROOFS_FOLDER: Final = "proofs"
_IN_PARALLEL: Final = 16


@dataclass(frozen=True, slots=True)
class IssuedReport:
    """An issued report with its document, its SHA-256, and the index of its ledger entry."""

    report: AccessReport
    document: dict[str, Any]
    sha256: str
    index: int


class AccessReports:
    """Issues the access reports of one node."""

    def __init__(self, context: "NodeContext", outbox: "Outbox") -> None:
        self._context = context
        self._outbox = outbox

    def issue(
        self, document: Document, folder: Path | None = None, *, ask: bool = True, staff: str | None = None
    ) -> IssuedReport:
        """Build a person's report, write it to a folder if one is given, and record its issue in the ledger.

        Args:
            document: the person's.
            folder: new, or empty; None for a report that is only shown.
            ask: whether to ask other entities for their part.
            staff: code of the data-protection officer's reason for naming members of staff; None to name none.

        Raises:
            PersonUnknown: this entity holds nobody with that document.
            UnknownTerm: there is no such reason.
            ExportUnusable: the folder is not empty, or cannot be written; nothing was recorded.
            LedgerDamaged: the ledger does not read.
        """
        if staff is not None:
            staff_reason(staff)
        with self._context.snapshot() as session:
            person = people_store(self._context, session).get_by_document(document).person_id
            entries = person_entries(self._context, session, person)
        others = self._ask_others(document, entries) if ask else ()
        catch_up(self._context)
        with self._context.snapshot() as session:
            report = self._report(session, person, others, staff=staff, asked=ask)
        content = report_document(report)
        data = (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
        digest = hashlib.sha256(data).hexdigest()
        if folder is None:
            return IssuedReport(report, content, digest, self._record(report, digest, {}))
        with new_folder(folder) as draft:
            papers = {REPORT_FILE: data} | {
                f"access.{language}.html": report_page(report, language).encode() for language in ("es", "en")
            }
            # Before the folder exists, so that a report handed out is on record.
            index = self._record(report, digest, papers)
            catch_up(self._context)
            with self._context.snapshot() as session:
                self._write(session, report, papers, index, draft)
        return IssuedReport(report, content, digest, index)

    def _report(
        self, session: Session, person: str, others: Sequence[HolderPart], *, staff: str | None, asked: bool
    ) -> AccessReport:
        entries, now = person_entries(self._context, session, person), self._context.clock.now()
        settings, judge = self._context.settings, InForce(self._context, session, now)
        records = people_store(self._context, session).standing.group(person)
        return AccessReport(
            entity=settings.entity,
            origin=settings.ledger_origin,
            person_ref=person,
            since=entries[0].time if entries else now,
            until=now,
            entries=entries,
            others=tuple(others),
            asked_others=asked,
            staff_reason=staff,
            names=self._context.entity_names(),
            consents=tuple(each for record in records for each in judge.list(record)),
        )

    def _ask_others(self, document: Document, entries: Sequence[PersonEntry]) -> tuple[HolderPart, ...]:
        chosen = self._parties(entries)
        if not chosen:
            return ()
        with ThreadPoolExecutor(min(len(chosen), _IN_PARALLEL), thread_name_prefix="access-report") as pool:
            return tuple(pool.map(lambda entity: self._ask(entity, document), chosen))

    def _ask(self, entity: str, document: Document) -> HolderPart:
        try:
            verified = self._outbox.ask(entity, ACCESS_REPORT, {}, document=document)
            if verified.reply.outcome is MessageOutcome.REFUSED:
                reason = verified.reply.reason or ""
                refused = PeerRefused(
                    _("{entity} respondió: {reason}", entity=entity, reason=reason),
                    remedy=_("pregunte directamente a esa entidad"),
                )
                return HolderPart(entity, None, verified.sha256, refused, reason)
            return HolderPart(entity, read_disclosed(verified.reply.body, entity), verified.sha256, None)
        except RedpactError as error:
            return HolderPart(entity, None, None, error)

    def _parties(self, entries: Sequence[PersonEntry]) -> list[str]:
        """Return the entities to ask: those that the person's entries name, so that asking reveals nothing."""
        found: set[str] = set()
        for entry in entries:
            match entry.body:
                case ConsentBody() as record:
                    found.update(parties_of(record))
                case ReleaseBody(recipient=recipient):
                    found.add(recipient)
                case ReleaseReceivedBody(holder=holder):
                    found.add(holder)
        directory = self._context.directory.newest()
        kinds = {party.id: party.kind for party in directory.entities} if directory else {}
        own = self._context.settings.entity
        return sorted(name for name in found if name != own and kinds.get(name) is not EntityKind.COLLABORATOR)

    def _write(
        self, session: Session, report: AccessReport, papers: Mapping[str, bytes], index: int, folder: Path
    ) -> None:
        ledger, testimony = own_ledger(self._context, session), own_testimony(self._context, session)
        for name, data in papers.items():
            (folder / name).write_bytes(data)
        (folder / ISSUE_FILE).write_bytes(prove_entry(ledger, index, testimony)[1].to_bytes())
        (folder / POLICY_FILE).write_bytes(testimony.policy)
        last = report.entries[-1].index if report.entries else 0
        (folder / CHECKPOINT_FILE).write_bytes(testimony.checkpoint_with(last, ledger))
        (folder / PROOFS_FOLDER).mkdir()
        for entry in report.entries:
            if report.hides_staff(entry):
                proof = prove_leaf(ledger, entry.index, testimony)
            else:
                _, proof = prove_entry(ledger, entry.index, testimony)
            (folder / PROOFS_FOLDER / f"{entry.index}.tlog-proof").write_bytes(proof.to_bytes())
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)

    def _record(self, report: AccessReport, digest: str, papers: Mapping[str, bytes]) -> int:
        body = AccessReportBody(
            person_ref=report.person_ref,
            since=report.since,
            until=report.until,
            report_sha256=digest,
            staff_reason=report.staff_reason,
            papers=paper_digests(papers),
        )
        with self._context.transaction() as session:
            people_store(self._context, session).person(report.person_ref)  # not erased meanwhile
            ledger = own_ledger(self._context, session)
            (appended,) = ledger.append([NewEntry(EntryType.ACCESS_REPORT_ISSUED, body)], self._context.clock.now())
            return appended.index
