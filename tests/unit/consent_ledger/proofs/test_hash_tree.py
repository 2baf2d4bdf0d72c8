import pytest

from consent_ledger.errors import ProofError
from consent_ledger.proofs.hash_tree import HashTree
from consent_ledger.proofs.merkle import EMPTY_ROOT, leaf_hash, root_hash, verify_consistency, verify_inclusion

LEAVES = [leaf_hash(str(number).encode()) for number in range(37)]


def test_it_has_the_roots_that_hashing_everything_gives() -> None:
    tree = HashTree(LEAVES)
    assert [tree.root(size) for size in range(38)] == [root_hash(LEAVES[:size]) for size in range(38)]
    assert tree.root(0) == EMPTY_ROOT


def test_its_proofs_hold_for_every_size_and_leaf() -> None:
    tree = HashTree(LEAVES)
    for size in range(1, 38):
        for index in range(size):
            verify_inclusion(index, size, LEAVES[index], tree.inclusion(index, size), tree.root(size))
        for old in range(size + 1):
            verify_consistency(old, size, tree.root(old), tree.root(size), tree.consistency(old, size))


def test_what_it_does_not_have_is_not_proved() -> None:
    tree = HashTree(LEAVES)
    for ask in (
        lambda: tree.root(38),
        lambda: tree.inclusion(37, 38),
        lambda: tree.inclusion(5, 5),
        lambda: tree.consistency(38, 39),
        lambda: tree.consistency(9, 8),
        lambda: tree.consistency(-1, 8),
    ):
        with pytest.raises(ProofError):
            ask()
