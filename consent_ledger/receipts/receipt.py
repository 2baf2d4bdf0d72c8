"""Consent receipts for the person: the consent in words, its record, and a proof that needs nobody's server.

A receipt is a folder: ``consent.es.html``, ``consent.en.html`` (and ``.pdf``), ``consent.jsonld``,
``consent.tlog-proof`` and ``trust.policy``; after a renewal, withdrawal or expiry also ``change.tlog-proof``, the proof
of the newest change. ``issue.tlog-proof`` proves the entry in which the ledger holds the digests of the pages: they are
what the entity issued, whichever version of its templates made them.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from consent_ledger.consents.model import ConsentView
from consent_ledger.errors import ExportUnusable, ProofError
from consent_ledger.exports.folders import read_file
from consent_ledger.exports.ledger_export import POLICY_FILE
from consent_ledger.exports.testimony import WitnessTestimony
from consent_ledger.log.bodies import AccessReportBody, ConsentBody, parse_body
from consent_ledger.log.entry import Body, Leaf
from consent_ledger.log.entry_words import entry_name
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.entry_proofs import prove_entry
from consent_ledger.receipts.jsonld import DPV_STATUS, consent_record
from consent_ledger.receipts.papers import ISSUE_FILE, Issue, verify_papers, verify_report_papers
from consent_ledger.receipts.tlog_proof import MAX_PROOF_BYTES, LeafEvidence, TlogProof, leaf_alone
from presentation.messages import _

PROOF_FILE: Final = "consent.tlog-proof"
CHANGE_FILE: Final = "change.tlog-proof"
RECORD_FILE: Final = "consent.jsonld"


@dataclass(frozen=True, slots=True)
class ReceiptReport:
    """The facts that a receipt proves."""

    origin: str
    index: int
    size: int
    witnesses: tuple[str, ...]
    leaf: Leaf
    body: dict[str, Any] | None
    """None for a proof that an entry is there, without its content."""
    record_matches: bool | None
    """True when the JSON-LD record beside the proof is the one that was committed to; None when there is none."""
    papers: tuple[str, ...] | None = None
    """The pages beside the proof, which are those that were issued; None for a proof that is of no issue."""


def write_receipt(
    ledger: ConsentLedger,
    consent: ConsentView,
    issue: Issue,
    folder: Path,
    *,
    testimony: WitnessTestimony | None = None,
) -> None:
    """Write an issued receipt of a consent into an empty folder.

    Args:
        ledger: of the consent.
        consent: in the state in which the receipt was issued.
        issue: its pages and their entry.
        folder: see `exports.folders.new_folder`.
        testimony: the network's trust policy and cosignatures; None when there are none.

    Raises:
        LedgerDamaged: the ledger does not hold the consent's body: it was erased, or is lost.
    """
    given, proof = prove_entry(ledger, consent.given_index, testimony)
    leaf, document = given.check()
    files = {PROOF_FILE: proof.to_bytes(), ISSUE_FILE: prove_entry(ledger, issue.index, testimony)[1].to_bytes()}
    if consent.last_index != consent.given_index:
        files[CHANGE_FILE] = prove_entry(ledger, consent.last_index, testimony)[1].to_bytes()
    files[RECORD_FILE] = _record_text(leaf, parse_body(leaf.type, document)).encode()
    files[POLICY_FILE] = (testimony or WitnessTestimony.alone(ledger)).policy
    for name, data in (files | dict(issue.papers)).items():
        (folder / name).write_bytes(data)


def verify_receipt(file: Path, policy: TrustPolicy) -> ReceiptReport:
    """Verify a proof file, with what lies beside it: the record and pages of a consent, the files of an access report.

    Raises:
        ExportUnusable: the file cannot be read.
        MalformedDocument, SignatureInvalid, ProofError: it does not prove its claim.
    """
    proof = TlogProof.parse(read_file(file, MAX_PROOF_BYTES))
    alone = leaf_alone(proof.extra)
    if alone is not None:
        checkpoint, witnesses = proof.verify(alone, policy)
        leaf = Leaf.parse(alone)
        return ReceiptReport(checkpoint.origin, proof.index, checkpoint.size, witnesses, leaf, None, None)
    evidence = LeafEvidence.from_extra(proof.extra)
    leaf, document = evidence.check()
    checkpoint, witnesses = proof.verify(evidence.leaf, policy)
    body = parse_body(leaf.type, document)
    is_receipt = isinstance(body, ConsentBody) and file.name == PROOF_FILE
    matches = _compare_record(file, leaf, body) if is_receipt else None
    if matches is False:
        raise ProofError(
            _("{record_file} no es la ficha que fija el registro", record_file=RECORD_FILE),
            remedy=_("pida un justificante nuevo"),
        )
    papers = verify_papers(file.parent, str(document["consent_id"]), policy) if is_receipt else None
    if isinstance(body, AccessReportBody) and file.name == ISSUE_FILE:
        papers = verify_report_papers(file.parent, body)
    return ReceiptReport(checkpoint.origin, proof.index, checkpoint.size, witnesses, leaf, document, matches, papers)


def load_policy(file: Path) -> TrustPolicy:
    """Read a trust policy.

    Raises:
        ExportUnusable: the file cannot be read.
        MalformedDocument: not a trust policy.
    """
    return TrustPolicy.parse(read_file(file, MAX_PROOF_BYTES))


def _compare_record(file: Path, leaf: Leaf, body: Body) -> bool | None:
    path = file.with_name(RECORD_FILE)
    if not path.exists():
        return None
    return read_file(path, MAX_PROOF_BYTES) == _record_text(leaf, body).encode()


def _record_text(leaf: Leaf, body: Body) -> str:
    if leaf.type not in DPV_STATUS or not isinstance(body, ConsentBody):
        raise ExportUnusable(
            _("una anotación «{type}» no tiene ficha de consentimiento", type=entry_name(leaf.type)),
            remedy=_("elija la anotación de un consentimiento"),
        )
    return json.dumps(consent_record(leaf.type, body, leaf.time), ensure_ascii=False, indent=2) + "\n"
