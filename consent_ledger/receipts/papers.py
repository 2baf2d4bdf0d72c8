"""The pages handed to a person: recorded in the ledger by their digests, and compared with that entry.

Those of a receipt are made here; those of an access report at the node.

The digests are recorded, and not the pages made again by whoever checks: a later version of the templates, or of the
names in the vocabulary, makes other pages of the same consent.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from consent_ledger.consents.model import ConsentView
from consent_ledger.errors import LedgerDamaged, ProofError
from consent_ledger.exports.folders import read_file
from consent_ledger.log.bodies import AccessReportBody, ConsentBody, parse_body
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.log.reading_bodies import PaperDigest, ReceiptIssuedBody
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.entry_proofs import prove_entry
from consent_ledger.receipts.page import receipt_page
from consent_ledger.receipts.pdf import pdf_printer
from consent_ledger.receipts.tlog_proof import MAX_PROOF_BYTES, LeafEvidence, TlogProof
from presentation.messages import Message, _

ISSUE_FILE: Final = "issue.tlog-proof"
MAX_PAPER_BYTES: Final = 20_000_000
REPORT_FILE: Final = "report.json"
_PAPERS: Final = ("consent.es.html", "consent.en.html", "consent.es.pdf", "consent.en.pdf")
_REPORT_PAPERS: Final = (REPORT_FILE, "access.es.html", "access.en.html")

Label = Callable[[str, str], str]
"""Returns the name of a term of the vocabulary in a language (``es``, ``en``)."""


@dataclass(frozen=True, slots=True)
class Issue:
    """The pages of a receipt by their file names, and the entry that holds their digests."""

    index: int
    papers: Mapping[str, bytes]


def issue_receipt(
    ledger: ConsentLedger,
    consent: ConsentView,
    now: datetime,
    *,
    label: Label,
    pdf: bool | None = None,
    in_force: Message | None = None,
) -> Issue:
    """Make the pages of a consent's receipt and append their digests to the ledger.

    Args:
        ledger: of the consent.
        consent: in its present state.
        now: the time of the issue.
        label: returns the name of a term.
        pdf: make PDFs too; None does so when the extra ``pdf`` is installed.
        in_force: whether something is shared under it at the entity now, and why not; None to leave that out.

    Raises:
        PdfUnavailable: PDF was asked for and its library is not installed.
        LedgerDamaged: the ledger does not hold the consent's body: it was erased, or is lost.
    """
    leaf, document = prove_entry(ledger, consent.given_index)[0].check()
    body = parse_body(leaf.type, document)
    if not isinstance(body, ConsentBody):
        raise LedgerDamaged(
            _("la anotación {given_index!s} no es un consentimiento", given_index=consent.given_index),
            remedy=_("restaure la última copia de seguridad"),
        )
    print_page, papers = pdf_printer(pdf), {}
    for language in ("es", "en"):
        page = receipt_page(
            consent, body, leaf, language=language, label=label, origin=ledger.origin, in_force=in_force
        )
        papers[f"consent.{language}.html"] = page.encode()
        if print_page is not None:
            papers[f"consent.{language}.pdf"] = print_page(page)
    issued = ReceiptIssuedBody(
        person_ref=consent.person_ref,
        consent_id=consent.consent_id,
        papers=paper_digests(papers),
    )
    (appended,) = ledger.append([NewEntry(EntryType.RECEIPT_ISSUED, issued)], now)
    return Issue(appended.index, papers)


def paper_digests(papers: Mapping[str, bytes]) -> tuple[PaperDigest, ...]:
    """Return the digests of files by their names, as an entry holds them."""
    return tuple(PaperDigest(name=name, sha256=_digest(data)) for name, data in sorted(papers.items()))


def verify_report_papers(folder: Path, issued: AccessReportBody) -> tuple[str, ...]:
    """Check the files of an access report's folder against the verified entry of its issue, and return their names.

    Raises:
        ExportUnusable: a file cannot be read.
        ProofError: a file is not the one that was issued.
    """
    digests = {paper.name: paper.sha256 for paper in issued.papers}
    return _compared(folder, [name for name in _REPORT_PAPERS if (folder / name).exists()], digests)


def verify_papers(folder: Path, consent_id: str, policy: TrustPolicy) -> tuple[str, ...]:
    """Check the pages of a receipt's folder against the entry of their issue, and return their names.

    Raises:
        ExportUnusable: a file cannot be read.
        MalformedDocument, SignatureInvalid: the proof of the issue does not verify.
        ProofError: a page is not the one that was issued, or has no proof.
    """
    found = [name for name in _PAPERS if (folder / name).exists()]
    if not found:
        return ()
    if not (folder / ISSUE_FILE).exists():
        raise ProofError(
            _("las páginas de la carpeta no tienen prueba: falta {issue_file}", issue_file=ISSUE_FILE),
            remedy=_("pida un justificante nuevo, o compruebe la prueba sola en otra carpeta"),
        )
    return _compared(folder, found, _issued(folder / ISSUE_FILE, consent_id, policy))


def _compared(folder: Path, found: Sequence[str], digests: Mapping[str, str]) -> tuple[str, ...]:
    for name in found:
        if digests.get(name) != _digest(read_file(folder / name, MAX_PAPER_BYTES)):
            raise ProofError(
                _("{name} no es la página que entregó la entidad: se ha cambiado", name=name),
                remedy=_("no se fíe de esa página; pídala de nuevo a la entidad"),
            )
    return tuple(found)


def _issued(file: Path, consent_id: str, policy: TrustPolicy) -> Mapping[str, str]:
    proof = TlogProof.parse(read_file(file, MAX_PROOF_BYTES))
    evidence = LeafEvidence.from_extra(proof.extra)
    leaf, document = evidence.check()
    proof.verify(evidence.leaf, policy)
    body = parse_body(leaf.type, document)
    if not isinstance(body, ReceiptIssuedBody) or body.consent_id != consent_id:
        raise ProofError(
            _("{issue_file} es de otro justificante", issue_file=ISSUE_FILE),
            remedy=_("pida un justificante nuevo"),
        )
    return {paper.name: paper.sha256 for paper in body.papers}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
