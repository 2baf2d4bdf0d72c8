"""Only the log's own signature makes a checkpoint: no witness, however trusted, can sign in its place."""

from collections.abc import Callable

import pytest

from consent_ledger.proofs.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from consent_ledger.proofs.cosignature import CosignatureSigner, with_cosignatures
from consent_ledger.proofs.note import Note, NoteSignature, Verifier, parse_note
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.witnessing.witness import AddCheckpoint, WitnessReply, screen
from tests.support.clock import START
from tests.support.ledgers import ORIGIN, new_signer
from trust.errors import SignatureInvalid
from trust.signing import Ed25519Signer

LOG, ANOTHER_LOG = new_signer(), new_signer("red.example/entity/ong-b")
WITNESS = CosignatureSigner("red.example/entity/w1/witness", Ed25519Signer.generate())
CHECKPOINT = Checkpoint(ORIGIN, 3, bytes(32))
POLICY = TrustPolicy.parse(f"log {LOG.vkey}\nlog {ANOTHER_LOG.vkey}\nwitness w1 {WITNESS.vkey}\nquorum w1\n".encode())


def by_nobody_but_the_witness() -> bytes:
    text = CHECKPOINT.text()
    return Note(text, (WITNESS.cosign(text, START),)).to_bytes()


def by_the_witness_and_another_log() -> bytes:
    return with_cosignatures(ANOTHER_LOG.sign(CHECKPOINT.text()), [WITNESS.cosign(CHECKPOINT.text(), START)])


def with_a_line_in_the_logs_name_by_an_unknown_key() -> bytes:
    stranger = new_signer(ORIGIN)
    return with_cosignatures(stranger.sign(CHECKPOINT.text()), [WITNESS.cosign(CHECKPOINT.text(), START)])


UNSIGNED = pytest.mark.parametrize(
    "note",
    [
        by_nobody_but_the_witness,
        by_the_witness_and_another_log,
        with_a_line_in_the_logs_name_by_an_unknown_key,
    ],
)


@UNSIGNED
def test_a_quorum_of_witnesses_is_no_signature_of_the_log(note: Callable[[], bytes]) -> None:
    with pytest.raises(SignatureInvalid, match=r"does not carry the signature|is signed with another key"):
        POLICY.verify(note())
    with pytest.raises(SignatureInvalid, match=r"does not carry the signature|is signed with another key"):
        POLICY.open(note())


def test_log_and_witness_together_are_trusted() -> None:
    note = with_cosignatures(sign_checkpoint(CHECKPOINT, LOG), [WITNESS.cosign(CHECKPOINT.text(), START)])
    assert POLICY.open(note) == (CHECKPOINT, ("w1",))


@UNSIGNED
def test_a_checkpoint_read_with_other_keys_at_hand_needs_the_logs_own(note: Callable[[], bytes]) -> None:
    others: list[Verifier] = [WITNESS.verifier, ANOTHER_LOG.verifier]
    with pytest.raises(SignatureInvalid, match="is not signed by"):
        open_checkpoint(note(), LOG.verifier, others=others)


@UNSIGNED
def test_a_witness_cosigns_nothing_that_the_log_did_not_sign(note: Callable[[], bytes]) -> None:
    keys = {ORIGIN: LOG.verifier, ANOTHER_LOG.name: ANOTHER_LOG.verifier}
    refused = screen(AddCheckpoint(0, (), note()).to_bytes(), keys.get)
    assert isinstance(refused, WitnessReply)
    assert refused.status == 403


def test_a_log_does_not_sign_for_another_origin() -> None:
    note = sign_checkpoint(CHECKPOINT, LOG)
    moved = Note(
        note.decode().partition("\n\n")[0].replace(ORIGIN, ANOTHER_LOG.name) + "\n", parse_note(note).signatures
    )
    with pytest.raises(SignatureInvalid):
        POLICY.verify(moved.to_bytes())
    foreign = ANOTHER_LOG.sign(CHECKPOINT.text())
    with pytest.raises(SignatureInvalid, match="expected"):
        open_checkpoint(foreign, ANOTHER_LOG.verifier)


def test_a_line_of_the_log_that_does_not_verify_is_no_signature() -> None:
    note = parse_note(sign_checkpoint(CHECKPOINT, LOG))
    (line,) = note.signatures
    forged = NoteSignature(line.name, line.key_id, bytes(len(line.signature)))
    with pytest.raises(SignatureInvalid):
        POLICY.verify(Note(note.text, (forged,)).to_bytes())
