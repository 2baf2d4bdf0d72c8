import pytest

from consent_ledger.directories.anchors import (
    NO_ANCHORS,
    Anchor,
    AnchorPolicy,
    fingerprint,
    majority,
    same_fingerprint,
)
from consent_ledger.directories.logged import log_verifier
from consent_ledger.proofs.cosignature import CosignatureSigner
from tests.support.clock import START
from tests.support.directory_log import DirectoryLog
from trust.errors import MalformedDocument
from trust.parties import witness_name
from trust.signing import Ed25519Signer

NETWORK = "red.example"
LOG = Ed25519Signer.generate()
KEYS = {name: Ed25519Signer.generate() for name in ("avila", "leon", "soria")}


def anchor(entity: str) -> Anchor:
    return Anchor(entity, CosignatureSigner(witness_name(NETWORK, entity), KEYS[entity]).vkey)


def head(*cosigners: str) -> bytes:
    log = DirectoryLog(NETWORK, LOG)
    log.anchors = {name: KEYS[name] for name in cosigners}
    log.append(bytes(32))
    return log.head(1, START)


@pytest.mark.parametrize(("pinned", "needed"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_without_a_stated_quorum_more_than_half_must_cosign(pinned: int, needed: int) -> None:
    assert majority(pinned) == needed


def test_only_pinned_anchors_count_however_many_others_cosigned() -> None:
    policy = AnchorPolicy((anchor("avila"), anchor("leon")), 2)
    log = log_verifier(NETWORK, LOG.public_key)
    assert policy.cosigners(head("avila", "soria"), log) == ("avila",)
    assert not policy.vouches(policy.cosigners(head("avila", "soria"), log))
    assert policy.vouches(policy.cosigners(head("avila", "leon", "soria"), log))


def test_without_anchors_nobody_vouches() -> None:
    assert not NO_ANCHORS.vouches(())
    assert not NO_ANCHORS.vouches(("avila",))


def test_a_fingerprint_is_typed_in_any_grouping_and_of_one_key_only() -> None:
    one, other = anchor("avila").vkey, anchor("leon").vkey
    printed = fingerprint(one)
    assert len(printed.replace("-", "")) == 32
    for typed in (printed, printed.upper(), printed.replace("-", " "), f" {printed.replace('-', '')} "):
        assert same_fingerprint(one, typed)
    for typed in ("", printed[:-1], fingerprint(other), printed + "0"):
        assert not same_fingerprint(one, typed)
    with pytest.raises(MalformedDocument):
        fingerprint("no key")


def test_the_order_of_anchors_is_no_change_and_their_keys_are() -> None:
    both = (anchor("avila"), anchor("leon"))
    assert AnchorPolicy(both, 2).sha256 == AnchorPolicy(both[::-1], 2).sha256
    assert AnchorPolicy(both, 2).sha256 != AnchorPolicy(both, 1).sha256
    assert AnchorPolicy((anchor("avila"),), 1).sha256 != AnchorPolicy((Anchor("avila", anchor("leon").vkey),), 1).sha256
