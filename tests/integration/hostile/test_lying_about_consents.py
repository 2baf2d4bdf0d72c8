"""An entity sends consents and withdrawals that are not its to send, over mutual TLS: nothing comes of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

import pytest

from consent_ledger.consents.model import ConsentState
from consent_ledger.receipts.entry_proofs import prove_entry
from node.consents.consents import GrantInput
from node.fetch.asking import question_of
from node.ledger.own import own_consents, own_ledger
from node.ledger.witnessing.state import own_testimony
from protos.redpact.v1 import messages_pb2
from records_exchange.message import NOTIFICATION_LIFETIME, MessageReply
from records_exchange.travel import CONSENT_COPY, CONSENT_WITHDRAWN, encode_copy
from service.errors import PeerRefused
from service.wire import from_wire
from tests.support.exchange import PERSON, ExchangeNetwork
from tests.support.peer_on_the_wire import DELIVER, PeerOnTheWire
from tests.support.simulated_peer import SUBJECT
from tests.support.state import CONTACTS, state_digest

pytestmark = [pytest.mark.invariant(1), pytest.mark.invariant(8)]

TAKEN = CONTACTS | {"exchange_inbox", "exchange_ended_consent"}
"""What is written of any message that was taken: the memory that it came, and that its sender spoke of an end."""


@pytest.fixture(scope="module")
def consent(network: ExchangeNetwork) -> str:
    """Give the id of a consent given at the town, also for what the county holds; the liar has no part."""
    given = GrantInput(PERSON, ("casework",), ("ngo",), ("person.sex",), holders=("county",))
    consent = network.nodes["town"].consents.grant(given).consent_id
    network.nodes["town"].outbox.deliver_due()
    assert _state(network, "county", consent) is ConsentState.GIVEN
    return consent


def _state(network: ExchangeNetwork, entity: str, consent: str) -> ConsentState | None:
    node = network.nodes[entity]
    with node.context.snapshot() as session:
        view = own_consents(node.context, session).find(consent)
        return view.state if view else None


@contextmanager
def nothing_comes_of_it(network: ExchangeNetwork) -> Iterator[None]:
    county, ngo = network.nodes["county"], network.nodes["ngo"]
    before = state_digest(county.context, but=TAKEN)
    yield
    assert state_digest(county.context, but=TAKEN) == before
    question = question_of(ngo.context, "casework", fields=("person.sex",))
    assert ngo.asking.fetch(PERSON, question, ["county"]).replies[0].released


def tell(network: ExchangeNetwork, liar: PeerOnTheWire, kind: str, body: Mapping[str, object]) -> MessageReply:
    now = network.clock.now()
    message = liar.peer.tell("county", now, kind, body, subject=SUBJECT, expires=now + NOTIFICATION_LIFETIME)
    data = liar.send_to("county", DELIVER, message)
    reply = from_wire(messages_pb2.DeliverReply.FromString(data).reply)
    return MessageReply.model_validate_json(reply.payload)


def ended(network: ExchangeNetwork, consent: str, **changes: object) -> dict[str, object]:
    acted_at = network.clock.now().isoformat()
    return {"consent_id": consent, "entity": "town", "acted_at": acted_at, "acted_by": "person"} | changes


def test_a_withdrawal_of_a_consent_in_which_it_has_no_part(
    network: ExchangeNetwork, liar: PeerOnTheWire, consent: str
) -> None:
    with nothing_comes_of_it(network):
        for entity in ("town", "liar", "county"):
            reply = tell(network, liar, CONSENT_WITHDRAWN, ended(network, consent, entity=entity))
            assert reply.reason == "not_a_party"
    assert _state(network, "county", consent) is ConsentState.GIVEN


def test_a_withdrawal_of_a_consent_that_nobody_gave_bars_none_that_others_send(
    network: ExchangeNetwork, liar: PeerOnTheWire, consent: str
) -> None:
    with nothing_comes_of_it(network):
        assert tell(network, liar, CONSENT_WITHDRAWN, ended(network, "0" * 32)).reason is None
    assert _state(network, "county", consent) is ConsentState.GIVEN


def test_the_word_of_a_stranger_does_not_keep_a_consent_from_arriving(
    network: ExchangeNetwork, liar: PeerOnTheWire, consent: str
) -> None:
    town = network.nodes["town"]
    given = GrantInput(PERSON, ("casework",), ("ngo",), ("person.sex",), holders=("county",))
    second = town.consents.grant(given).consent_id
    tell(network, liar, CONSENT_WITHDRAWN, ended(network, second))  # it guessed the id, and is quicker
    town.outbox.deliver_due()
    assert _state(network, "county", second) is ConsentState.GIVEN
    assert _state(network, "county", consent) is ConsentState.GIVEN


@pytest.mark.parametrize(
    "changes",
    [
        {"consent_id": "../consents"},
        {"entity": "The Town"},
        {"acted_at": "0001-01-01T00:00:00+14:00"},
        {"acted_at": "yesterday"},
        {"acted_by": "me"},
        {"more": 1},
    ],
    ids=str,
)
def test_a_withdrawal_with_wrong_fields(
    network: ExchangeNetwork, liar: PeerOnTheWire, consent: str, changes: dict[str, object]
) -> None:
    with nothing_comes_of_it(network), pytest.raises(PeerRefused) as caught:
        tell(network, liar, CONSENT_WITHDRAWN, ended(network, consent, **changes))
    assert caught.value.peer_code == "message_malformed"


def test_a_consent_of_another_entitys_ledger(network: ExchangeNetwork, liar: PeerOnTheWire, consent: str) -> None:
    town = network.nodes["town"]
    with town.context.snapshot() as session:
        index = own_consents(town.context, session).get(consent).last_index
        _, proof = prove_entry(own_ledger(town.context, session), index, own_testimony(town.context, session))
    with nothing_comes_of_it(network):
        assert tell(network, liar, CONSENT_COPY, encode_copy(proof)).reason == "copy_invalid"


@pytest.mark.parametrize("proof", ["", "AAAA", "A" * 9000, "c2.sp/tlog-proof@v1"])
def test_a_consent_without_a_proof(network: ExchangeNetwork, liar: PeerOnTheWire, consent: str, proof: str) -> None:
    assert consent
    with nothing_comes_of_it(network):
        try:
            assert tell(network, liar, CONSENT_COPY, {"proof": proof}).reason == "copy_invalid"
        except PeerRefused as refused:
            assert refused.peer_code == "message_malformed"  # noqa: PT017 - both are right: no base64, or no proof


def test_a_pulse_of_a_stranger_keeps_nothing_alive(network: ExchangeNetwork, liar: PeerOnTheWire, consent: str) -> None:
    # The origin is silent; that somebody else vouches for it does not help. Last: time does not go back.
    network.clock.advance(hours=49)  # type: ignore[attr-defined]  # a frozen clock
    now, ngo = network.clock.now(), network.nodes["ngo"]
    pulse = liar.peer.tell("county", now, "pulse", {"complete_until": (now + timedelta(days=9)).isoformat()})
    liar.send_to("county", DELIVER, pulse)
    network.nodes["county"].consents.withdraw(_own_consent(network))
    question = question_of(ngo.context, "casework", fields=("person.sex",))
    assert not ngo.asking.fetch(PERSON, question, ["county"]).replies[0].released
    assert _state(network, "county", consent) is ConsentState.GIVEN


def _own_consent(network: ExchangeNetwork) -> str:
    county = network.nodes["county"]
    own = [view for view in county.consents.list(PERSON) if view.record.origin is None]
    return own[0].consent_id
