from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.support.clock import START
from tests.support.parts import keys_of
from trust import canonical, signing
from trust.directory import DIRECTORY_TYPE, Directory, open_directory, require_not_older, seal_directory
from trust.errors import (
    DirectoryExpired,
    DirectoryRollback,
    KeyRefused,
    MalformedDocument,
    PartySuspended,
    SignatureInvalid,
    TrustError,
    UnknownParty,
)
from trust.locator_terms import HeldKey, LocatorEpoch, LocatorTerms
from trust.parties import EntityKind, EntityStatus, Party, server_name, spiffe_id

COORDINATOR = signing.Ed25519Signer.generate()


def party(entity_id: str, status: EntityStatus = EntityStatus.ACTIVE) -> Party:
    return Party(
        id=entity_id,
        name=f"Entidad {entity_id}",
        kind=EntityKind.AGENT,
        status=status,
        addresses=("127.0.0.1:7443",),
        signing_key=keys_of(entity_id).signing.public_key.hex(),
        exchange_key=keys_of(entity_id).exchange_public.hex(),
        ledger_vkey="example+00000000+AA==",
    )


def directory(serial: int = 1, entities: tuple[Party, ...] = ()) -> Directory:
    return Directory(
        network="cyl.example",
        serial=serial,
        issued=START,
        expires=START + timedelta(days=7),
        coordinator_key=COORDINATOR.public_key.hex(),
        coordinator_address="127.0.0.1:7440",
        ca_pem="",
        entities=entities,
    )


def test_a_sealed_directory_opens_under_the_pinned_key() -> None:
    listed = directory(entities=(party("caritas-leon"), party("ayto-soria")))
    assert open_directory(seal_directory(listed, COORDINATOR), coordinator_key=COORDINATOR.public_key) == listed


def test_a_directory_signed_by_another_key_is_refused() -> None:
    forger = signing.Ed25519Signer.generate()
    with pytest.raises(SignatureInvalid):
        open_directory(seal_directory(directory(), forger), coordinator_key=COORDINATOR.public_key)


def test_a_directory_that_names_another_coordinator_key_is_refused() -> None:
    forger = signing.Ed25519Signer.generate()
    with pytest.raises(MalformedDocument):
        open_directory(seal_directory(directory(), forger), coordinator_key=forger.public_key)


@pytest.mark.invariant(8)
@given(st.binary(max_size=100) | st.just(canonical.encode({"v": 1})))
def test_signed_nonsense_raises_only_our_errors(payload: bytes) -> None:
    envelope = signing.seal(DIRECTORY_TYPE, payload, COORDINATOR)
    with pytest.raises(TrustError):
        open_directory(envelope, coordinator_key=COORDINATOR.public_key)


def test_active_party_tells_unknown_from_suspended() -> None:
    listed = directory(entities=(party("a"), party("b", EntityStatus.SUSPENDED)))
    assert listed.active_party("a").id == "a"
    assert [one.id for one in listed.active()] == ["a"]
    with pytest.raises(PartySuspended):
        listed.active_party("b")
    with pytest.raises(UnknownParty):
        listed.active_party("c")
    assert "b" in listed
    assert "c" not in listed


def test_a_directory_is_stale_from_its_expiry_on() -> None:
    listed = directory()
    listed.require_fresh(listed.expires - timedelta(seconds=1))
    with pytest.raises(DirectoryExpired):
        listed.require_fresh(listed.expires)


def test_rollback_and_equivocation_are_refused() -> None:
    known = directory(serial=5)
    require_not_older(directory(serial=6), known)
    require_not_older(known, known)
    require_not_older(known, None)
    with pytest.raises(DirectoryRollback):
        require_not_older(directory(serial=4), known)
    with pytest.raises(DirectoryRollback):
        require_not_older(directory(serial=5, entities=(party("a"),)), known)


WEAK_ED25519 = [
    "00" * 32,
    "01" + "00" * 31,
    "ec" + "ff" * 30 + "7f",
    "ed" + "ff" * 30 + "7f",  # p, which stands for 0
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]
WEAK_X25519 = [
    "00" * 32,
    "01" + "00" * 31,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ec" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "7f",
    "00" * 31 + "80",
]


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    ("field", "key"),
    [("signing_key", key) for key in WEAK_ED25519] + [("exchange_key", key) for key in WEAK_X25519],
)
def test_a_directory_with_a_weak_key_is_refused(field: str, key: str) -> None:
    listed = directory(entities=(party("a").model_copy(update={field: key}), party("b")))
    with pytest.raises(KeyRefused):
        open_directory(seal_directory(listed, COORDINATOR), coordinator_key=COORDINATOR.public_key)


@pytest.mark.parametrize("key", ["00" * 32, "01" + "00" * 31, "ed" + "ff" * 30 + "7f"])
def test_a_weak_key_of_the_locator_is_refused(key: str) -> None:
    held = HeldKey(holder="coordinator", public_key=key)
    terms = LocatorTerms(epochs=(LocatorEpoch(number=1, keys=(held,), started=START),))
    listed = directory().model_copy(update={"locator": terms})
    with pytest.raises(KeyRefused):
        open_directory(seal_directory(listed, COORDINATOR), coordinator_key=COORDINATOR.public_key)


@pytest.mark.parametrize("taken", ["another's", "the coordinator's", "its own of another purpose"])
def test_a_directory_that_gives_one_key_twice_is_refused(taken: str) -> None:
    key = {
        "another's": party("b").signing_key,
        "the coordinator's": COORDINATOR.public_key.hex(),
        "its own of another purpose": party("a").exchange_key,
    }[taken]
    listed = directory(entities=(party("a").model_copy(update={"signing_key": key}), party("b")))
    with pytest.raises(KeyRefused):
        open_directory(seal_directory(listed, COORDINATOR), coordinator_key=COORDINATOR.public_key)


def test_an_entity_cannot_be_listed_twice() -> None:
    with pytest.raises(ValidationError, match="listed twice"):
        directory(entities=(party("a"), party("a")))


@pytest.mark.parametrize("entity_id", ["", "-a", "a-", "A", "a_b", "a.b", "x" * 64, "á"])
def test_entity_ids_are_dns_labels(entity_id: str) -> None:
    with pytest.raises(ValidationError):
        party(entity_id)


def test_names_in_certificates() -> None:
    assert spiffe_id("cyl.example", "a") == "spiffe://cyl.example/entity/a"
    assert server_name("cyl.example", "a") == "a.entity.cyl.example"


@pytest.mark.parametrize("field", ["name", "addresses", "ledger_vkey", "witness_key", "tls_key"])
def test_no_text_of_an_entity_is_too_long_to_be_shown(field: str) -> None:
    long = "x" * 100_000
    with pytest.raises(ValidationError):
        Party.model_validate(party("leon").model_dump() | {field: (long,) if field == "addresses" else long})
