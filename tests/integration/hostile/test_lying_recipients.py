"""Our outbox has a notification for an entity that lies: it waits, others go out, and nothing happens twice."""

import secrets
from collections.abc import Iterator
from dataclasses import replace

import grpc
import pytest

from policies.errors import RedpactError
from protos.redpact.v1 import messages_pb2
from records_exchange.mailboxes import NewNotification, Notification, NotificationState, SqlMailbox
from records_exchange.message import MAX_MESSAGE_BYTES
from service.wire import to_wire
from tests.support.exchange import ExchangeNetwork
from tests.support.lies import MALFORMED_REPLIES, REPLY_LIES, SIGNED_GARBAGE, UNSIGNED, signed, signed_by
from tests.support.messages import TEST_NOTIFICATION, TEST_QUESTION
from tests.support.peer_on_the_wire import Behave, PeerOnTheWire, answering
from tests.support.state import CONTACTS, OUTBOX, state_digest
from trust.errors import SignatureInvalid
from trust.signing import Envelope

pytestmark = [pytest.mark.invariant(8), pytest.mark.invariant(9)]


@pytest.fixture
def honest_again(liar: PeerOnTheWire) -> Iterator[PeerOnTheWire]:
    """Give the liar, and make it honest afterwards."""
    yield liar
    liar.peer.change_reply = lambda reply: reply
    liar.peer.change_envelope = lambda envelope: envelope


def post(network: ExchangeNetwork, *recipients: str) -> str:
    ngo, reference = network.nodes["ngo"], secrets.token_hex(8)
    with ngo.context.transaction() as session:
        notifications = [
            NewNotification(TEST_NOTIFICATION, recipient, reference, {"number": 1}) for recipient in recipients
        ]
        SqlMailbox(session).post(notifications, ngo.context.clock.now())
    return reference


def about(network: ExchangeNetwork, reference: str) -> dict[str, Notification]:
    with network.nodes["ngo"].context.snapshot() as session:
        return {notification.recipient: notification for notification in SqlMailbox(session).about(reference)}


def fault_noted(network: ExchangeNetwork, liar: PeerOnTheWire, behave: Behave | None = None) -> str:
    """Deliver to the liar and to an honest entity; return what is noted of the liar, once it has been honest again."""
    ngo, clock = network.nodes["ngo"], network.clock
    honest, told = answering(liar.peer, network), len(liar.peer.told)
    with liar.serving(behave or honest):
        before = state_digest(ngo.context, but=OUTBOX | CONTACTS)
        reference = post(network, "liar", "county")
        ngo.outbox.deliver_due()
        assert state_digest(ngo.context, but=OUTBOX | CONTACTS) == before
    lied, well = about(network, reference)["liar"], about(network, reference)["county"]
    assert (well.state, lied.state, lied.attempts) == (NotificationState.ACKNOWLEDGED, NotificationState.WAITING, 1)
    liar.peer.change_reply, liar.peer.change_envelope = (lambda reply: reply), (lambda envelope: envelope)
    with liar.serving(honest):
        clock.advance(hours=1)  # type: ignore[attr-defined]  # a frozen clock
        ngo.outbox.deliver_due()
    assert about(network, reference)["liar"].state is NotificationState.ACKNOWLEDGED
    sent = {envelope.payload for envelope in liar.peer.told[told:]}
    assert len(sent) == 1, "the same bytes at every attempt"
    return lied.fault


@pytest.mark.parametrize("lie", REPLY_LIES)
def test_a_reply_that_lies(network: ExchangeNetwork, honest_again: PeerOnTheWire, lie: str) -> None:
    honest_again.peer.change_reply, error = REPLY_LIES[lie]
    assert fault_noted(network, honest_again) == error.code


@pytest.mark.parametrize("lie", MALFORMED_REPLIES)
def test_a_reply_with_wrong_fields(network: ExchangeNetwork, honest_again: PeerOnTheWire, lie: str) -> None:
    honest_again.peer.change_reply = MALFORMED_REPLIES[lie]
    assert fault_noted(network, honest_again) == "reply_malformed"


@pytest.mark.parametrize("lie", UNSIGNED)
def test_a_reply_whose_signature_does_not_hold(network: ExchangeNetwork, honest_again: PeerOnTheWire, lie: str) -> None:
    honest_again.peer.change_envelope = UNSIGNED[lie]
    assert fault_noted(network, honest_again) == "signature_invalid"


def test_a_reply_signed_by_another_entity(network: ExchangeNetwork, honest_again: PeerOnTheWire) -> None:
    other = network.nodes["county"].context.keys.signing
    honest_again.peer.change_envelope = lambda envelope: signed_by(envelope, other)
    assert fault_noted(network, honest_again) == "signature_invalid"


