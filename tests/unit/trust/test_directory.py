from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.support.clock import START
from trust import canonical, signing
from trust.directory import DIRECTORY_TYPE, Directory, open_directory, require_not_older, seal_directory
from trust.errors import (
    DirectoryExpired,
    DirectoryRollback,
    MalformedDocument,
    PartySuspended,
    SignatureInvalid,
    TrustError,
    UnknownParty,
)
from trust.parties import EntityKind, EntityStatus, Party, server_name, spiffe_id

COORDINATOR = signing.Ed25519Signer.generate()


def party(entity_id: str, status: EntityStatus = EntityStatus.ACTIVE) -> Party:
    return Party(
        id=entity_id,
        name=f"Entidad {entity_id}",
        kind=EntityKind.AGENT,
        status=status,
        addresses=("127.0.0.1:7443",),
        signing_key="11" * 32,
        exchange_key="22" * 32,
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
