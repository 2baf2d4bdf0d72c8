import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from records_exchange.errors import PseudonymUnavailable
from records_exchange.linkage import PairwiseKey

ALICE = X25519PrivateKey.from_private_bytes(bytes(range(32)))
BOB = X25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
EVE = X25519PrivateKey.from_private_bytes(bytes(range(64, 96)))
NETWORK = "test.example"


def public(key: X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def derive(own: X25519PrivateKey, peer: X25519PrivateKey, network: str = NETWORK) -> PairwiseKey:
    return PairwiseKey.derive(own, public(peer), network=network)


@given(st.text(alphabet="0123456789ABCXYZ", min_size=1, max_size=20))
def test_both_sides_compute_the_same_pseudonym(document: str) -> None:
    assert derive(ALICE, BOB).pseudonym("dni", document) == derive(BOB, ALICE).pseudonym("dni", document)


def test_pseudonyms_of_two_pairs_cannot_be_joined() -> None:
    pseudonyms = {derive(a, b).pseudonym("dni", "00000000T") for a, b in [(ALICE, BOB), (ALICE, EVE), (BOB, EVE)]}
    assert len(pseudonyms) == 3


def test_a_dni_and_a_passport_of_one_number_are_two_people() -> None:
    key = derive(ALICE, BOB)
    assert key.pseudonym("dni", "12345678Z") != key.pseudonym("passport", "12345678Z")


def test_another_network_gives_other_pseudonyms_and_another_key_name() -> None:
    here, there = derive(ALICE, BOB), derive(ALICE, BOB, "other.example")
    assert here.id != there.id
    assert here.pseudonym("dni", "00000000T") != there.pseudonym("dni", "00000000T")


def test_a_pseudonym_never_holds_the_document() -> None:
    assert "00000000" not in derive(ALICE, BOB).pseudonym("dni", "00000000T")


def test_the_pseudonym_is_stable_over_versions() -> None:
    # Computed once with these fixed keys: a change here would silently lose every match between versions.
    assert derive(ALICE, BOB).pseudonym("dni", "00000000T") == (
        "693733b61c4f03590a9cc6555d2a988359c2c88aca53d55a04c0ab195c146855"
    )


@pytest.mark.parametrize("peer", [b"", bytes(31), bytes(33), bytes(32), b"\x01" + bytes(31)])
def test_an_unusable_peer_key_is_refused(peer: bytes) -> None:
    with pytest.raises(PseudonymUnavailable):
        PairwiseKey.derive(ALICE, peer, network=NETWORK)
