"""Two honest holders, an honest asker, and a liar with a valid certificate; one network for all the lies of a file."""

from collections.abc import Iterator

import pytest

from tests.support.exchange import ExchangeNetwork, grant, hold, person_record
from tests.support.messages import with_test_kinds
from tests.support.peer_on_the_wire import PeerOnTheWire
from tests.support.simulated_peer import SimulatedPeer
from trust.parties import EntityKind


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeNetwork]:
    network = ExchangeNetwork(tmp_path_factory.mktemp("network"))
    network.add("ngo")
    for entity in ("town", "county"):
        hold(network.add(entity, kind=EntityKind.PUBLIC), person_record())
        grant(network.nodes[entity], "ngo")
    with_test_kinds(network)
    with network.serving("town", "county"):
        yield network
    network.close()


@pytest.fixture(scope="module")
def liar(network: ExchangeNetwork) -> Iterator[PeerOnTheWire]:
    values = {"person.sex": "f", "work.status": "unemployed"}
    peer = PeerOnTheWire(network, SimulatedPeer("liar", values))
    yield peer
    peer.close()
