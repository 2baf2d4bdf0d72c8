"""Consent receipts for the person: the consent in words, its record, and a proof that needs nobody's server.

A receipt is a folder: ``consent.es.html``, ``consent.en.html`` (and ``.pdf``), ``consent.jsonld``,
``consent.tlog-proof`` and ``trust.policy``; after a renewal, withdrawal or expiry also ``change.tlog-proof``, the proof
of the newest change.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from consent_ledger.consents.model import ConsentView
from consent_ledger.errors import ExportUnusable, LedgerDamaged, ProofError
from consent_ledger.exports.folders import new_folder, read_file
from consent_ledger.exports.ledger_export import POLICY_FILE
from consent_ledger.exports.testimony import WitnessTestimony
from consent_ledger.log.bodies import ConsentBody, parse_body
from consent_ledger.log.entry import Leaf
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.proofs.checkpoint import read_checkpoint
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.jsonld import DPV_STATUS, consent_record
from consent_ledger.receipts.page import receipt_page
from consent_ledger.receipts.pdf import pdf_printer
from consent_ledger.receipts.tlog_proof import MAX_PROOF_BYTES, LeafEvidence, TlogProof, leaf_alone, leaf_extra
from presentation.messages import Message, _

PROOF_FILE: Final = "consent.tlog-proof"
CHANGE_FILE: Final = "change.tlog-proof"
RECORD_FILE: Final = "consent.jsonld"

Label = Callable[[str, str], str]
"""Returns the name of a term of the vocabulary in a language (``es``, ``en``)."""


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


def write_receipt(
    ledger: ConsentLedger,
    consent: ConsentView,
    directory: Path,
    *,
    label: Label,
    pdf: bool | None = None,
    testimony: WitnessTestimony | None = None,
    in_force: Message | None = None,
) -> Path:
    """Write the receipt of a consent to a new folder and return it.

    Args:
        ledger: of the consent.
        consent: in its present state.
        directory: new, or empty.
        label: returns the name of a term.
        testimony: the network's trust policy and cosignatures; None when there are none.
        pdf: write the pages as PDF too; None does so when the extra ``pdf`` is installed.
        in_force: whether something is shared under it at the entity now, and why not; None to leave that out.

    Raises:
        PdfUnavailable: PDF was asked for and its library is not installed.
        ExportUnusable: the folder is not empty, or cannot be written.
        LedgerDamaged: the ledger does not hold the consent's body: it was erased, or is lost.
    """
    given, proof = prove_entry(ledger, consent.given_index, testimony)
    leaf, document = given.check()
    body = parse_body(leaf.type, document)
    if not isinstance(body, ConsentBody):
        raise LedgerDamaged(
            _("la anotación {given_index!s} no es un consentimiento", given_index=consent.given_index),
            remedy=_("restaure la última copia de seguridad"),
        )
    print_page = pdf_printer(pdf)
    with new_folder(directory) as folder:
        (folder / PROOF_FILE).write_bytes(proof.to_bytes())
        if consent.last_index != consent.given_index:
            _unused, change = prove_entry(ledger, consent.last_index, testimony)
            (folder / CHANGE_FILE).write_bytes(change.to_bytes())
        (folder / RECORD_FILE).write_text(_record_text(leaf, body), encoding="utf-8")
        (folder / POLICY_FILE).write_bytes((testimony or WitnessTestimony.alone(ledger)).policy)
        for language in ("es", "en"):
            page = receipt_page(
                consent, body, leaf, language=language, label=label, origin=ledger.origin, in_force=in_force
            )
            (folder / f"consent.{language}.html").write_text(page, encoding="utf-8")
            if print_page is not None:
                (folder / f"consent.{language}.pdf").write_bytes(print_page(page))
    return directory


def prove_entry(
    ledger: ConsentLedger, index: int, testimony: WitnessTestimony | None = None
) -> tuple[LeafEvidence, TlogProof]:
    """Return an entry's leaf, body and salt, and the proof file that carries them.

    The proof leads to the newest cosigned checkpoint where that covers the entry, else to the newest one.

    Raises:
        EntryUnknown: an index beyond the end.
        LedgerDamaged: the body was erased, or is lost.
    """
    leaf = ledger.leaf(index)
    stored = next(iter(ledger.store.bodies(index, index + 1)), None)
    if stored is None:
        raise LedgerDamaged(
            _("el contenido de la anotación {index!s} se borró", index=index),
            remedy=_("ya no queda nada con lo que hacer un justificante"),
        )
    evidence = LeafEvidence(leaf, stored.body, stored.salt)
    return evidence, _proof(ledger, index, evidence.to_extra(), testimony)


def prove_leaf(ledger: ConsentLedger, index: int, testimony: WitnessTestimony | None = None) -> TlogProof:
    """Return a proof that an entry of this kind and time is there, which does not show its content.

    Raises:
        EntryUnknown: an index beyond the end.
    """
    return _proof(ledger, index, leaf_extra(ledger.leaf(index)), testimony)


def _proof(ledger: ConsentLedger, index: int, extra: bytes, testimony: WitnessTestimony | None) -> TlogProof:
    checkpoint = (testimony or WitnessTestimony.alone(ledger)).checkpoint_with(index, ledger)
    hashes = tuple(ledger.inclusion_proof(index, read_checkpoint(checkpoint).size))
    return TlogProof(index, hashes, checkpoint, extra)


def verify_receipt(file: Path, policy: TrustPolicy) -> ReceiptReport:
    """Verify a proof file, and the JSON-LD record beside it when it is a consent's.

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
    matches = _compare_record(file, leaf, body) if isinstance(body, ConsentBody) and file.name == PROOF_FILE else None
    if matches is False:
        raise ProofError(
            _("{record_file} no es la ficha que fija el registro", record_file=RECORD_FILE),
            remedy=_("pida un justificante nuevo"),
        )
    return ReceiptReport(checkpoint.origin, proof.index, checkpoint.size, witnesses, leaf, document, matches)


def load_policy(file: Path) -> TrustPolicy:
    """Read a trust policy.

    Raises:
        ExportUnusable: the file cannot be read.
        MalformedDocument: not a trust policy.
    """
    return TrustPolicy.parse(read_file(file, MAX_PROOF_BYTES))


def _compare_record(file: Path, leaf: Leaf, body: ConsentBody) -> bool | None:
    path = file.with_name(RECORD_FILE)
    if not path.exists():
        return None
    return read_file(path, MAX_PROOF_BYTES) == _record_text(leaf, body).encode()


def _record_text(leaf: Leaf, body: ConsentBody) -> str:
    if leaf.type not in DPV_STATUS:
        raise ExportUnusable(
            _("una anotación {type} no tiene ficha de consentimiento", type=leaf.type),
            remedy=_("elija la anotación de un consentimiento"),
        )
    return json.dumps(consent_record(leaf.type, body, leaf.time), ensure_ascii=False, indent=2) + "\n"
