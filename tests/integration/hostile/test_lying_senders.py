"""Another entity sends our node messages that lie: refused by type, nothing changed, and honest messages are taken."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest

from node.seals.contacts import contacts_in
from policies.errors import RedpactError
from records_exchange.checks import MAX_CLOCK_SKEW
from records_exchange.message import MAX_MESSAGE_BYTES, NOTIFICATION_LIFETIME, parse_message
from records_exchange.request import REQUEST_LIFETIME
from service.errors import PeerRefused
from tests.support.exchange import ExchangeNetwork
from tests.support.lies import MESSAGE_LIES, SIGNED_GARBAGE, UNSIGNED, signed, signed_by
from tests.support.messages import TEST_NOTIFICATION, TEST_QUESTION
from tests.support.peer_on_the_wire import DELIVER, PeerOnTheWire
from tests.support.state import state_digest
from trust.canonical import encode
from trust.signing import Envelope

pytestmark = pytest.mark.invariant(8)


def notification(network: ExchangeNetwork, peer: PeerOnTheWire, **changes: object) -> Envelope:
    now = network.clock.now()
    life = {"expires": now + NOTIFICATION_LIFETIME}
    return peer.peer.tell("town", now, TEST_NOTIFICATION, {"number": 7}, **(life | changes))


def question(network: ExchangeNetwork, peer: PeerOnTheWire, **changes: object) -> Envelope:
    return peer.peer.tell("town", network.clock.now(), TEST_QUESTION, {}, **changes)


@contextmanager
def nothing_changes(network: ExchangeNetwork) -> Iterator[None]:
    """Expect that the town writes nothing and acts on nothing meanwhile, and takes an honest message afterwards."""
    town = network.nodes["town"]
    before, count = state_digest(town.context), network.taken["town"]
    yield
    assert (state_digest(town.context), network.taken["town"]) == (before, count)
    reply = network.nodes["ngo"].outbox.ask("town", TEST_QUESTION, {"number": 3})
    assert reply.reply.body == {"number": 3}


def refusal(peer: PeerOnTheWire, envelope: Envelope) -> str:
    with pytest.raises(PeerRefused) as caught:
        peer.send_to("town", DELIVER, envelope)
    return caught.value.peer_code


@pytest.mark.parametrize("lie", MESSAGE_LIES)
@pytest.mark.parametrize("make", [notification, question])
def test_a_message_that_lies_about_itself(
    network: ExchangeNetwork, liar: PeerOnTheWire, make: Callable[..., Envelope], lie: str
) -> None:
    with nothing_changes(network):
        found = MESSAGE_LIES[lie]
        assert refusal(liar, make(network, liar, **found.changes(network.clock.now()))) == found.code


@pytest.mark.parametrize("lie", UNSIGNED)
def test_a_message_whose_signature_does_not_hold(network: ExchangeNetwork, liar: PeerOnTheWire, lie: str) -> None:
    with nothing_changes(network):
        # What it is said to be decides who looks at it; nobody takes what is of no known type.
        expected = "malformed_document" if lie == "another type" else "signature_invalid"
        assert refusal(liar, UNSIGNED[lie](notification(network, liar))) == expected


def test_a_message_that_another_entity_signed(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    with nothing_changes(network):
        stranger = network.nodes["ngo"].context.keys.signing
        assert refusal(liar, signed_by(notification(network, liar), stranger)) == "signature_invalid"


@pytest.mark.parametrize("lie", SIGNED_GARBAGE)
def test_a_message_that_is_none(network: ExchangeNetwork, liar: PeerOnTheWire, lie: str) -> None:
    with nothing_changes(network):
        garbage = signed(notification(network, liar), liar.peer.signing, SIGNED_GARBAGE[lie])
        assert refusal(liar, garbage) == "message_malformed"


@pytest.mark.parametrize("body", [body for body in SIGNED_GARBAGE if body != "an empty object"])
def test_a_message_whose_body_is_garbage(network: ExchangeNetwork, liar: PeerOnTheWire, body: str) -> None:
    head = encode(parse_message(notification(network, liar).payload).model_dump(mode="json") | {"body": 0})
    payload = head.replace(b'"body":0', b'"body":' + SIGNED_GARBAGE[body])
    envelope = signed(notification(network, liar), liar.peer.signing, payload)
    with nothing_changes(network):
        assert refusal(liar, envelope) == "message_malformed"


def test_a_question_may_not_live_as_long_as_a_notice(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    expires = network.clock.now() + REQUEST_LIFETIME + timedelta(seconds=1)
    with nothing_changes(network):
        assert refusal(liar, question(network, liar, expires=expires)) == "message_stale"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"complete_until": "tomorrow"},
        {"complete_until": None},
        {"complete_until": "0001-01-01T00:00:00+14:00"},
        {"complete_until": "2026-01-01", "more": 1},
    ],
)
def test_a_pulse_with_a_wrong_body(network: ExchangeNetwork, liar: PeerOnTheWire, body: dict[str, object]) -> None:
    with nothing_changes(network):
        assert refusal(liar, liar.peer.tell("town", network.clock.now(), "pulse", body)) == "message_malformed"


def test_a_pulse_from_the_future_vouches_for_no_more_than_now(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    now = network.clock.now()
    pulse = liar.peer.tell(
        "town",
        now,
        "pulse",
        {"complete_until": (now + timedelta(days=3650)).isoformat()},
        issued=now + MAX_CLOCK_SKEW,
        expires=now + MAX_CLOCK_SKEW + REQUEST_LIFETIME,
    )
    liar.send_to("town", DELIVER, pulse)
    with network.nodes["town"].context.snapshot() as session:
        contact = contacts_in(session, network.nodes["town"].context.keys.cipher).of("liar")
    assert contact is not None
    assert contact.complete_until is not None
    assert contact.complete_until <= now + MAX_CLOCK_SKEW


def test_a_notice_that_comes_again_happens_once_and_gets_the_same_reply(
    network: ExchangeNetwork, liar: PeerOnTheWire
) -> None:
    envelope = notification(network, liar)
    first = liar.send_to("town", DELIVER, envelope)
    with nothing_changes(network):
        assert {liar.send_to("town", DELIVER, envelope) for _ in range(3)} == {first}


def test_a_notice_that_comes_many_times_at_once_happens_once(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    envelope, before = notification(network, liar), network.taken["town"]

    def send(_: int) -> bytes | str:
        try:
            return liar.send_to("town", DELIVER, envelope)
        except PeerRefused as error:
            return error.peer_code

    with ThreadPoolExecutor(12) as pool:
        outcomes = set(pool.map(send, range(24)))
    assert len(outcomes - {"message_replayed"}) == 1
    with network.nodes["town"].context.snapshot() as session:
        assert session.connection().exec_driver_sql(
            "SELECT count(*) FROM exchange_inbox WHERE message_id = ?", (parse_message(envelope.payload).id,)
        ).scalar_one() == 1  # fmt: skip
    assert network.taken["town"] > before


def test_other_content_under_the_id_of_an_earlier_message(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    first = notification(network, liar)
    liar.send_to("town", DELIVER, first)
    identity = parse_message(first.payload).id
    with nothing_changes(network):
        assert refusal(liar, notification(network, liar, id=identity, body={"number": 8})) == "message_replayed"
        assert refusal(liar, question(network, liar, id=identity)) == "message_replayed"


def test_a_question_that_is_put_again(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    envelope = question(network, liar)
    liar.send_to("town", DELIVER, envelope)
    with nothing_changes(network):
        assert refusal(liar, envelope) == "message_replayed"


def test_an_id_that_another_entity_used_is_no_obstacle(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    # Else whoever overhears an id could keep a withdrawal from arriving.
    envelope = notification(network, liar)
    identity = parse_message(envelope.payload).id
    liar.send_to("town", DELIVER, envelope)
    ngo, now = network.nodes["ngo"], network.clock.now()
    honest = liar.peer.tell("town", now, TEST_NOTIFICATION, {}, id=identity, sender="ngo")
    reply = ngo.transport.call(network.parties["town"], signed(honest, ngo.context.keys.signing, honest.payload))
    assert reply.payload


def test_messages_in_another_order_each_happen_once(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    before = network.taken["town"]
    envelopes = [notification(network, liar, body={"number": number}) for number in range(5)]
    for envelope in [*reversed(envelopes), *envelopes]:
        liar.send_to("town", DELIVER, envelope)
    assert network.taken["town"] - before == 5


@pytest.mark.parametrize("size", [MAX_MESSAGE_BYTES + 1, MAX_MESSAGE_BYTES + 5000, 3_000_000])
def test_a_message_that_is_too_large(network: ExchangeNetwork, liar: PeerOnTheWire, size: int) -> None:
    payload = b'{"x":"' + b"a" * (size - 8) + b'"}'
    with nothing_changes(network), pytest.raises(RedpactError) as caught:
        liar.send_to("town", DELIVER, signed(notification(network, liar), liar.peer.signing, payload))
    code = caught.value.peer_code if isinstance(caught.value, PeerRefused) else caught.value.code
    assert code in ("message_malformed", "call_too_large", "peer_unreachable", "peer_silent")
