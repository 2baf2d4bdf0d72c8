"""Who witnesses whom follows from the signed directory alone, and so does the trust policy."""

from datetime import timedelta

import pytest

from consent_ledger.proofs.cosignature import CosignatureSigner
from consent_ledger.proofs.note import NoteSigner
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.witnessing.assignment import (
    MAX_ASSIGNED,
    assigned_witnesses,
    needed_entities,
    own_address,
    trust_policy,
)
from tests.support.clock import START
from trust.directory import Directory
from trust.errors import MalformedDocument
from trust.parties import EntityKind, EntityStatus, Party, WitnessAddress, ledger_origin, witness_name
from trust.signing import Ed25519Signer

NETWORK = "red.example"


def address(entity: str) -> WitnessAddress:
    cosigner = CosignatureSigner(witness_name(NETWORK, entity), Ed25519Signer.generate())
    return WitnessAddress(vkey=cosigner.vkey, url=f"http://{entity}.example:8500")


def party(entity: str, *, witness: bool = True, status: EntityStatus = EntityStatus.ACTIVE) -> Party:
    return Party(
        id=entity,
        name=entity,
        kind=EntityKind.AGENT,
        status=status,
        addresses=(),
        signing_key="ab" * 32,
        exchange_key="cd" * 32,
        ledger_vkey=NoteSigner(ledger_origin(NETWORK, entity), Ed25519Signer.generate()).vkey,
        witness=address(entity) if witness else None,
    )


def directory(*parties: Party, coordinator: bool = True, quorum: int = 1) -> Directory:
    return Directory(
        network=NETWORK,
        serial=3,
        issued=START,
        expires=START + timedelta(days=1),
        coordinator_key="ef" * 32,
        coordinator_address="c:1",
        ca_pem="",
        witness=address("coordinator") if coordinator else None,
        witness_quorum=quorum,
        entities=parties,
    )


def satisfied(listed: Directory, *witnesses: str) -> bool:
    return TrustPolicy.parse(trust_policy(listed, "a")).satisfied(witnesses)


def test_the_coordinator_and_some_entities_make_the_quorum() -> None:
    listed = directory(party("a"), party("b"), party("c"), party("d"), quorum=2)
    assert satisfied(listed, "coordinator", "b", "d")
    assert not satisfied(listed, "coordinator", "b")
    assert not satisfied(listed, "b", "c", "d")


def test_nobody_witnesses_its_own_ledger() -> None:
    listed = directory(party("a"), party("b"))
    assert [witness.id for witness in assigned_witnesses(listed, "a")] == ["b"]
    assert "witness a " not in trust_policy(listed, "a").decode()


def test_suspended_entities_and_those_without_a_witness_are_not_asked() -> None:
    suspended = party("c", status=EntityStatus.SUSPENDED)
    listed = directory(party("a"), party("b"), suspended, party("d", witness=False))
    assert [witness.id for witness in assigned_witnesses(listed, "a")] == ["b"]


@pytest.mark.parametrize(
    ("listed", "quorum"),
    [
        (directory(party("a")), "coordinator"),
        (directory(party("a"), coordinator=False), "none"),
        (directory(party("a"), party("b"), coordinator=False), "ENTITIES"),
        (directory(party("a"), party("b"), quorum=0), "coordinator"),
        (directory(party("a"), party("b")), "NETWORK"),
    ],
    ids=["alone", "no-witness", "no-coordinator", "no-entities-asked", "both"],
)
def test_a_small_network_asks_for_what_it_has(listed: Directory, quorum: str) -> None:
    assert TrustPolicy.parse(trust_policy(listed, "a")).quorum == quorum


def test_a_large_network_spreads_the_work_and_keeps_policies_small() -> None:
    names = [f"e{number}" for number in range(60)]
    listed = directory(*(party(name) for name in names), quorum=20)
    lists = {name: [witness.id for witness in assigned_witnesses(listed, name)] for name in names}
    assert {len(found) for found in lists.values()} == {MAX_ASSIGNED}
    assert needed_entities(listed, "e0") == MAX_ASSIGNED
    first = [found[0] for found in lists.values()]
    assert len(set(first)) > 25
    assert lists == {name: [witness.id for witness in assigned_witnesses(listed, name)] for name in names}


def test_a_directory_from_before_witnessing_still_reads() -> None:
    document = directory(party("a", witness=False), coordinator=False, quorum=0).model_dump(mode="json")
    del document["witness"], document["witness_quorum"], document["entities"][0]["witness"]
    assert Directory.model_validate(document).witness is None


def test_a_witness_key_is_of_its_entity() -> None:
    assert own_address(NETWORK, "b", address("b"))
    assert not own_address(NETWORK, "a", address("b"))
    with pytest.raises(MalformedDocument):
        own_address(NETWORK, "a", WitnessAddress(vkey="a+00000000+AQ==", url="http://x"))


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "http://x y", "http://x?q", "x"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        WitnessAddress(vkey="x", url=url)
