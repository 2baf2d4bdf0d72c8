from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_ledger.directories.anchors import fingerprint
from consent_ledger.log.bodies import PolicyChangedBody, read_body
from consent_ledger.log.entry import EntryType, Leaf
from consent_ledger.proofs.cosignature import CosignatureSigner
from node.anchors.errors import AnchorFingerprintDiffers, AnchorQuorumInvalid, AnchorUnknown
from node.anchors.pinning import own_fingerprint, pin, set_quorum, unpin
from node.anchors.state import anchors_state, check_anchors, state_text
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.pinned_anchors import pinned_anchors
from presentation.messages import in_language
from service.findings import Level
from tests.support.clock import FrozenClock
from tests.support.directory_log import pin as pin_keys
from tests.support.parts import NETWORK, SignedDirectory, context_of, keys_of
from trust.errors import DirectoryUnvouched
from trust.parties import EntityKind, EntityStatus, WitnessAddress, witness_name
from trust.signing import Ed25519Signer

ENTITIES = dict.fromkeys(("ngo", "town", "county", "city", "silent"), EntityKind.PUBLIC)


def witness_of(entity: str) -> WitnessAddress:
    vkey = CosignatureSigner(witness_name(NETWORK, entity), keys_of(entity).witness).vkey
    return WitnessAddress(vkey=vkey, url=f"https://{entity}.example/w")


@pytest.fixture
def directory() -> SignedDirectory:
    made = SignedDirectory(FrozenClock(), ENTITIES)
    for entity in ("ngo", "town", "county", "city"):
        made.change(entity, witness=witness_of(entity))
    return made


@pytest.fixture
def ngo(tmp_path: Path, directory: SignedDirectory) -> Iterator[NodeContext]:
    context = context_of("ngo", tmp_path / "ngo", directory)
    yield context
    context.close()


def printed(entity: str) -> str:
    return fingerprint(witness_of(entity).vkey)


def policy_entries(context: NodeContext) -> list[PolicyChangedBody]:
    with context.snapshot() as session:
        ledger = own_ledger(context, session)
        found = []
        for stored in ledger.store.bodies(0, ledger.size()):
            leaf = Leaf.parse(ledger.leaf(stored.index))
            body = read_body(leaf.type, stored.body)
            if leaf.type is EntryType.POLICY_CHANGED and isinstance(body, PolicyChangedBody):
                found.append(body)
        return found


def test_an_anchor_is_pinned_by_its_printed_fingerprint_and_the_ledger_says_so(ngo: NodeContext) -> None:
    first = pin(ngo, "town", printed("town"))
    assert (first.policy.quorum, first.ledger_index) == (1, 0)
    second = pin(ngo, "county", printed("county").upper())
    assert (second.policy.quorum, [each.entity for each in second.policy.anchors]) == (2, ["county", "town"])
    entries = policy_entries(ngo)
    assert [each.policy for each in entries] == ["directory_anchors"] * 2
    assert (entries[0].old_sha256, entries[1].old_sha256) == (None, first.policy.sha256)
    assert entries[1].new_sha256 == second.policy.sha256
    with ngo.snapshot() as session:
        assert pinned_anchors(session, ngo.keys.cipher) == second.policy


def test_what_an_entity_prints_is_what_others_type(
    ngo: NodeContext, tmp_path: Path, directory: SignedDirectory
) -> None:
    town = context_of("town", tmp_path / "town", directory)
    vkey, found = own_fingerprint(town)
    assert (vkey, found) == (witness_of("town").vkey, printed("town"))
    assert pin(ngo, "town", found).policy.anchors[0].vkey == vkey
    town.close()


def test_a_fingerprint_of_another_key_pins_nothing(ngo: NodeContext, directory: SignedDirectory) -> None:
    # The directory lists somebody else's key for the town: the paper does not agree with it.
    false = CosignatureSigner(witness_name(NETWORK, "town"), Ed25519Signer.generate()).vkey
    ngo.directory.settle(restart=True)  # as a node that joins: one that knows the town would not take it
    directory.change("town", witness=WitnessAddress(vkey=false, url="https://town.example/w"))
    with pytest.raises(AnchorFingerprintDiffers):
        pin(ngo, "town", printed("town"))
    assert policy_entries(ngo) == []


@pytest.mark.parametrize("entity", ["ngo", "silent", "nobody"])
def test_only_another_entity_that_cosigns_can_be_an_anchor(ngo: NodeContext, entity: str) -> None:
    with pytest.raises(AnchorUnknown):
        pin(ngo, entity, printed("town"))


