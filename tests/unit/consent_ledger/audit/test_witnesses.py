"""An audit sees who witnessed a ledger, and whether it is the one that was shown before."""

from pathlib import Path

import pytest

from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.verify import verify_export
from consent_ledger.audit.witnesses import SeenCheckpoint
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.exports.testimony import WitnessTestimony
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.proofs.checkpoint import read_checkpoint
from consent_ledger.proofs.cosignature import CosignatureSigner, with_cosignatures
from consent_ledger.proofs.note import parse_note
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.entry_proofs import prove_entry
from tests.support.clock import START
from tests.support.ledgers import new_ledger, new_signer, refusals
from trust.errors import SignatureInvalid
from trust.signing import Ed25519Signer

SIGNER = new_signer()
WITNESSES = [CosignatureSigner(f"red.example/witness/w{number}", Ed25519Signer.generate()) for number in range(3)]
POLICY = (
    f"log {SIGNER.vkey}\n"
    + "".join(f"witness w{number} {witness.vkey}\n" for number, witness in enumerate(WITNESSES))
    + "group ENTITIES any w1 w2\ngroup NETWORK all w0 ENTITIES\nquorum NETWORK\n"
).encode()


def ledger_of(*batches: int) -> ConsentLedger:
    ledger = new_ledger(signer=SIGNER)
    for batch in batches:
        ledger.append(refusals(batch), START)
    return ledger


def cosign(note: bytes, *numbers: int) -> bytes:
    text = parse_note(note).text
    return with_cosignatures(note, [WITNESSES[number].cosign(text, START) for number in numbers])


def audit(ledger: ConsentLedger, folder: Path, cosigned: bytes | None, *seen: SeenCheckpoint) -> AuditReport:
    export_ledger(ledger, folder, WitnessTestimony(POLICY, cosigned))
    return verify_export(folder, TrustPolicy.parse((folder / "trust.policy").read_bytes()), seen=seen)


def codes(report: AuditReport) -> list[str]:
    return [finding.code for finding in report.check("witnesses").findings]


@pytest.mark.parametrize(("by", "found"), [((0, 1), []), ((0, 1, 2), []), ((0,), ["quorum"]), ((1, 2), ["quorum"])])
def test_the_quorum_is_what_the_policy_says(tmp_path: Path, by: tuple[int, ...], found: list[str]) -> None:
    ledger = ledger_of(5)
    report = audit(ledger, tmp_path / "x", cosign(ledger.checkpoint(), *by))
    assert codes(report) == found
    assert report.passed == (not found)
    assert report.witnesses == tuple(f"w{number}" for number in by)


def test_a_ledger_nobody_cosigned_does_not_pass(tmp_path: Path) -> None:
    assert codes(audit(ledger_of(5), tmp_path / "x", None)) == ["quorum"]


@pytest.mark.parametrize("size", [1, 255, 256, 257, 300])
def test_entries_newer_than_the_cosignatures_are_a_warning(tmp_path: Path, size: int) -> None:
    ledger = ledger_of(size)
    cosigned = cosign(ledger.checkpoint(), 0, 1)
    ledger.append(refusals(7), START)
    report = audit(ledger, tmp_path / "x", cosigned)
    assert codes(report) == ["unwitnessed"]
    assert report.passed


@pytest.mark.parametrize("size", [1, 256, 300, 400])
def test_a_ledger_other_than_the_one_cosigned_is_rewritten(tmp_path: Path, size: int) -> None:
    """The exporter itself refuses this; a hostile one puts the old checkpoint there by hand."""
    cosigned = cosign(ledger_of(size).checkpoint(), 0, 1)
    export_ledger(ledger_of(400), tmp_path / "x", WitnessTestimony(POLICY))
    (tmp_path / "x" / "checkpoint.witnessed").write_bytes(cosigned)
    report = verify_export(tmp_path / "x", TrustPolicy.parse(POLICY))
    assert "rewritten" in codes(report)
    assert not report.passed


def test_an_older_checkpoint_without_quorum_counts_for_nothing(tmp_path: Path) -> None:
    ledger = ledger_of(5)
    half = cosign(ledger.checkpoint(), 1, 2)
    ledger.append(refusals(1), START)
    assert codes(audit(ledger, tmp_path / "x", half)) == ["quorum"]


@pytest.mark.parametrize(
    ("seen", "found"),
    [(300, []), (12, []), (301, ["shortened"])],
    ids=["same", "earlier", "longer"],
)
def test_a_checkpoint_from_elsewhere_is_held_against_the_export(tmp_path: Path, seen: int, found: list[str]) -> None:
    ledger = ledger_of(12)
    notes = {12: ledger.checkpoint()}
    ledger.append(refusals(288), START)
    notes[300] = ledger.checkpoint()
    export_ledger(ledger, tmp_path / "x")
    ledger.append(refusals(1), START)
    notes[301] = ledger.checkpoint()
    (tmp_path / "seen").write_bytes(notes[seen])
    policy = TrustPolicy.of_log(SIGNER.vkey)
    report = verify_export(tmp_path / "x", policy, seen=[SeenCheckpoint.read(tmp_path / "seen", policy)])
    assert codes(report) == found


def test_a_persons_receipt_convicts_a_ledger_that_was_rewritten(tmp_path: Path) -> None:
    _, proof = prove_entry(ledger_of(9), 3)
    (tmp_path / "consent.tlog-proof").write_bytes(proof.to_bytes())
    export_ledger(ledger_of(20), tmp_path / "x")
    policy = TrustPolicy.of_log(SIGNER.vkey)
    seen = SeenCheckpoint.read(tmp_path / "consent.tlog-proof", policy)
    report = verify_export(tmp_path / "x", policy, seen=[seen])
    assert codes(report) == ["rewritten"]
    assert "consent.tlog-proof" in report.text("es")


def test_a_checkpoint_of_another_ledger_is_not_taken(tmp_path: Path) -> None:
    other = new_ledger(signer=new_signer("red.example/entity/other"))
    (tmp_path / "seen").write_bytes(other.checkpoint())
    with pytest.raises(SignatureInvalid):
        SeenCheckpoint.read(tmp_path / "seen", TrustPolicy.of_log(SIGNER.vkey))


def test_proofs_lead_to_the_cosigned_checkpoint_where_it_covers_the_entry() -> None:
    ledger = ledger_of(5)
    cosigned = cosign(ledger.checkpoint(), 0, 1)
    ledger.append(refusals(4), START)
    testimony, policy = WitnessTestimony(POLICY, cosigned), TrustPolicy.parse(POLICY)
    evidence, proof = prove_entry(ledger, 3, testimony)
    assert proof.verify(evidence.leaf, policy) == (read_checkpoint(cosigned), ("w0", "w1"))
    evidence, proof = prove_entry(ledger, 7, testimony)
    with pytest.raises(SignatureInvalid):
        proof.verify(evidence.leaf, policy)
