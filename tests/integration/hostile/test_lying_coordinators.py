"""Whoever speaks for the coordinator sends directories that lie: refused, the one kept stays, and the node goes on."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import grpc
import pytest

from consent_ledger.witnessing.fork_evidence import check_evidence
from node.directory_evidence import directory_evidence
from node.fetch.asking import question_of
from node.inbox.items import Inbox, ItemKind
from policies.errors import RedpactError
from protos.redpact.v1 import network_pb2
from service.findings import Level
from service.wire import to_wire
from tests.support.exchange import PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.lies import SIGNED_GARBAGE, UNSIGNED, signed
from tests.support.peer_on_the_wire import PeerOnTheWire
from tests.support.simulated_peer import SimulatedPeer
from tests.support.state import state_digest
from trust.canonical import encode
from trust.directory import DIRECTORY_TYPE, Directory, seal_directory
from trust.key_changes import KeyChange, KeyChangeRecord
from trust.key_proofs import KeyPurpose
from trust.parties import COORDINATOR_ID, EntityStatus
from trust.signing import Ed25519Signer, Envelope, seal

pytestmark = pytest.mark.invariant(8)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeNetwork]:
    network = ExchangeNetwork(tmp_path_factory.mktemp("network"))
    network.add("ngo")
    hold(network.add("town"), person_record())
    grant(network.nodes["town"], "ngo")
    with network.serving("town"):
        yield network
    network.close()


@pytest.fixture
def told(network: ExchangeNetwork) -> Iterator[Callable[[Envelope], None]]:
    """Give a function that has the node ask for a directory, and a coordinator give it this one."""
    reply: list[bytes] = []
    voice = PeerOnTheWire(network, SimulatedPeer("voice"))
    voice.credentials.issue(network.authority, COORDINATOR_ID)  # a coordinator that somebody broke into
    with voice.serving(lambda _method, _data, _context: reply[-1]) as address:
        network.coordinator_address = address
        network.publish()

        def tell(envelope: Envelope) -> None:
            reply.append(network_pb2.GetDirectoryReply(directory=to_wire(envelope)).SerializeToString())
            network.nodes["ngo"].directory_follower.refresh()

        yield tell
    voice.close()


def without_town(directory: Directory) -> Directory:
    return directory.model_copy(update={"entities": tuple(p for p in directory.entities if p.id != "town")})


def with_key(directory: Directory, entity: str, field: str, key: str) -> Directory:
    entities = tuple(p.model_copy(update={field: key}) if p.id == entity else p for p in directory.entities)
    return directory.model_copy(update={"serial": directory.serial + 1, "entities": entities})


def with_false_change(directory: Directory, entity: str) -> Directory:
    """Return a directory with a statement that the coordinator signed with keys that it made up."""
    new = Ed25519Signer.generate()
    party = directory.party(entity)
    change = KeyChange(
        network=directory.network,
        entity=entity,
        purpose=KeyPurpose.SIGNING,
        sequence=1,
        time=directory.issued,
        old=party.signing_key,
        new=new.public_key.hex(),
    )
    record = KeyChangeRecord.signed(change, signing_key=new, old=new, new=new)
    changed = with_key(directory, entity, "signing_key", change.new)
    entities = tuple(p.model_copy(update={"key_changes": (record,)}) if p.id == entity else p for p in changed.entities)
    return changed.model_copy(update={"entities": entities})


LIES: dict[str, tuple[Callable[[ExchangeNetwork, Directory], Envelope], str]] = {
    "an older one": (
        lambda net, real: seal_directory(real.model_copy(update={"serial": real.serial - 1}), net.coordinator),
        "directory_rollback",
    ),
    "another one of the same number": (
        lambda net, real: seal_directory(without_town(real), net.coordinator),
        "directory_rollback",
    ),
    "one that ran out": (
        lambda net, real: seal_directory(
            real.model_copy(update={"serial": real.serial + 1, "expires": net.clock.now() - timedelta(seconds=1)}),
            net.coordinator,
        ),
        "directory_expired",
    ),
    "one that another key signed": (
        lambda _net, real: seal_directory(
            real.model_copy(update={"serial": real.serial + 1}), Ed25519Signer.generate()
        ),
        "signature_invalid",
    ),
    "one of another network": (
        lambda net, real: seal_directory(
            real.model_copy(update={"serial": real.serial + 1, "network": "other.example"}), net.coordinator
        ),
        "malformed_document",
    ),
    "one that names another key": (
        lambda net, real: seal_directory(
            real.model_copy(update={"serial": real.serial + 1, "coordinator_key": "ab" * 32}), net.coordinator
        ),
        "malformed_document",
    ),
    "one with a key that everybody has": (
        lambda net, real: seal_directory(with_key(real, "town", "exchange_key", "00" * 32), net.coordinator),
        "key_refused",
    ),
    "one that gives an entity another's key": (
        lambda net, real: seal_directory(
            with_key(real, "town", "exchange_key", real.party("ngo").exchange_key), net.coordinator
        ),
        "key_refused",
    ),
    "one that gives an entity a new key of its own": (
        lambda net, real: seal_directory(
            with_key(real, "town", "signing_key", Ed25519Signer.generate().public_key.hex()), net.coordinator
        ),
        "key_change_unproven",
    ),
    "one whose change of key somebody else signed": (
        lambda net, real: seal_directory(with_false_change(real, "town"), net.coordinator),
        "key_change_unproven",
    ),
    "one that leaves out an entity": (
        lambda net, real: seal_directory(
            without_town(real).model_copy(update={"serial": real.serial + 1}), net.coordinator
        ),
        "key_change_unproven",
    ),
    "one that lists an entity twice": (
        lambda net, real: seal(
            DIRECTORY_TYPE,
            encode(
                real.model_dump(mode="json")
                | {"serial": real.serial + 1, "entities": [real.entities[0].model_dump(mode="json")] * 2}
            ),
            net.coordinator,
        ),
        "malformed_document",
    ),
}


def refused(network: ExchangeNetwork, tell: Callable[[Envelope], None], envelope: Envelope) -> str:
    ngo = network.nodes["ngo"]
    before = state_digest(ngo.context)
    with pytest.raises(RedpactError) as caught:
        tell(envelope)
    assert state_digest(ngo.context) == before
    # The exchange goes on with the directory that was kept.
    assert ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), ["town"]).replies[0].released
    return caught.value.code


@pytest.mark.parametrize("lie", LIES)
def test_a_directory_that_lies(network: ExchangeNetwork, told: Callable[[Envelope], None], lie: str) -> None:
    make, code = LIES[lie]
    known = network.nodes["ngo"].context.directory.newest()
    assert known is not None
    assert refused(network, told, make(network, known)) == code


@pytest.mark.parametrize("lie", UNSIGNED)
def test_a_directory_whose_signature_does_not_hold(
    network: ExchangeNetwork, told: Callable[[Envelope], None], lie: str
) -> None:
    network.serial += 1
    change = UNSIGNED[lie]
    envelope = change(seal_directory(network.directory(), network.coordinator))
    if lie == "another type":
        envelope = Envelope("text/plain", envelope.payload, envelope.key_id, envelope.signature)
    assert refused(network, told, envelope) == "signature_invalid"


@pytest.mark.parametrize("lie", SIGNED_GARBAGE)
def test_a_directory_that_is_none(network: ExchangeNetwork, told: Callable[[Envelope], None], lie: str) -> None:
    envelope = seal_directory(network.directory(), network.coordinator)
    garbage = signed(envelope, network.coordinator, SIGNED_GARBAGE[lie])
    assert refused(network, told, garbage) == "malformed_document"


def test_two_nodes_told_two_stories_refuse_the_other_ones(
    network: ExchangeNetwork, told: Callable[[Envelope], None]
) -> None:
    # An equivocating coordinator: the town is told that it is alone, the ngo that all is well, under one number.
    town, ngo = network.nodes["town"], network.nodes["ngo"]
    network.serial += 1
    story, other = network.directory(), network.directory()
    other = other.model_copy(
        update={
            "entities": tuple(
                party.model_copy(update={"status": EntityStatus.SUSPENDED}) if party.id == "ngo" else party
                for party in other.entities
            )
        }
    )
    told(seal_directory(story, network.coordinator))
    town.context.directory.accept(seal_directory(other, network.coordinator), network.clock.now())
    (reply,) = ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), ["town"]).replies
    assert reply.error is not None  # whoever was told less closes: an entity suspended anywhere is not answered there
    for node, known in ((ngo, other), (town, story)):
        with pytest.raises(RedpactError) as caught:
            node.context.directory.accept(seal_directory(known, network.coordinator), network.clock.now())
        assert caught.value.code == "directory_rollback"
    network.publish()
    assert ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), ["town"]).replies[0].released


def test_a_coordinator_that_never_answers_stops_nobody(network: ExchangeNetwork) -> None:
    voice = PeerOnTheWire(network, SimulatedPeer("voice"))
    voice.credentials.issue(network.authority, COORDINATOR_ID)

    def abort(_method: str, _data: bytes, context: grpc.ServicerContext) -> bytes:
        context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
        raise AssertionError

    ngo = network.nodes["ngo"]
    with voice.serving(abort) as address:
        network.coordinator_address = address
        network.publish()
        with pytest.raises(RedpactError) as caught:
            ngo.directory_follower.refresh()
    assert caught.value.code == "peer_unreachable"
    assert ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), ["town"]).replies[0].released
    voice.close()


def test_a_directory_that_changes_keys_is_kept_as_evidence_and_everybody_is_told(
    network: ExchangeNetwork, told: Callable[[Envelope], None]
) -> None:
    ngo = network.nodes["ngo"]
    known = ngo.context.directory.newest()
    assert known is not None
    key = Ed25519Signer.generate().public_key.hex()
    assert refused(network, told, seal_directory(with_key(known, "town", "signing_key", key), network.coordinator)) == (
        "key_change_unproven"
    )
    ngo.inbox_sweep.run()
    with ngo.context.snapshot() as session:
        kinds = {item.kind for item in Inbox(session).list()}
    assert ItemKind.DIRECTORY_REFUSED in kinds
    finding = check_evidence(ngo.context.home)
    assert finding.level is Level.FAILED
    assert directory_evidence(ngo.context.home)
    for path in directory_evidence(ngo.context.home):
        path.unlink()
