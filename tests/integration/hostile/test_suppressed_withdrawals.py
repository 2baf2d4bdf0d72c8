"""A member tries to keep a withdrawal from arriving: by a lie about the entity, by repeating it, by silence."""

import secrets
from collections.abc import Iterator

import grpc
import pytest

from consent_ledger.consents.model import ConsentState
from node.consents.status import consent_status
from node.fetch.asking import question_of
from node.fetch.cached_copies import shared_copies
from records_exchange.mailboxes import SqlMailbox
from records_exchange.message import NOTIFICATION_LIFETIME
from records_exchange.withdrawal import CONSENT_ENDED, CONSENT_WITHDRAWN, PART_LOST
from service.errors import PeerRefused
from tests.support.exchange import PERSON, ExchangeNetwork, hold, person_record
from tests.support.lied_withdrawals import (
    FIELDS,
    HONEST,
    acted,
    deliver,
    give,
    honest_network,
    honest_traffic_goes_on,
    said,
    send,
    state,
    states,
    tell,
    withdrawals,
)
from tests.support.peer_on_the_wire import PeerOnTheWire, answering
from tests.support.simulated_peer import SimulatedPeer
from tests.support.state import CONTACTS, state_digest

pytestmark = [pytest.mark.invariant(4), pytest.mark.invariant(8), pytest.mark.invariant(9)]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeNetwork]:
    with honest_network(tmp_path_factory.mktemp("network")) as network:
        yield network


@pytest.fixture(scope="module")
def liar(network: ExchangeNetwork) -> Iterator[PeerOnTheWire]:
    """A member with a part in the consents of these tests; it can be reached while it is `serving`."""
    peer = PeerOnTheWire(network, SimulatedPeer("liar", dict.fromkeys(FIELDS, "f")))
    yield peer
    peer.close()


@pytest.fixture
def consent(network: ExchangeNetwork, liar: PeerOnTheWire) -> str:
    """A consent given at `town`, that `county` holds too; `ngo` and the liar may receive under it."""
    return give(network, "ngo", liar.peer.entity)


# ---- lies about the entity


@pytest.mark.parametrize("kind", [CONSENT_WITHDRAWN, CONSENT_ENDED])
def test_a_liar_that_names_another_entity_keeps_nothing_from_it(
    network: ExchangeNetwork, liar: PeerOnTheWire, consent: str, kind: str
) -> None:
    with honest_traffic_goes_on(network):
        body = said(network, liar, consent, "county")
        if kind == CONSENT_ENDED:
            body = acted(network, consent) | {"entity": "county"}
        assert tell(network, liar, "town", kind, body).reason is None
        assert withdrawals(network.nodes["town"])[-1].entity == "liar", "it is said to have withdrawn who signed"
        deliver(network)
        assert states(network, consent) == {ConsentState.WITHDRAWN}


def test_the_persons_own_withdrawal_after_a_lie_is_taken_and_told_to_all(
    network: ExchangeNetwork, liar: PeerOnTheWire, consent: str
) -> None:
    with honest_traffic_goes_on(network):
        tell(network, liar, "town", CONSENT_WITHDRAWN, said(network, liar, consent, "county"))
        network.nodes["town"].consents.withdraw(consent)
        deliver(network)
        assert states(network, consent) == {ConsentState.WITHDRAWN}
        told = {each.entity for each in consent_status(network.nodes["town"].context, consent).notifications}
        assert told == {"county", "ngo", "liar"}


def test_a_statement_in_another_name_by_who_has_no_part_changes_nothing(
    network: ExchangeNetwork, liar: PeerOnTheWire
) -> None:
    consent, town = give(network, "ngo"), network.nodes["town"]
    with honest_traffic_goes_on(network):
        before = state_digest(town.context, but=CONTACTS)
        for entity in (*HONEST, "liar", "nobody"):
            reply = tell(network, liar, "town", CONSENT_WITHDRAWN, said(network, liar, consent, entity))
            assert reply.reason == "not_a_party"
        assert tell(network, liar, "town", PART_LOST, acted(network, consent)).reason == "not_a_party"
        ended = acted(network, consent) | {"entity": "county"}
        assert tell(network, liar, "town", CONSENT_ENDED, ended).reason == "not_a_party"
        assert state_digest(town.context, but=CONTACTS) == before
        assert state(town, consent) is ConsentState.GIVEN


@pytest.mark.parametrize(
    "statement", ["", "AAAA", "e30=", "[]", "A" * 9000, "eyJwYXlsb2FkVHlwZSI6MX0=", "\u0130"], ids=lambda text: text[:8]
)
def test_a_statement_that_is_none(network: ExchangeNetwork, liar: PeerOnTheWire, consent: str, statement: str) -> None:
    town = network.nodes["town"]
    before = state_digest(town.context)
    with pytest.raises(PeerRefused) as caught:
        tell(network, liar, "town", CONSENT_WITHDRAWN, acted(network, consent) | {"statement": statement})
    assert caught.value.peer_code == "message_malformed"
    assert state_digest(town.context) == before


