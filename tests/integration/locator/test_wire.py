"""The bytes between nodes, locator and holders, and the refusal of malformed ones."""

from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest

from records_exchange import oprf
from records_exchange.locator_messages import (
    EVALUATION_TYPE,
    PUBLICATION_TYPE,
    QUESTION_TYPE,
    evaluation_request,
    locator_question,
    publication,
    seal_message,
)
from records_exchange.network_pseudonym import locator_token
from service.errors import PeerRefused
from service.status import CODE_METADATA
from tests.support.exchange import PERSON, STRANGER, grant
from tests.support.locating import fetch, kept_pseudonym, locate, member, publish, refresh_all
from tests.support.network import NETWORK, Network, network
from tests.support.recording_peer import RecordingPeer, spellings
from tests.support.waiting import PATIENCE_SECONDS
from trust.parties import COORDINATOR_ID, server_name
from trust.signing import Envelope, seal


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        member(made, "leon", PERSON)
        member(made, "burgos", PERSON)
        refresh_all(made)
        yield made


def found(secret: bytes, wire: bytes) -> bool:
    return secret in wire or secret.hex().encode() in wire


@pytest.mark.invariant(5)
def test_no_document_or_pseudonym_crosses_to_the_locator(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    leon = net.nodes["leon"]
    name = server_name(NETWORK, COORDINATOR_ID)
    homes = {"holder_home": net.coordinator.context.home, "asker_home": leon.context.home}
    recorder = RecordingPeer(**homes, target=net.coordinator.context.settings.address, server_name=name)
    with recorder.running():
        grant(leon, "burgos")
        monkeypatch.setattr(leon, "coordinator_channel", lambda: leon.channels.channel(recorder.address, name))
        publish(leon)
        locate(net, "leon", STRANGER)
        leon.channels.close()
    wire = recorder.recorded
    _, pseudonym = kept_pseudonym(leon, PERSON)
    assert locator_token(pseudonym, "burgos", "casework").encode() in wire  # so the recording sees the content
    assert not found(pseudonym, wire)
    for document in (PERSON, STRANGER):
        assert not any(spelling in wire for spelling in spellings(document.number))


@pytest.mark.invariant(5)
def test_no_network_pseudonym_or_token_goes_to_a_holder(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    leon, burgos = net.nodes["leon"], net.nodes["burgos"]
    grant(burgos, "leon")
    publish(burgos)
    net.serve("burgos")
    target, name = burgos.context.settings.addresses[0], server_name(NETWORK, "burgos")
    recorder = RecordingPeer(
        holder_home=burgos.context.home, asker_home=leon.context.home, target=target, server_name=name
    )
    with recorder.running():
        original = leon.channels.channel

        def through(address: str, server_name: str) -> grpc.Channel:
            return original(recorder.address if address == target else address, server_name)

        monkeypatch.setattr(leon.channels, "channel", through)
        located = fetch(net, "leon")
        leon.channels.close()
    assert [reply.released for reply in located.fetched.replies] == [True]
    _, pseudonym = kept_pseudonym(leon, PERSON)
    token = locator_token(pseudonym, "leon", "casework")
    assert b"casework" in recorder.recorded
    assert not found(pseudonym, recorder.recorded)
    assert not found(bytes.fromhex(token), recorder.recorded)


def refusal(net: Network, method: str, data: bytes) -> str:
    call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = (
        net.nodes["leon"].coordinator_channel().unary_unary(f"/redpact.v1.{method}")
    )
    with pytest.raises(grpc.RpcError) as caught:
        call(data, timeout=PATIENCE_SECONDS)
    assert isinstance(caught.value, grpc.Call)
    return str(dict(caught.value.trailing_metadata() or ())[CODE_METADATA])


@pytest.mark.invariant(8)
def test_malformed_bytes_get_typed_refusals(net: Network) -> None:
    for method in ("PseudonymKey/Evaluate", "Locator/Publish", "Locator/Find", "Locator/OfferKey"):
        for data in (b"", b"\x0a\xff\xff\xff\xff", b"\x00" * 50):
            assert refusal(net, method, data) == "malformed_document"
    assert refusal(net, "Locator/ListPublished", b"\x0a\xff\xff\xff\xff") == "malformed_document"
    leon, client = net.nodes["leon"], net.nodes["leon"].locator_client()
    point = oprf.blind(b"x").element
    for payload in (b"{}", b"\xff\xfe", b"x" * 5000):
        calls: dict[str, Callable[[Envelope], object]] = {
            QUESTION_TYPE: client.find,
            PUBLICATION_TYPE: client.publish,
            EVALUATION_TYPE: lambda envelope: client.evaluate(COORDINATOR_ID, envelope, [point]),
        }
        for kind, call in calls.items():
            with pytest.raises(PeerRefused) as caught:
                call(seal(kind, payload, leon.context.keys.signing))
            assert caught.value.peer_code == "locator_message_malformed"


@pytest.mark.invariant(8)
def test_points_that_are_none_or_are_not_those_signed_are_refused_and_cost_no_quota(net: Network) -> None:
    leon = net.nodes["leon"]
    client, now = leon.locator_client(), net.clock.now()
    good, other = oprf.blind(b"x").element, oprf.blind(b"y").element
    zero = b"\0" * 32
    cases = [([good], [other]), ([good], [good, good]), ([good], []), ([zero], [zero]), ([b"\1"], [b"\1"])]
    for signed, sent in cases:
        request = seal_message(evaluation_request("leon", 1, signed, now), leon.context.keys.signing)
        with pytest.raises(PeerRefused) as caught:
            client.evaluate(COORDINATOR_ID, request, sent)
        assert caught.value.peer_code in {"locator_message_malformed", "oprf_value_invalid"}
    request = seal_message(evaluation_request("leon", 1, [good], now), leon.context.keys.signing)
    full = net.coordinator.context.settings.locator_evaluations_hour
    assert client.evaluate(COORDINATOR_ID, request, [good]).remaining == full - 1
    with pytest.raises(PeerRefused) as caught:
        client.evaluate(COORDINATOR_ID, request, [good])
    assert caught.value.peer_code == "request_replayed"


def test_a_stolen_question_serves_nobody_else_and_nobody_twice(net: Network) -> None:
    leon, burgos = net.nodes["leon"], net.nodes["burgos"]
    question = locator_question("leon", 1, "ab" * 32, "casework", net.clock.now())
    envelope: Envelope = seal_message(question, leon.context.keys.signing)
    with pytest.raises(PeerRefused) as caught:
        burgos.locator_client().find(envelope)
    assert caught.value.peer_code == "signature_invalid"
    leon.locator_client().find(envelope)
    with pytest.raises(PeerRefused) as caught:
        leon.locator_client().find(envelope)
    assert caught.value.peer_code == "request_replayed"


def test_an_entity_publishes_in_its_own_name_only(net: Network) -> None:
    leon = net.nodes["leon"]
    message = publication("burgos", 1, (), (), net.clock.now())
    with pytest.raises(PeerRefused) as caught:
        leon.locator_client().publish(seal_message(message, leon.context.keys.signing))
    assert caught.value.peer_code == "request_misaddressed"
    ended = publication("leon", 7, (), (), net.clock.now())
    with pytest.raises(PeerRefused) as caught:
        leon.locator_client().publish(seal_message(ended, leon.context.keys.signing))
    assert caught.value.peer_code == "locator_epoch_unknown"
