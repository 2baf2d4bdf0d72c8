"""Whoever has the coordinator's keys shows one node false keys for another entity, and asks in that entity's name.

A node that knows the entity never takes them, as the entity did not state them. To one that takes its first directory
they are news: with anchors the false directory is not taken. Without, it is taken, and noticed at the first exchange
with anybody who saw another one: then both signatures are evidence, and nothing is released any more until the officer
decides.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from consent_ledger.audit.directories import verify_directories
from consent_ledger.exports.ledger_export import POLICY_FILE
from consent_ledger.log.entry import EntryType, Leaf
from consent_ledger.receipts.receipt import load_policy
from consent_ledger.witnessing.fork_evidence import evidence_files
from node.anchors.export import export_directories
from node.anchors.history import note_taken
from node.anchors.settling import settle_directory
from node.clients.peers import call_peer
from node.directory_cache import DirectoryCache
from node.fetch.asking import question_of
from node.ledger.own import own_ledger
from node.wiring import Node
from policies.errors import RedpactError
from records_exchange.linkage import PairwiseKey
from service.channels import ChannelPool
from service.errors import PeerRefused, PeerUnreachable
from tests.support.directory_log import DirectoryLog, pin
from tests.support.exchange import NETWORK, PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.pki import Credentials
from tests.support.simulated_peer import SimulatedPeer
from trust.directory import Directory
from trust.errors import DirectoryContradicted, DirectoryForked, DirectoryUnvouched, KeyChangeUnproven
from trust.parties import EntityKind, server_name
from trust.signing import Ed25519Signer

pytestmark = pytest.mark.invariant(13)

ANCHORS: Final = {"county": Ed25519Signer.generate(), "city": Ed25519Signer.generate()}


class Impostor:
    """Somebody with the keys of the coordinator, who speaks for the ngo with keys of their own."""

    def __init__(self, network: ExchangeNetwork) -> None:
        self.network = network
        self.peer = SimulatedPeer("ngo")
        self.credentials = Credentials(network.root / "impostor")
        self.credentials.issue(network.authority, "ngo")  # with the key of the certificate authority
        self.credentials.trust(network.authority)
        self.channels = ChannelPool(self.credentials.current())
        self.log: DirectoryLog = network.log.fork()

    def false_directory(self) -> Directory:
        """Return the next directory, with the impostor's keys for the ngo."""
        real = self.network.directory()
        parties = tuple(self.peer.party if party.id == "ngo" else party for party in real.entities)
        return real.model_copy(update={"serial": self.log.tree.size + 1, "entities": parties})

    def show_first(self, cache: DirectoryCache) -> None:
        """Show the false directory to a node as its first one."""
        cache.settle(restart=True)
        self.show(cache)

    def show(self, cache: DirectoryCache) -> None:
        """Show a node the false directory, in a log that continues the one that it knows."""
        now = self.network.clock.now()
        self.log.give(cache, self.log.add(self.false_directory(), now), now)

    def ask(self, holder: str) -> str:
        """Ask a holder about the person, as the ngo, and return what it answered."""
        party = self.network.parties[holder]
        key = PairwiseKey.derive(self.peer.exchange, bytes.fromhex(party.exchange_key), network=NETWORK)
        request = self.peer.ask(
            holder, self.network.clock.now(), subject=key.pseudonym(PERSON.kind.value, PERSON.number)
        )
        channel = self.channels.channel(party.addresses[0], server_name(NETWORK, holder))
        try:
            call_peer(holder, [channel], request)
        except PeerRefused as error:
            return error.peer_code
        except PeerUnreachable:
            return "unavailable"
        return "answered"


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    network = ExchangeNetwork(tmp_path)
    network.add("ngo")
    for entity in ("town", "county"):
        hold(network.add(entity, kind=EntityKind.PUBLIC), person_record())
        grant(network.nodes[entity], "ngo")
    with network.serving("town", "county", "ngo"):
        yield network
    network.close()


@pytest.fixture
def impostor(network: ExchangeNetwork) -> Iterator[Impostor]:
    made = Impostor(network)
    yield made
    made.channels.close()


def released(node: Node) -> int:
    with node.context.snapshot() as session:
        ledger = own_ledger(node.context, session)
        leaves = [Leaf.parse(ledger.leaf(index)) for index in range(ledger.size())]
    return sum(leaf.type is EntryType.RELEASE for leaf in leaves)


