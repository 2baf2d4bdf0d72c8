from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_ledger.errors import EntryInvalid, EntryUnknown, LedgerDamaged, ProofError
from consent_ledger.log.entry import EntryType, Leaf, commitment_of
from consent_ledger.proofs.checkpoint import open_checkpoint
from consent_ledger.proofs.merkle import EMPTY_ROOT, leaf_hash, verify_consistency, verify_inclusion
from tests.oracles import merkle as oracle
from tests.support.clock import START
from tests.support.ledgers import ORIGIN, new_ledger, new_signer, release_of, releases
from tests.support.memory_stores import InMemoryLedgerStore


@settings(max_examples=25)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=5))
def test_every_checkpoint_is_of_all_entries_so_far_and_extends_the_one_before(steps: list[int]) -> None:
    signer = new_signer()
    ledger = new_ledger(signer=signer)
    before = open_checkpoint(ledger.checkpoint(), signer.verifier)
    for step in steps:
        appended = ledger.append(releases(step), START)
        checkpoint = open_checkpoint(appended[-1].checkpoint, signer.verifier)
        leaves = list(ledger.store.leaves(0, checkpoint.size))
        assert checkpoint.root == oracle.mth(leaves)
        proof = ledger.consistency_proof(before.size)
        verify_consistency(before.size, checkpoint.size, before.root, checkpoint.root, proof)
        for entry in (appended[0], appended[-1]):
            proof = ledger.inclusion_proof(entry.index)
            verify_inclusion(entry.index, checkpoint.size, leaf_hash(entry.leaf), proof, checkpoint.root)
            assert leaves[entry.index] == entry.leaf
        before = checkpoint
    assert ledger.verify_head() == before
    assert ledger.size() == sum(steps)


def test_the_proofs_that_come_with_an_append_are_those_read_from_the_tiles() -> None:
    ledger = new_ledger()
    for size in [*range(40), *range(250, 260)]:
        if size > ledger.size():
            ledger.append([release_of("c1")] * (size - ledger.size()), START)
        seen = [0, 1, size // 2, size - 5, size - 1, size]
        proved = ledger.append_proved(release_of("c1"), START, seen=[each for each in seen if each >= 0])
        assert list(proved.inclusion) == ledger.inclusion_proof(proved.appended.index)
        for old, proof in proved.extends.items():
            assert list(proof) == ledger.consistency_proof(old)
        assert {0, size} <= proved.extends.keys()


def test_no_proof_comes_of_a_size_that_the_log_never_had() -> None:
    ledger = new_ledger()
    ledger.append([release_of("c1")] * 3, START)
    assert ledger.append_proved(release_of("c1"), START, seen=[3, 4, 5, 1 << 60]).extends.keys() == {3}


def test_the_last_proof_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A holder proves with every answer that its ledger extends the one of the answer before."""
    ledger = new_ledger()
    ledger.append([release_of("c1")] * 77, START)
    monkeypatch.setattr(ledger.store, "leaves", None)
    monkeypatch.setattr(ledger.store, "tile", None)
    for _ in range(20):
        ledger.append_proved(release_of("c1"), START, seen=[ledger.size()])


def test_an_empty_ledger_signs_the_empty_tree() -> None:
    checkpoint = new_ledger().verify_head()
    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == (ORIGIN, 0, EMPTY_ROOT)


def test_the_leaf_commits_to_the_stored_body_and_carries_the_time() -> None:
    ledger = new_ledger()
    (appended,) = ledger.append([release_of("c1")], START)
    (stored,) = ledger.store.bodies(0, 1)
    leaf = Leaf.parse(appended.leaf)
    assert leaf.commitment == commitment_of(stored.salt, stored.body)
    assert (leaf.type, leaf.id, leaf.time) == (EntryType.RELEASE, appended.entry_id, START)
    assert ledger.last_time() == START


def test_an_append_of_nothing_is_refused() -> None:
    with pytest.raises(EntryInvalid):
        new_ledger().append([], START)


def test_a_store_of_another_origin_is_not_written() -> None:
    store = InMemoryLedgerStore()
    new_ledger(store).append(releases(1), START)
    with pytest.raises(LedgerDamaged, match="belongs to"):
        new_ledger(store, signer=new_signer("red.example/entity/other")).append(releases(1), START)
    assert new_ledger(store).size() == 1


@pytest.mark.invariant(3)
def test_erasing_bodies_keeps_every_proof_valid() -> None:
    signer = new_signer()
    ledger = new_ledger(signer=signer)
    ledger.append(releases(5), START)
    appended = ledger.erase_bodies([1, 3], "gdpr-17", START + timedelta(days=1))
    assert [stored.index for stored in ledger.store.bodies(0, 6)] == [0, 2, 4, 5]
    checkpoint = open_checkpoint(appended.checkpoint, signer.verifier)
    for index in range(6):
        proof = ledger.inclusion_proof(index)
        verify_inclusion(index, checkpoint.size, leaf_hash(ledger.leaf(index)), proof, checkpoint.root)


@pytest.mark.parametrize("indexes", [[5], [-1]])
def test_an_entry_that_is_not_there_is_not_erased(indexes: list[int]) -> None:
    ledger = new_ledger()
    ledger.append(releases(5), START)
    with pytest.raises(EntryUnknown):
        ledger.erase_bodies(indexes, "gdpr-17", START)
    assert ledger.size() == 5


def test_an_erasure_of_nothing_is_refused() -> None:
    with pytest.raises(EntryInvalid):
        new_ledger().erase_bodies([], "gdpr-17", START)


def test_nothing_is_proved_of_what_is_not_there() -> None:
    ledger = new_ledger()
    ledger.append(releases(3), START)
    with pytest.raises(ProofError):
        ledger.inclusion_proof(3)
    with pytest.raises(ProofError):
        ledger.inclusion_proof(0, 4)
    with pytest.raises(ProofError):
        ledger.consistency_proof(4)
    with pytest.raises(EntryUnknown):
        ledger.leaf(3)


def test_a_changed_leaf_is_noticed_by_the_head_check() -> None:
    store = InMemoryLedgerStore()
    ledger = new_ledger(store)
    ledger.append(releases(3), START)
    store.leaf_bytes[1] = store.leaf_bytes[0]
    with pytest.raises(LedgerDamaged):
        ledger.verify_head()


def test_a_lost_tile_is_damage_not_a_wrong_proof() -> None:
    store = InMemoryLedgerStore()
    ledger = new_ledger(store)
    ledger.append(releases(600), START)
    del store.tile_bytes[1, 0]
    with pytest.raises(LedgerDamaged):
        ledger.inclusion_proof(0)
