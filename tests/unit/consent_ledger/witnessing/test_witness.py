"""The rules of a witness: every case of the specification's table, and what is kept of misconduct."""

import base64
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_ledger.proofs.checkpoint import Checkpoint, sign_checkpoint
from consent_ledger.proofs.cosignature import (
    CosignatureSigner,
    CosignatureVerifier,
    cosignature_time,
    parse_cosignatures,
)
from consent_ledger.proofs.merkle import EMPTY_ROOT, consistency_proof, leaf_hash, root_hash, subtrees_of
from consent_ledger.proofs.note import NoteSigner, NoteVerifier, open_note
from consent_ledger.witnessing.witness import (
    SIZE_TYPE,
    AddCheckpoint,
    Misconduct,
    Witness,
    WitnessReply,
    origin_hash,
    screen,
)
from tests.support.clock import START
from tests.support.ledgers import ORIGIN, new_signer
from tests.support.memory_stores import InMemoryCheckpointStore
from trust.errors import MalformedDocument, SignatureInvalid
from trust.signing import Ed25519Signer

LOG = new_signer()
COSIGNER = CosignatureSigner("red.example/witness/ong-w", Ed25519Signer.generate())
LEAVES = [leaf_hash(b"%d" % number) for number in range(40)]
OTHER = [leaf_hash(b"rewritten %d" % number) for number in range(40)]


class Asked:
    """A witness with a memory, asked one request after the other."""

    def __init__(self) -> None:
        self.store = InMemoryCheckpointStore()
        self.witness = Witness(self.store, COSIGNER)

    def body(self, body: bytes) -> WitnessReply:
        screened = screen(body, lambda origin: LOG.verifier if origin == ORIGIN else None)
        return screened if isinstance(screened, WitnessReply) else self.witness.extend(screened, START)

    def grow(
        self, old: int, new: int, *, leaves: Sequence[bytes] = LEAVES, signer: NoteSigner = LOG,
        proof: Sequence[bytes] | None = None,
    ) -> WitnessReply:  # fmt: skip
        if proof is None:
            proof = consistency_proof(old, new, subtrees_of(leaves)) if old <= new else ()
        return self.body(AddCheckpoint(old, tuple(proof), note(new, leaves, signer)).to_bytes())

    @property
    def size(self) -> int:
        known = self.store.lock(ORIGIN)
        return known.size if known else 0


def note(size: int, leaves: Sequence[bytes] = LEAVES, signer: NoteSigner = LOG) -> bytes:
    return sign_checkpoint(Checkpoint(signer.name, size, root_hash(leaves[:size])), signer)


@pytest.fixture
def asked() -> Asked:
    return Asked()


def test_a_log_that_only_grows_is_cosigned_each_time(asked: Asked) -> None:
    for old, new in [(0, 5), (5, 5), (5, 17), (17, 40)]:
        reply = asked.grow(old, new)
        text = Checkpoint(ORIGIN, new, root_hash(LEAVES[:new])).text()
        (line,) = parse_cosignatures(reply.body, text, COSIGNER.verifier)
        assert (reply.status, cosignature_time(line)) == (200, int(START.timestamp()))
        assert asked.size == new


def test_the_monitoring_path_serves_log_signature_and_cosignature(asked: Asked) -> None:
    asked.grow(0, 7)
    served = asked.witness.checkpoint(origin_hash(ORIGIN))
    assert served.status == 200
    assert len(open_note(served.body, (LOG.verifier, COSIGNER.verifier)).signatures) == 2
    assert asked.witness.checkpoint("ab" * 32).status == 404


def test_404_for_a_log_nobody_named(asked: Asked) -> None:
    stranger = new_signer("red.example/entity/stranger")
    assert asked.grow(0, 5, signer=stranger).status == 404


def test_403_for_a_checkpoint_the_log_did_not_sign(asked: Asked) -> None:
    assert asked.grow(0, 5, signer=NoteSigner(ORIGIN, Ed25519Signer.generate())).status == 403


def test_403_for_a_signature_that_names_the_key_and_fails(asked: Asked) -> None:
    text, _, line = note(5).partition(b"\n\n")
    head, encoded = line.rsplit(b" ", 1)
    raw = bytearray(base64.b64decode(encoded))
    raw[-1] ^= 1
    forged = text + b"\n\n" + head + b" " + base64.b64encode(raw) + b"\n"
    assert asked.body(b"old 0\n\n" + forged).status == 403


def test_400_when_the_old_size_is_beyond_the_new_one(asked: Asked) -> None:
    asked.grow(0, 17)
    assert asked.grow(17, 5).status == 400


@pytest.mark.parametrize("old", [0, 4, 6])
def test_409_tells_the_size_when_the_client_starts_from_another(asked: Asked, old: int) -> None:
    asked.grow(0, 5)
    reply = asked.grow(old, 17)
    assert (reply.status, reply.content_type, reply.body) == (409, SIZE_TYPE, b"5\n")
    assert reply.evidence is None
    assert asked.size == 5


