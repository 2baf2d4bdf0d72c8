from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from node.care.actions import ActionInput, CaseActions
from node.care.coordination_grid import FIELD, grid_rows
from node.care.view_sources import gather
from node.clients.peers import call_peer
from node.fetch.asking import Asking, question_of
from node.fetch.report import exit_code
from node.ledger.own import own_ledger
from node.people.lookup import PersonLookup
from protos.redpact.v1 import records_pb2, records_pb2_grpc
from records_exchange.request import OUTDATED_REQUEST_TYPE, REQUEST_TYPE
from service.errors import PeerRefused, PeerUnreachable
from service.status import CODE_METADATA, peer_errors
from service.wire import to_wire
from tests.support.exchange import NETWORK, PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.simulated_peer import SimulatedPeer
from tests.support.waiting import PATIENCE_SECONDS
from trust.errors import MalformedDocument
from trust.parties import EntityKind, EntityStatus, Party, server_name
from trust.signing import Envelope, seal


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    network = ExchangeNetwork(tmp_path)
    network.add("ngo")
    network.add("other")
    for entity in ("town", "county"):
        hold(network.add(entity, kind=EntityKind.PUBLIC), person_record())
        grant(network.nodes[entity], "ngo")
    with network.serving("town", "county"):
        yield network
        network.close()


def channel(network: ExchangeNetwork, caller: str) -> grpc.Channel:
    address = network.parties["town"].addresses[0]
    return network.nodes[caller].channels.channel(address, server_name(NETWORK, "town"))


def test_several_holders_answer_over_mutual_tls(network: ExchangeNetwork) -> None:
    ngo = network.nodes["ngo"]
    fetched = ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), ["town", "county"])
    assert [reply.released for reply in fetched.replies] == [True, True]


def test_the_next_address_is_tried_when_one_is_dead(network: ExchangeNetwork) -> None:
    ngo = network.nodes["ngo"]
    network.change("town", addresses=("127.0.0.1:1", *network.parties["town"].addresses))
    fetched = ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), ["town"])
    assert fetched.replies[0].released


def test_a_holder_that_is_down_is_told_from_one_that_refuses(network: ExchangeNetwork) -> None:
    ngo = network.nodes["ngo"]
    network.change("town", addresses=("127.0.0.1:1",))
    network.change("county", addresses=())
    fetched = ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), ["town", "county"])
    assert all(isinstance(reply.error, PeerUnreachable) for reply in fetched.replies)
    assert exit_code(fetched) == 3


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    ("payload", "code"),
    [(b"{}", "request_malformed"), (b"\xff\xfe", "request_malformed"), (b"x" * 16_385, "request_malformed")],
)
def test_signed_garbage_gets_a_typed_refusal(network: ExchangeNetwork, payload: bytes, code: str) -> None:
    envelope = seal(REQUEST_TYPE, payload, network.nodes["ngo"].context.keys.signing)
    with pytest.raises(PeerRefused) as caught:
        call_peer("town", [channel(network, "ngo")], envelope)
    assert caught.value.peer_code == code


def test_a_request_of_an_older_node_is_refused_with_its_own_code_and_leaves_no_entry(network: ExchangeNetwork) -> None:
    envelope = seal(OUTDATED_REQUEST_TYPE, b"{}", network.nodes["ngo"].context.keys.signing)
    with network.nodes["town"].context.snapshot() as session:
        before = own_ledger(network.nodes["town"].context, session).size()
    request = records_pb2.FetchSummaryRequest(request=to_wire(envelope))
    with pytest.raises(PeerRefused) as caught, peer_errors("town"):
        records_pb2_grpc.RecordsStub(channel(network, "ngo")).FetchSummary(request, timeout=PATIENCE_SECONDS)
    assert caught.value.peer_code == "request_outdated"
    with network.nodes["town"].context.snapshot() as session:
        assert own_ledger(network.nodes["town"].context, session).size() == before


def test_a_case_grid_is_put_together_over_mutual_tls(network: ExchangeNetwork) -> None:
    ngo = network.nodes["ngo"]
    for entity in ("town", "county"):
        CaseActions(network.nodes[entity].context).add(PERSON, "staff-7", ActionInput("food_delivery"))
    grant(network.nodes["town"], "ngo", purposes=["coordination"], fields=[FIELD])
    question = question_of(ngo.context, "coordination", fields=[FIELD])
    gathered = gather(ngo.context, ngo.asking, PersonLookup(PERSON), question, ["town", "county"])
    assert [row.entity for row in grid_rows(gathered)] == ["town"]
    assert [source.refusal for source in gathered.sources] == [None, "nothing_to_share"]
    assert gathered.exit_code == 0


@pytest.mark.invariant(8)
@pytest.mark.parametrize("data", [b"", b"\x0a\xff\xff\xff\xff", b"\x00" * 50])
def test_malformed_protobuf_gets_a_typed_refusal(network: ExchangeNetwork, data: bytes) -> None:
    call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel(network, "ngo").unary_unary(
        "/redpact.v1.Records/FetchSummary"
    )
    with pytest.raises(grpc.RpcError) as caught:
        call(data, timeout=PATIENCE_SECONDS)
    assert isinstance(caught.value, grpc.Call)
    assert dict(caught.value.trailing_metadata() or ())[CODE_METADATA] == MalformedDocument.code


def test_another_entity_cannot_use_a_stolen_request(network: ExchangeNetwork) -> None:
    stolen: list[Envelope] = []

    def steal(_holder: Party, envelope: Envelope) -> Envelope:
        stolen.append(envelope)
        raise PeerUnreachable("stolen on the way")

    ngo = network.nodes["ngo"]
    Asking(ngo.context, ngo.peer_ledgers, steal).fetch(PERSON, question_of(ngo.context, "casework"), ["town"])
    with pytest.raises(PeerRefused) as caught:
        call_peer("town", [channel(network, "other")], stolen[0])
    assert caught.value.peer_code == "signature_invalid"


def test_a_replayed_request_is_refused_over_the_wire(network: ExchangeNetwork) -> None:
    peer = SimulatedPeer("ngo")
    peer.signing = network.nodes["ngo"].context.keys.signing
    envelope = peer.ask("town", network.clock.now())
    call_peer("town", [channel(network, "ngo")], envelope)
    with pytest.raises(PeerRefused) as caught:
        call_peer("town", [channel(network, "ngo")], envelope)
    assert caught.value.peer_code == "request_replayed"


def test_a_suspended_entity_is_refused_with_the_next_directory(network: ExchangeNetwork) -> None:
    network.change("ngo", status=EntityStatus.SUSPENDED)
    ngo = network.nodes["ngo"]
    (reply,) = ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), ["town"]).replies
    assert isinstance(reply.error, PeerRefused)
    assert reply.error.peer_code == "party_suspended"
