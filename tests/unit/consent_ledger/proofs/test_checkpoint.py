import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_ledger.proofs.checkpoint import Checkpoint, open_checkpoint, read_checkpoint, sign_checkpoint
from tests.support.ledgers import ORIGIN, new_signer
from trust.errors import MalformedDocument, SignatureInvalid, TrustError

ROOT = bytes(range(32))


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_reading_gives_back_what_was_signed(size: int, root: bytes) -> None:
    signer = new_signer()
    checkpoint = Checkpoint(ORIGIN, size, root)
    assert open_checkpoint(sign_checkpoint(checkpoint, signer), signer.verifier) == checkpoint


GOOD = Checkpoint(ORIGIN, 7, ROOT).text()


@pytest.mark.parametrize(
    "text",
    [
        GOOD + "extension\n",
        GOOD[:-1],
        GOOD.replace("\n7\n", "\n07\n"),
        GOOD.replace("\n7\n", "\n-7\n"),
        GOOD.replace("\n7\n", "\n9223372036854775808\n"),
        GOOD.replace("\n7\n", "\n\u0667\n"),
        GOOD.replace("=", ""),
        GOOD.replace(ORIGIN, ""),
        GOOD.replace(ORIGIN, "two words"),
        "",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(MalformedDocument):
        Checkpoint.parse(text)


def test_a_checkpoint_of_another_origin_is_refused() -> None:
    signer = new_signer()
    note = sign_checkpoint(Checkpoint("red.example/entity/other", 7, ROOT), signer)
    with pytest.raises(SignatureInvalid, match="expected"):
        open_checkpoint(note, signer.verifier)


def test_a_checkpoint_signed_by_somebody_else_is_refused() -> None:
    note = sign_checkpoint(Checkpoint(ORIGIN, 7, ROOT), new_signer())
    with pytest.raises(SignatureInvalid):
        open_checkpoint(note, new_signer().verifier)


def test_a_witness_alone_is_not_the_log() -> None:
    witness, log = new_signer("red.example/witness"), new_signer()
    note = sign_checkpoint(Checkpoint(ORIGIN, 7, ROOT), witness)
    with pytest.raises(SignatureInvalid, match="not signed by"):
        open_checkpoint(note, log.verifier, others=[witness.verifier])


@pytest.mark.invariant(8)
@given(st.binary(max_size=200))
def test_untrusted_checkpoints_raise_only_our_errors(data: bytes) -> None:
    with pytest.raises(TrustError):
        read_checkpoint(data)