def test_a_statement_about_another_consent(network: ExchangeNetwork, liar: PeerOnTheWire, consent: str) -> None:
    town, other = network.nodes["town"], secrets.token_hex(16)
    before = state_digest(town.context)
    with pytest.raises(PeerRefused) as caught:
        tell(network, liar, "town", CONSENT_WITHDRAWN, said(network, liar, other, "liar") | acted(network, consent))
    assert caught.value.peer_code == "message_malformed"
    assert state_digest(town.context) == before


def test_a_party_that_says_a_holder_has_no_part_does_not_end_the_consent_there(
    network: ExchangeNetwork, liar: PeerOnTheWire, consent: str
) -> None:
    """Only the entity where it was given takes a part from a holder; and that is no withdrawal for anybody else."""
    with honest_traffic_goes_on(network):
        assert tell(network, liar, "county", PART_LOST, acted(network, consent)).reason is None
        assert tell(network, liar, "town", PART_LOST, acted(network, consent)).reason is None
        deliver(network)
        assert states(network, consent) == {ConsentState.GIVEN}


def test_a_real_statement_brought_by_a_stranger_ends_the_consent_for_who_signed_it(
    network: ExchangeNetwork, liar: PeerOnTheWire
) -> None:
    """Whoever overhears it may pass it on: it is true, and its signer has a part."""
    consent, county = give(network, "ngo"), network.nodes["county"]
    county.consents.withdraw(consent)
    with county.context.snapshot() as session:
        (notification,) = [each for each in SqlMailbox(session).about(consent) if each.recipient == "town"]
    reply = tell(network, liar, "town", CONSENT_WITHDRAWN, notification.content)
    assert (reply.reason, reply.body["stated_by"]) == (None, "county")
    body = withdrawals(network.nodes["town"])[-1]
    assert (body.entity, body.statement_sha256 is not None) == ("county", True)
    deliver(network)


# ---- replays


def test_a_withdrawal_told_again_and_again_has_one_effect_and_fills_no_table(
    network: ExchangeNetwork, liar: PeerOnTheWire, consent: str
) -> None:
    town, now = network.nodes["town"], network.clock.now()
    message = liar.peer.tell(
        "town", now, CONSENT_WITHDRAWN, said(network, liar, consent, "liar"), expires=now + NOTIFICATION_LIFETIME
    )
    first = send(liar, "town", message)
    deliver(network)
    before = state_digest(town.context, but=CONTACTS)
    assert {send(liar, "town", message).model_dump_json() for _ in range(3)} == {first.model_dump_json()}
    for _ in range(20):  # new messages of the same content
        assert tell(network, liar, "town", CONSENT_WITHDRAWN, said(network, liar, consent, "liar")).reason is None
    assert state_digest(town.context, but=CONTACTS) == before


# ---- silence


def test_a_recipient_that_never_answers_is_named_and_delays_nobody(
    network: ExchangeNetwork, liar: PeerOnTheWire, consent: str
) -> None:
    town = network.nodes["town"]

    def refuse(_method: str, _data: bytes, context: grpc.ServicerContext) -> bytes:
        context.abort(grpc.StatusCode.UNAVAILABLE, "no")
        raise AssertionError

    with honest_traffic_goes_on(network), liar.serving(refuse):
        town.consents.withdraw(consent)
        deliver(network)
        assert states(network, consent) == {ConsentState.WITHDRAWN}
        assert consent_status(town.context, consent).outstanding == ("liar",)
        with liar.serving(answering(liar.peer, network)):
            network.clock.advance(hours=1)  # type: ignore[attr-defined]  # a frozen clock
            network.publish()
            deliver(network)
    assert consent_status(town.context, consent).outstanding == ()


def test_a_holder_that_acknowledges_and_passes_nothing_on_keeps_it_from_nobody(
    network: ExchangeNetwork, liar: PeerOnTheWire
) -> None:
    """The person withdraws where data was only received, and from the liar alone: nobody else is known there."""
    consent, ngo = give(network, "ngo", "liar"), network.nodes["ngo"]
    liar.peer.consents = (consent,)
    with honest_traffic_goes_on(network), liar.serving(answering(liar.peer, network)):
        hold(ngo, person_record())
        question = question_of(ngo.context, "casework", fields=("person.sex",))
        assert ngo.asking.fetch(PERSON, question, ["liar"]).replies[0].released
        ngo.consents.withdraw(consent)
        assert not [each for each in shared_copies(ngo.context, PERSON) if each.holder == "liar"]
        deliver(network, "ngo")
        assert liar.peer.told
        assert states(network, consent) == {ConsentState.WITHDRAWN}
