"""Where time decides whether something may be shared, it decides to the microsecond, and in favour of sharing less."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from consent_ledger.consents.model import ConsentState
from node.consents.in_force import consents_in_force
from node.consents.report import consents_document, consents_text
from node.context import NodeContext
from node.ledger.own import own_consents
from node.locator.live_consents import LiveConsents
from records_exchange.answer import AnswerOutcome, FetchAnswer
from tests.support.answering import ask, request
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory, answering_of, consents_of, grant

TICK = timedelta(microseconds=1)
DAYS = 30


@pytest.fixture
def at(clock: FrozenClock, directory: SignedDirectory) -> Callable[[datetime], None]:
    """Let the time be a moment to come, under a directory in force."""

    def move(moment: datetime) -> None:
        clock.advance(microseconds=(moment - clock.now()) // TICK)
        assert clock.now() == moment
        directory.publish()

    return move


def end_of(context: NodeContext, consent: str) -> datetime:
    with context.snapshot() as session:
        return own_consents(context, session).get(consent).record.valid_until


def answer(context: NodeContext) -> FetchAnswer:
    return ask(answering_of(context), request(context, fields=("person.sex",)))


@pytest.mark.invariant(1)
@pytest.mark.parametrize(("before", "outcome"), [(TICK, AnswerOutcome.RELEASED), (timedelta(0), AnswerOutcome.REFUSED)])
def test_the_last_answer_leaves_a_microsecond_before_the_end(
    context: NodeContext, at: Callable[[datetime], None], before: timedelta, outcome: AnswerOutcome
) -> None:
    consent = grant(context, "ngo", valid_days=DAYS)
    at(end_of(context, consent) - before)
    assert answer(context).outcome is outcome


@pytest.mark.parametrize(("before", "published"), [(TICK, True), (timedelta(0), False)])
def test_what_is_published_ends_with_the_consent(context: NodeContext, before: timedelta, published: bool) -> None:
    consent = grant(context, "ngo", valid_days=DAYS)
    live = LiveConsents(context)
    with context.snapshot() as session:
        live.refresh(session)
        assert bool(list(live.at(session, end_of(context, consent) - before))) is published


@pytest.mark.parametrize(("before", "states"), [(TICK, []), (timedelta(0), [ConsentState.EXPIRED])])
def test_the_ledger_is_told_of_an_end_when_it_has_come(
    context: NodeContext, at: Callable[[datetime], None], before: timedelta, states: list[ConsentState]
) -> None:
    consent = grant(context, "ngo", valid_days=DAYS)
    at(end_of(context, consent) - before)
    assert [view.state for view in consents_of(context).expire_due()] == states


@pytest.mark.parametrize(
    ("days", "before", "due"),
    [
        (10, timedelta(days=10, hours=23), True),  # eleven local days, one of 23 hours
        (10, timedelta(days=10, hours=23) + TICK, False),
        (10, TICK, True),
        (10, timedelta(0), False),
    ],
    ids=["from-the-first-day", "not-before", "to-the-last-moment", "not-when-it-is-over"],
)
def test_a_consent_is_due_from_the_days_before_its_last_day_until_it_ends(
    context: NodeContext, at: Callable[[datetime], None], days: int, before: timedelta, due: bool
) -> None:
    consent = grant(context, "ngo", valid_days=DAYS)
    at(end_of(context, consent) - before)
    assert [each.view.consent_id for each in consents_of(context).due(days)] == ([consent] if due else [])


def test_a_consent_given_at_night_is_valid_to_the_end_of_a_local_day(
    context: NodeContext, at: Callable[[datetime], None]
) -> None:
    at(datetime(2027, 6, 30, 22, 30, tzinfo=UTC))  # 00:30 of 1 July in Madrid
    consent = grant(context, "ngo", valid_days=30)
    assert end_of(context, consent) == datetime(2027, 7, 31, 22, 0, tzinfo=UTC)
    assert consents_document(consents_in_force(context))["consents"][0]["last_day"] == "2027-07-31"
    assert "31 jul 2027" in consents_text(consents_in_force(context))
