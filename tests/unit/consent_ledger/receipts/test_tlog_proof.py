import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_ledger.errors import ProofError
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.entry_proofs import prove_entry
from consent_ledger.receipts.tlog_proof import LeafEvidence, TlogProof
from tests.support.clock import START
from tests.support.ledgers import new_ledger, releases
from trust.errors import MalformedDocument, TrustError

LEDGER = new_ledger()
LEDGER.append(releases(300), START)
POLICY = TrustPolicy.of_log(LEDGER.vkey)
EVIDENCE, PROOF = prove_entry(LEDGER, 123)


def test_a_proof_file_reads_back_and_verifies() -> None:
    proof = TlogProof.parse(PROOF.to_bytes())
    assert proof == PROOF
    checkpoint, _ = proof.verify(EVIDENCE.leaf, POLICY)
    assert checkpoint.size == 300
    assert LeafEvidence.from_extra(proof.extra) == EVIDENCE


def test_the_file_is_laid_out_as_the_specification_has_it() -> None:
    head, _, checkpoint = PROOF.to_bytes().partition(b"\n\n")
    lines = head.decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ")
    assert lines[2] == "index 123"
    assert [base64.b64decode(line) for line in lines[3:]] == list(PROOF.hashes)
    assert checkpoint == LEDGER.checkpoint()


def test_another_leaf_is_not_proved() -> None:
    with pytest.raises(ProofError):
        PROOF.verify(LEDGER.leaf(122), POLICY)


def test_another_body_is_not_what_the_leaf_commits_to() -> None:
    other = LeafEvidence(EVIDENCE.leaf, EVIDENCE.body.replace(b"p123", b"p124"), EVIDENCE.salt)
    with pytest.raises(ProofError):
        other.check()


GOOD = PROOF.to_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GOOD.replace(b"@v1", b"@v2"),
        GOOD.replace(b"index 123", b"index 0123"),
        GOOD.replace(b"index 123", b"index -1"),
        GOOD.replace(b"index 123", b"index 99999999999999999999"),
        GOOD.replace(b"index 123\n", b""),
        GOOD.replace(b"index 123\n", b"index 123\nAAAA\n"),
        GOOD.replace(b"index 123\n", b"index 123\n!\n"),
        GOOD.replace(b"index 123\n", b"index 123\n" + (b"A" * 43 + b"=\n") * 64),
        GOOD.replace(b"\n\n", b"\n"),
        b"c2sp.org/tlog-proof@v1\n\n",
        b"c2sp.org/tlog-proof@v1\nextra AA==\n\n",
        b"\xff" + GOOD,
        b"x" * (1 << 21),
    ],
)
def test_malformed_proof_files_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedDocument):
        TlogProof.parse(data)


@pytest.mark.parametrize(
    "extra", [None, b"", b"{}", b'{"body":{},"leaf":"","salt":"zz"}', b'{"body":1,"leaf":"","salt":""}']
)
def test_malformed_extras_are_refused(extra: bytes | None) -> None:
    with pytest.raises(MalformedDocument):
        LeafEvidence.from_extra(extra)


@pytest.mark.invariant(8)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_flipped_byte_anywhere_is_noticed_or_changes_nothing(position: int, flip: int) -> None:
    data = GOOD[:position] + bytes([GOOD[position] ^ flip]) + GOOD[position + 1 :]
    try:
        proof = TlogProof.parse(data)
        evidence = LeafEvidence.from_extra(proof.extra)
        evidence.check()
        proof.verify(evidence.leaf, POLICY)
    except TrustError:
        return
    assert evidence == EVIDENCE
    assert proof.index == 123