@pytest.mark.parametrize("lie", SIGNED_GARBAGE)
def test_a_reply_that_is_none(network: ExchangeNetwork, honest_again: PeerOnTheWire, lie: str) -> None:
    peer = honest_again.peer
    peer.change_envelope = lambda envelope: signed(envelope, peer.signing, SIGNED_GARBAGE[lie])
    assert fault_noted(network, honest_again) == "reply_malformed"


@pytest.mark.parametrize("lie", [lie for lie in SIGNED_GARBAGE if lie != "an empty object"])
def test_a_reply_whose_body_is_garbage(network: ExchangeNetwork, honest_again: PeerOnTheWire, lie: str) -> None:
    peer = honest_again.peer

    def change(envelope: Envelope) -> Envelope:
        payload = envelope.payload.replace(b'"body":{}', b'"body":' + SIGNED_GARBAGE[lie])
        return signed(envelope, peer.signing, payload)

    peer.change_envelope = change
    assert fault_noted(network, honest_again) == "reply_malformed"


def test_a_reply_too_large_to_be_one(network: ExchangeNetwork, honest_again: PeerOnTheWire) -> None:
    peer = honest_again.peer
    large = b'{"x":"' + b"a" * MAX_MESSAGE_BYTES + b'"}'
    peer.change_envelope = lambda envelope: signed(envelope, peer.signing, large)
    assert fault_noted(network, honest_again) == "reply_malformed"


def test_the_message_itself_for_a_reply(network: ExchangeNetwork, honest_again: PeerOnTheWire) -> None:
    peer = honest_again.peer
    peer.change_envelope = lambda _: peer.told[-1]
    assert fault_noted(network, honest_again) == "signature_invalid"


def test_replies_that_are_exchanged(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    honest, replies = answering(liar.peer, network), []

    def exchanged(method: str, data: bytes, context: grpc.ServicerContext) -> bytes:
        replies.append(honest(method, data, context))
        return replies[0]

    ngo = network.nodes["ngo"]
    with liar.serving(exchanged):
        first = post(network, "liar")
        ngo.outbox.deliver_due()
        second = post(network, "liar")
        ngo.outbox.deliver_due()
    assert about(network, first)["liar"].state is NotificationState.ACKNOWLEDGED
    assert about(network, second)["liar"].fault == "reply_unbound"
    with liar.serving(honest):
        network.clock.advance(hours=1)  # type: ignore[attr-defined]  # a frozen clock
        ngo.outbox.deliver_due()
    assert about(network, second)["liar"].state is NotificationState.ACKNOWLEDGED


def _abort(code: grpc.StatusCode) -> Behave:
    def behave(_method: str, _data: bytes, context: grpc.ServicerContext) -> bytes:
        context.abort(code, "no")
        raise AssertionError

    return behave


def _no_signature(_method: str, _data: bytes, _context: grpc.ServicerContext) -> bytes:
    envelope = Envelope("t", b"p", "k", b"s" * 64)
    whole = messages_pb2.DeliverReply(reply=to_wire(envelope))
    whole.reply.signature = b"short"
    return whole.SerializeToString()


WIRE: dict[str, tuple[Behave, str]] = {
    "nothing at all": (lambda _method, _data, _context: b"", "malformed_document"),
    "no protobuf": (lambda _method, _data, _context: b"\xff" * 50, "peer_silent"),
    "no signature": (_no_signature, "malformed_document"),
    "no": (_abort(grpc.StatusCode.PERMISSION_DENIED), "peer_refused"),
    "not here": (_abort(grpc.StatusCode.UNAVAILABLE), "peer_silent"),
    "a fault": (_abort(grpc.StatusCode.INTERNAL), "peer_silent"),
    "more than is taken": (lambda _method, _data, _context: bytes(17 * 1024 * 1024), "peer_silent"),
}


@pytest.mark.parametrize("lie", WIRE)
def test_bytes_and_statuses_that_are_no_reply(network: ExchangeNetwork, liar: PeerOnTheWire, lie: str) -> None:
    behave, code = WIRE[lie]
    assert fault_noted(network, liar, behave) == code


def test_a_question_that_is_answered_with_a_lie_is_not_answered(
    network: ExchangeNetwork, honest_again: PeerOnTheWire
) -> None:
    ngo, peer = network.nodes["ngo"], honest_again.peer
    with honest_again.serving(answering(peer, network)):
        assert ngo.outbox.ask("liar", TEST_QUESTION, {}).reply.sender == "liar"
        for change, error in REPLY_LIES.values():
            peer.change_reply = change
            before = state_digest(ngo.context)
            with pytest.raises(RedpactError) as caught:
                ngo.outbox.ask("liar", TEST_QUESTION, {})
            assert type(caught.value) is error
            assert state_digest(ngo.context) == before
        peer.change_reply = lambda reply: reply
        peer.change_envelope = lambda envelope: replace(envelope, signature=bytes(64))
        with pytest.raises(SignatureInvalid):
            ngo.outbox.ask("liar", TEST_QUESTION, {})
