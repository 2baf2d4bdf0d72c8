import base64
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_ledger.errors import ProofError
from consent_ledger.proofs.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_hash,
    subtrees_of,
    verify_consistency,
    verify_inclusion,
)
from tests.oracles import merkle as oracle

CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ENTRIES = [b"entry %d" % number for number in range(300)]
HASHES = [leaf_hash(entry) for entry in ENTRIES]
ROOTS = [root_hash(HASHES[:size]) for size in range(301)]


def test_the_certificate_transparency_tree_has_its_published_root() -> None:
    root = root_hash(leaf_hash(bytes.fromhex(leaf)) for leaf in CT_LEAVES)
    assert base64.b64encode(root).decode() == "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg="


def test_roots_of_all_sizes_are_the_oracles() -> None:
    assert [oracle.mth(ENTRIES[:size]) for size in range(0, 301, 7)] == ROOTS[::7]
    assert ROOTS[0] == EMPTY_ROOT


@given(st.data())
def test_proofs_are_the_oracles_and_verify(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))
    tree = subtrees_of(HASHES[:size])
    inclusion = inclusion_proof(index, size, tree)
    assert inclusion == oracle.path(index, ENTRIES[:size])
    verify_inclusion(index, size, HASHES[index], inclusion, ROOTS[size])
    consistency = consistency_proof(old, size, tree)
    assert consistency == (oracle.consistency(old, ENTRIES[:size]) if old else [])
    verify_consistency(old, size, ROOTS[old], ROOTS[size], consistency)


def test_every_proof_of_every_small_tree_verifies() -> None:
    for size in range(1, 40):
        tree = subtrees_of(HASHES[:size])
        for index in range(size):
            verify_inclusion(index, size, HASHES[index], inclusion_proof(index, size, tree), ROOTS[size])
        for old in range(size + 1):
            verify_consistency(old, size, ROOTS[old], ROOTS[size], consistency_proof(old, size, tree))


@pytest.mark.invariant(8)
def test_no_mutated_proof_verifies() -> None:
    rng = random.Random(20260302)
    for _ in range(100):
        size = rng.randrange(2, 300)
        index, old = rng.randrange(size), rng.randrange(1, size)
        tree = subtrees_of(HASHES[:size])
        inclusion, consistency = inclusion_proof(index, size, tree), consistency_proof(old, size, tree)
        for _ in range(100):
            with pytest.raises(ProofError):
                verify_inclusion(index, size, HASHES[index], mutate(rng, inclusion), ROOTS[size])
            with pytest.raises(ProofError):
                verify_consistency(old, size, ROOTS[old], ROOTS[size], mutate(rng, consistency))


def mutate(rng: random.Random, proof: list[bytes]) -> list[bytes]:
    changed = list(proof)
    where = rng.randrange(len(changed)) if changed else 0
    kind = rng.randrange(5) if changed else 0
    if kind == 0:
        changed.insert(where, rng.randbytes(32))
    elif kind == 1:
        changed.pop(where)
    elif kind == 2:
        changed[where] = bytes([changed[where][0] ^ 1]) + changed[where][1:]
    elif kind == 3:
        changed[where] = changed[where][:-1]
    else:
        changed.append(changed[where])
    return changed


@pytest.mark.invariant(8)
@settings(max_examples=300)
@given(
    st.integers() | st.booleans(),
    st.integers(),
    st.binary(max_size=40),
    st.lists(st.binary(max_size=33) | st.binary(min_size=32, max_size=32), max_size=70),
    st.binary(max_size=40),
)
def test_verifiers_raise_only_proof_errors(a: int, b: int, hashed: bytes, proof: list[bytes], root: bytes) -> None:
    with pytest.raises(ProofError):
        verify_inclusion(a, b, hashed, proof, root)
    if (a, hashed) != (b, root):
        with pytest.raises(ProofError):
            verify_consistency(a, b, hashed, root, [*proof, b"surplus"])


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [(-1, 3, []), (3, 3, []), (0, 1 << 64, []), (0, 1, None), (0, 1, "text"), (0, 2, [b"short"]), (0.0, 1, [])],
)
def test_wrong_arguments_of_any_kind_are_proof_errors(index: int, size: int, proof: list[bytes]) -> None:
    with pytest.raises(ProofError):
        verify_inclusion(index, size, HASHES[0], proof, ROOTS[1])


def test_a_consistency_proof_from_the_empty_tree_must_be_empty() -> None:
    with pytest.raises(ProofError, match="must be empty"):
        verify_consistency(0, 3, ROOTS[0], ROOTS[3], [HASHES[0]])


def test_two_roots_for_one_size_are_a_fork() -> None:
    with pytest.raises(ProofError, match="forked"):
        verify_consistency(3, 3, ROOTS[3], ROOTS[4], [])


@pytest.mark.parametrize(("index", "size"), [(-1, 2), (2, 2), (0, 0)])
def test_no_proof_is_made_for_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        inclusion_proof(index, size, subtrees_of(HASHES))
