"""Where time decides whether something may be shared, it decides to the microsecond, and in favour of sharing less."""

from datetime import datetime, timedelta

import pytest

from consent_ledger.consents.model import ConsentState
from node.ledger.own import own_consents
from node.locator.live_consents import LiveConsents
from records_exchange.answer import AnswerOutcome, FetchAnswer, parse_answer
from records_exchange.linkage import PairwiseKey
from records_exchange.request import Question, build_request, opened_by_default, seal_request
from tests.support.clock import FrozenClock
from tests.support.exchange import NETWORK, PERSON, ExchangeNetwork, grant

TICK = timedelta(microseconds=1)
DAYS = 30


def at(network: ExchangeNetwork, moment: datetime) -> None:
    assert isinstance(network.clock, FrozenClock)
    network.clock.advance(seconds=0, microseconds=(moment - network.clock.now()) // TICK)
    assert network.clock.now() == moment
    network.publish()


def end_of(network: ExchangeNetwork, consent: str) -> datetime:
    with network.nodes["town"].context.snapshot() as session:
        return own_consents(network.nodes["town"].context, session).get(consent).record.valid_until


def ask(network: ExchangeNetwork) -> FetchAnswer:
    asker = network.nodes["ngo"]
    peer = bytes.fromhex(network.parties["town"].exchange_key)
    key = PairwiseKey.derive(asker.context.keys.exchange, peer, network=NETWORK)
    asked = build_request(
        Question("casework", ("person.sex",), "entity_technician", access=opened_by_default()),
        asker="ngo",
        holder="town",
        subject=key.pseudonym(PERSON.kind.value, PERSON.number),
        now=network.clock.now(),
    )
    return parse_answer(
        network.nodes["town"].answering.answer(seal_request(asked, asker.context.keys.signing), "ngo").payload
    )


@pytest.mark.invariant(1)
@pytest.mark.parametrize(("before", "outcome"), [(TICK, AnswerOutcome.RELEASED), (timedelta(0), AnswerOutcome.REFUSED)])
def test_the_last_answer_leaves_a_microsecond_before_the_end(
    network: ExchangeNetwork, before: timedelta, outcome: AnswerOutcome
) -> None:
    consent = grant(network.nodes["town"], "ngo", valid_days=DAYS)
    at(network, end_of(network, consent) - before)
    assert ask(network).outcome is outcome


@pytest.mark.parametrize(("before", "published"), [(TICK, True), (timedelta(0), False)])
def test_what_is_published_ends_with_the_consent(network: ExchangeNetwork, before: timedelta, published: bool) -> None:
    consent = grant(network.nodes["town"], "ngo", valid_days=DAYS)
    live = LiveConsents(network.nodes["town"].context)
    with network.nodes["town"].context.snapshot() as session:
        live.refresh(session)
    assert bool(list(live.at(end_of(network, consent) - before))) is published


@pytest.mark.parametrize(("before", "states"), [(TICK, []), (timedelta(0), [ConsentState.EXPIRED])])
def test_the_ledger_is_told_of_an_end_when_it_has_come(
    network: ExchangeNetwork, before: timedelta, states: list[ConsentState]
) -> None:
    consent = grant(network.nodes["town"], "ngo", valid_days=DAYS)
    at(network, end_of(network, consent) - before)
    assert [view.state for view in network.nodes["town"].consents.expire_due()] == states


@pytest.mark.parametrize(
    ("days", "before", "due"),
    [
        (10, timedelta(days=10), True),
        (10, timedelta(days=10) + TICK, False),
        (10, TICK, True),
        (10, timedelta(0), False),
    ],
    ids=["from-the-first-day", "not-before", "to-the-last-moment", "not-when-it-is-over"],
)
def test_a_consent_is_due_from_the_days_before_its_end_until_it_ends(
    network: ExchangeNetwork, days: int, before: timedelta, due: bool
) -> None:
    consent = grant(network.nodes["town"], "ngo", valid_days=DAYS)
    at(network, end_of(network, consent) - before)
    assert [each.view.consent_id for each in network.nodes["town"].consents.due(days)] == ([consent] if due else [])