def fetch(network: ExchangeNetwork, holder: str) -> bool:
    ngo = network.nodes["ngo"]
    (reply,) = ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), [holder]).replies
    return reply.error is None and reply.released


def test_with_anchors_the_false_keys_are_not_taken_and_the_impostor_gets_nothing(
    network: ExchangeNetwork, impostor: Impostor
) -> None:
    town = network.nodes["town"]
    pin(town.context, ANCHORS, 2)
    network.log.anchors = dict(ANCHORS)
    network.publish()
    impostor.log = network.log.fork()
    impostor.log.anchors = {}
    with pytest.raises(DirectoryUnvouched):
        impostor.show_first(town.context.directory)
    network.publish()
    assert impostor.ask("town") == "signature_invalid"
    assert released(town) == 0
    assert fetch(network, "town")  # the true ngo goes on


def test_without_anchors_a_node_that_knows_the_entity_does_not_take_the_false_keys_either(
    network: ExchangeNetwork, impostor: Impostor
) -> None:
    town = network.nodes["town"]
    with pytest.raises(KeyChangeUnproven):
        impostor.show(town.context.directory)
    assert len(evidence_files(town.context.home)) == 1
    assert impostor.ask("town") == "signature_invalid"
    assert released(town) == 0
    assert fetch(network, "town")  # the true ngo goes on


def test_without_anchors_the_false_keys_are_noticed_at_the_first_exchange_and_nothing_is_released_after(
    network: ExchangeNetwork, impostor: Impostor
) -> None:
    town, county = network.nodes["town"], network.nodes["county"]
    impostor.show_first(town.context.directory)
    network.publish(but="town")  # the others are shown another one of the same number
    assert evidence_files(town.context.home) == []
    with pytest.raises(RedpactError):
        county.transport.call(
            network.parties["town"], SimulatedPeer("county").tell("town", network.clock.now(), "pulse", {})
        )
    assert len(evidence_files(town.context.home)) == 1
    assert impostor.ask("town") == "unavailable"
    assert released(town) == 0
    with pytest.raises(DirectoryContradicted):
        town.context.directory.current(network.clock.now())
    assert not fetch(network, "town")
    assert fetch(network, "county")  # those who agree with each other go on


def test_a_fork_shown_to_two_nodes_is_noticed_at_their_first_exchange(
    network: ExchangeNetwork, impostor: Impostor
) -> None:
    ngo, town = network.nodes["ngo"], network.nodes["town"]
    network.publish(but="town")
    other = impostor.log.add(network.directory().model_copy(update={"ca_pem": "false"}), network.clock.now())
    impostor.log.give(town.context.directory, other, network.clock.now())
    assert not fetch(network, "town")
    assert len(evidence_files(town.context.home)) == 1
    assert released(town) == 0
    # The other way round too: whoever is asked with another head keeps it, and answers no more.
    (document,) = [json.loads(path.read_bytes()) for path in evidence_files(town.context.home)]
    assert document["offered_checkpoint"].encode() == ngo.directory_heads.own()
    with pytest.raises(DirectoryContradicted):
        town.context.directory.require_undisputed()


def test_the_honest_directory_that_comes_back_is_evidence_against_the_false_one(
    network: ExchangeNetwork, impostor: Impostor, tmp_path: Path
) -> None:
    town = network.nodes["town"]
    impostor.show_first(town.context.directory)
    with pytest.raises(DirectoryForked):
        network.publish()
    (file,) = evidence_files(town.context.home)
    # The evidence is good for whoever has the coordinator's key, offline.
    kept = town.context.directory.kept()
    assert kept is not None
    assert kept.logged is not None
    note_taken(town.context, kept.logged)
    export_directories(town.context, tmp_path / "export")
    report = verify_directories(tmp_path / "export", load_policy(tmp_path / "export" / POLICY_FILE))
    assert [(each.where, each.code) for each in report.evidence] == [(file.name, "fork")]
    assert not report.passed
    # The officer finds out by telephone which is the true one, and begins anew from there.
    settle_directory(town.context, restart=True, decided_by="dpo")
    network.publish()
    assert fetch(network, "town")