def test_a_quorum_is_between_one_and_the_number_of_anchors(ngo: NodeContext) -> None:
    with pytest.raises(AnchorQuorumInvalid):
        pin(ngo, "town", printed("town"), 2)
    for entity in ("town", "county", "city"):
        pin(ngo, entity, printed(entity))
    assert set_quorum(ngo, 3).policy.quorum == 3
    for wrong in (0, -1, 4):
        with pytest.raises(AnchorQuorumInvalid):
            set_quorum(ngo, wrong)
    assert unpin(ngo, "city").policy.quorum == 2
    with pytest.raises(AnchorUnknown):
        unpin(ngo, "city")


def test_a_repetition_changes_nothing_and_writes_nothing(ngo: NodeContext) -> None:
    pin(ngo, "town", printed("town"))
    assert pin(ngo, "town", printed("town")).ledger_index is None
    assert len(policy_entries(ngo)) == 1


def test_from_then_on_a_directory_needs_their_cosignatures(ngo: NodeContext, directory: SignedDirectory) -> None:
    pin(ngo, "town", printed("town"))
    pin(ngo, "county", printed("county"))
    known = ngo.directory.newest()
    with pytest.raises(DirectoryUnvouched):
        directory.publish()
    directory.log.anchors = {"town": keys_of("town").witness}
    with pytest.raises(DirectoryUnvouched):
        directory.publish()
    assert ngo.directory.newest() == known
    directory.log.anchors["county"] = keys_of("county").witness
    directory.publish()
    newest = ngo.directory.newest()
    assert newest is not None
    assert known is not None
    assert newest.serial == known.serial + 3
    assert ngo.directory.vouching() == ("county", "town")


def test_a_suspension_holds_before_the_anchors_have_cosigned_it_and_nothing_else_does(
    ngo: NodeContext, directory: SignedDirectory
) -> None:
    pin(ngo, "town", printed("town"))
    known = ngo.directory.newest()
    assert known is not None
    with pytest.raises(DirectoryUnvouched):
        directory.change("city", status=EntityStatus.SUSPENDED)
    with pytest.raises(DirectoryUnvouched):
        directory.change("county", addresses=("192.0.2.66:1",))
    now = ngo.clock.now()
    held = ngo.directory.current(now)
    assert held.party("city").status is EntityStatus.SUSPENDED
    assert held.party("county") == known.party("county")
    assert held.serial == known.serial
    with pytest.raises(DirectoryUnvouched):
        directory.change("city", status=EntityStatus.ACTIVE)
    assert ngo.directory.current(now).party("city").status is EntityStatus.SUSPENDED  # giving back needs the anchors
    directory.log.anchors = {"town": keys_of("town").witness}
    directory.publish()
    assert ngo.directory.current(now).party("city").status is EntityStatus.ACTIVE


def test_a_directory_that_was_taken_before_is_completed_with_their_cosignatures(
    ngo: NodeContext, directory: SignedDirectory
) -> None:
    pin(ngo, "town", printed("town"))
    kept = ngo.directory.kept()
    assert kept is not None
    assert kept.logged is not None
    assert ngo.directory.lacks_vouching()
    directory.log.anchors = {"town": keys_of("town").witness}
    note = directory.log.head(kept.directory.serial, directory.clock.now())
    ngo.directory.accept(type(kept.logged)(kept.logged.envelope, note, kept.logged.inclusion), directory.clock.now())
    assert not ngo.directory.lacks_vouching()


def test_doctor_and_status_say_loudly_that_nobody_vouches(ngo: NodeContext, directory: SignedDirectory) -> None:
    found = check_anchors(ngo)
    assert found.level is Level.WARNING
    assert "nobody but the coordinator" in in_language(found.text, "en")
    assert "nobody but the coordinator" in state_text(anchors_state(ngo), "en")
    pin(ngo, "town", printed("town"))
    directory.log.anchors = {"town": keys_of("town").witness}
    directory.publish()
    assert check_anchors(ngo).level is Level.OK
    assert anchors_state(ngo)["vouched"]


def test_an_anchor_whose_listed_key_changed_is_named(ngo: NodeContext) -> None:
    pin_keys(ngo, {"town": keys_of("city").witness}, 1)
    found = check_anchors(ngo)
    assert found.level is Level.WARNING
    assert "town" in str(found.text)