@pytest.mark.parametrize(("old", "new"), [(0, 4), (4, 4), (3, 3), (0, 0)])
def test_a_smaller_checkpoint_is_refused_and_noted_as_a_possible_rollback(asked: Asked, old: int, new: int) -> None:
    asked.grow(0, 5)
    reply = asked.grow(old, new)
    assert (reply.status, reply.body) == (409, b"5\n")
    assert reply.evidence is not None
    assert reply.evidence.kind is Misconduct.SMALLER
    assert asked.size == 5


@pytest.mark.parametrize(
    ("old", "new", "proof"),
    [
        (0, 5, [LEAVES[0]]),  # nothing to prove from nothing
        (5, 17, []),
        (5, 17, [LEAVES[0]] * 63),
        (5, 5, [LEAVES[0]]),
    ],
)
def test_422_for_a_proof_that_does_not_prove(asked: Asked, old: int, new: int, proof: list[bytes]) -> None:
    if old:
        asked.grow(0, old)
    assert asked.grow(old, new, proof=proof).status == 422
    assert asked.size == old


def test_422_for_an_empty_tree_with_another_root(asked: Asked) -> None:
    bad = sign_checkpoint(Checkpoint(ORIGIN, 0, LEAVES[0]), LOG)
    assert asked.body(AddCheckpoint(0, (), bad).to_bytes()).status == 422
    good = sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), LOG)
    assert asked.body(AddCheckpoint(0, (), good).to_bytes()).status == 200


@pytest.mark.parametrize("old", [5, 3])
def test_two_roots_for_one_size_are_kept_as_proof_of_a_fork(asked: Asked, old: int) -> None:
    """Whichever size the client says it starts from: 422 or 409, the two signatures are what counts."""
    asked.grow(0, 5)
    reply = asked.grow(old, 5, leaves=OTHER, proof=[])
    assert reply.status == (422 if old == 5 else 409)
    assert reply.evidence is not None
    assert reply.evidence.kind is Misconduct.FORK
    for kept in (reply.evidence.known, reply.evidence.offered):
        open_note(kept, (LOG.verifier,))


def test_a_rewritten_log_that_grew_is_not_cosigned_and_kept(asked: Asked) -> None:
    asked.grow(0, 5)
    reply = asked.grow(5, 17, leaves=OTHER)
    assert reply.status == 422
    assert reply.evidence is not None
    assert reply.evidence.kind is Misconduct.UNPROVEN
    assert asked.size == 5


@pytest.mark.parametrize(
    "body",
    [
        b"", b"old 5", b"old -1\n\n", b"old 05\n\n", b"old 99999999999999999999\n\n", b"new 5\n\nx",
        b"old 0\nAAAA\n\nx",
        b"old 0\n!!\n\nx", b"old 0\n\nnot a note", b"\xff\xfe\n\n", b"old 0\n" + b"A" * 70_000,
        b"old 0\n" + (base64.b64encode(b"\0" * 32) + b"\n") * 64 + b"\nx",
    ],
    ids=range(12),
)  # fmt: skip
def test_400_for_what_is_no_request(asked: Asked, body: bytes) -> None:
    assert asked.body(body).status == 400


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(junk: bytes) -> None:
    whole = AddCheckpoint(0, (), note(5)).to_bytes()
    for body in (junk, b"old 0\n\n" + junk, junk.join((whole[:40], whole[40:]))):
        assert Asked().body(body).status in {200, 400, 403, 404, 422}


def test_a_request_survives_the_wire() -> None:
    request = AddCheckpoint(5, (LEAVES[0], LEAVES[1]), note(17))
    assert AddCheckpoint.parse(request.to_bytes()) == request


def test_a_cosignature_by_somebody_else_is_not_taken(asked: Asked) -> None:
    reply = asked.grow(0, 5)
    text = Checkpoint(ORIGIN, 5, root_hash(LEAVES[:5])).text()
    other = CosignatureVerifier(COSIGNER.name, Ed25519Signer.generate().public_key)
    with pytest.raises(SignatureInvalid):
        parse_cosignatures(reply.body, text, other)
    with pytest.raises((SignatureInvalid, MalformedDocument)):
        parse_cosignatures(reply.body, text.replace("5", "6"), COSIGNER.verifier)
    with pytest.raises(MalformedDocument):
        parse_cosignatures(b"\nmore\n\n" + reply.body, text, COSIGNER.verifier)


def test_the_witness_key_reads_back_from_its_vkey() -> None:
    assert CosignatureVerifier.from_vkey(COSIGNER.vkey) == COSIGNER.verifier
    with pytest.raises(MalformedDocument):
        NoteVerifier.from_vkey(COSIGNER.vkey)


def test_a_cosignature_covers_its_time() -> None:
    line = COSIGNER.cosign("a\n1\nb\n", START)
    later = COSIGNER.cosign("a\n1\nb\n", START + timedelta(seconds=1))
    mixed = later.signature[:8] + line.signature[8:]
    with pytest.raises(SignatureInvalid):
        COSIGNER.verifier.verify("a\n1\nb\n", mixed)
