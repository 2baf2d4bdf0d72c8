"""The `Ledger` service: active entities get the proof that a ledger only grew, and nobody gets anything else."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from consent_ledger.errors import ProofError
from consent_ledger.proofs.merkle import MAX_SIZE, verify_consistency
from node.clients.ledger import consistency_proof
from node.ledger.own import own_ledger
from node.wiring import Node
from service.errors import PeerRefused, PeerUnreachable
from tests.support.exchange import NETWORK, ExchangeNetwork
from tests.support.ledgers import refusals
from trust.parties import EntityStatus, server_name


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    """``town`` serves a ledger of seven entries; ``ngo`` and ``other`` are of the network."""
    network = ExchangeNetwork(tmp_path)
    for entity in ("town", "ngo", "other"):
        network.add(entity)
    town = network.nodes["town"]
    with town.context.transaction() as session:
        own_ledger(town.context, session).append(refusals(7), network.clock.now())
    with network.serving("town"):
        yield network
        network.close()


def channels(network: ExchangeNetwork, caller: str, *addresses: str) -> list[grpc.Channel]:
    to = addresses or network.parties["town"].addresses
    return [network.nodes[caller].channels.channel(address, server_name(NETWORK, "town")) for address in to]


def ask(network: ExchangeNetwork, old: int, new: int, *, caller: str = "ngo") -> tuple[bytes, ...]:
    return consistency_proof("town", channels(network, caller), old, new)


def root(node: Node, size: int) -> bytes:
    with node.context.snapshot() as session:
        return own_ledger(node.context, session).subtrees()(0, size)


@pytest.mark.parametrize(("old", "new"), [(1, 7), (3, 7), (4, 6), (7, 7)])
def test_an_active_entity_gets_the_proof_between_two_sizes(network: ExchangeNetwork, old: int, new: int) -> None:
    town = network.nodes["town"]
    verify_consistency(old, new, root(town, old), root(town, new), ask(network, old, new))


@pytest.mark.parametrize(("old", "new"), [(3, 8), (8, 9), (5, 4), (0, MAX_SIZE), (2**64 - 1, 2**64 - 1)])
def test_of_sizes_that_the_ledger_never_had_there_is_none(network: ExchangeNetwork, old: int, new: int) -> None:
    with pytest.raises(PeerRefused) as refused:
        ask(network, old, new)
    assert refused.value.peer_code == ProofError.code


def test_an_entity_that_is_suspended_gets_none(network: ExchangeNetwork) -> None:
    network.change("ngo", status=EntityStatus.SUSPENDED)
    with pytest.raises(PeerRefused) as refused:
        ask(network, 3, 7)
    assert refused.value.peer_code == "party_suspended"
    assert ask(network, 3, 7, caller="other")


def test_an_entity_that_the_directory_does_not_list_gets_none(
    network: ExchangeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.directory_cache.require_continuity", lambda _new, _known: None)  # it was never listed
    del network.parties["ngo"]
    network.publish()
    with pytest.raises(PeerRefused) as refused:
        ask(network, 3, 7)
    assert refused.value.peer_code == "unknown_party"


def test_the_entity_itself_may_ask_its_own_node(network: ExchangeNetwork) -> None:
    network.change("town", status=EntityStatus.SUSPENDED)
    assert ask(network, 3, 7, caller="town")


def test_a_dead_address_is_passed_over_and_none_at_all_is_an_error(network: ExchangeNetwork) -> None:
    (alive,) = network.parties["town"].addresses
    assert consistency_proof("town", channels(network, "ngo", "127.0.0.1:1", alive), 3, 7)
    with pytest.raises(PeerUnreachable):
        consistency_proof("town", channels(network, "ngo", "127.0.0.1:1"), 3, 7)
    with pytest.raises(PeerUnreachable, match="no open address"):
        consistency_proof("town", [], 3, 7)


def test_an_answer_of_no_is_not_asked_for_elsewhere(network: ExchangeNetwork) -> None:
    (alive,) = network.parties["town"].addresses
    with pytest.raises(PeerRefused):
        consistency_proof("town", channels(network, "ngo", alive, "127.0.0.1:1"), 3, 8)
