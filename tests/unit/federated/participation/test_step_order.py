"""The order of steps at a node: each once, after those before it, on one chain (invariant 6)."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from federated.campaign.steps import TableRequest, WeightsRequest
from federated.errors import RoundRefused
from federated.participation.step_order import position
from tests.support import campaigns
from tests.support.campaigns import ENTITY, AskedGuard
from tests.support.clock import START
from tests.support.guarded_steps import every_step, names
from trust.signing import Envelope

pytestmark = pytest.mark.invariant(6)


@pytest.fixture
def opened() -> Iterator[Session]:
    with campaigns.session() as session:
        yield session


@pytest.fixture
def guard(opened: Session) -> AskedGuard:
    return campaigns.guard(opened)


@pytest.fixture
def approved(guard: AskedGuard) -> Envelope:
    envelope = campaigns.sealed()
    guard.approve(envelope, campaigns.decision(envelope), START)
    guard.set_up(envelope)
    return envelope


@pytest.fixture
def counted(guard: AskedGuard) -> Envelope:
    envelope = campaigns.sealed(campaigns.manifest(counts_entities=True))
    guard.approve(envelope, campaigns.decision(envelope), START)
    return envelope


def test_every_step_of_an_approved_campaign_is_answered_once(guard: AskedGuard, counted: Envelope) -> None:
    for number, asked in enumerate(every_step(guard, counted)):
        assert guard.admit(asked, START).stored is None
        assert guard.record(asked, b"%d" % number, START) == b"%d" % number
        assert guard.admit(asked, START).stored == b"%d" % number
        assert guard.record(asked, b"other", START) == b"%d" % number


def test_each_step_needs_those_before_it(guard: AskedGuard, counted: Envelope) -> None:
    asked = list(every_step(guard, counted))  # all on the chain of a campaign in which nothing was answered
    for each in asked[1:]:
        with pytest.raises(RoundRefused):
            guard.admit(each, START)


def test_no_step_is_admitted_on_another_chain(guard: AskedGuard, counted: Envelope) -> None:
    for asked in every_step(guard, counted):
        forked = asked.document.model_copy(update={"previous": "0" * 64})
        with pytest.raises(RoundRefused):
            guard.admit(campaigns.asked(forked), START)
        guard.record(asked, b"answer", START)


def test_the_opening_may_be_left_out_and_comes_too_late_afterwards(guard: AskedGuard, counted: Envelope) -> None:
    steps = every_step(guard, counted)
    for _ in range(5):
        guard.record(next(steps), b"answer", START)
    opening = next(steps)
    guard.record(next(steps), b"answer", START)
    late = opening.document.model_copy(update={"previous": guard.previous(counted, "late")})
    with pytest.raises(RoundRefused):
        guard.admit(campaigns.asked(late), START)


def test_weights_taken_before_the_first_sum_are_those_of_every_sum(guard: AskedGuard, counted: Envelope) -> None:
    """A count told anew after the masked sum was taken for the first one, whose weights it did not change."""
    steps = every_step(guard, counted)
    for _ in range(7):
        guard.record(next(steps), b"answer", START)
    masked = next(steps)
    guard.record(masked, b"masked", START)
    named = {**names(counted), "previous": guard.previous(counted, "again")}
    with pytest.raises(RoundRefused):
        guard.admit(campaigns.asked(WeightsRequest(**named, table=b"y", counted=(ENTITY, "leon", "avila"))), START)


def test_a_campaign_that_counts_nobody_has_no_step_that_counts(guard: AskedGuard, approved: Envelope) -> None:
    named = {**names(approved), "previous": guard.previous(approved, "table")}
    with pytest.raises(RoundRefused):
        guard.admit(campaigns.asked(TableRequest(**named, cohort_sha256="0" * 64)), START)
    with pytest.raises(RoundRefused):
        guard.admit(guard.request(approved, counted_sha256="0" * 64), START)


def test_rounds_come_after_the_setup_and_unmasking_after_masking() -> None:
    steps = [
        "join",
        "reveal",
        "cohort",
        "agree",
        "table",
        "opening",
        "weights",
        "mask-1",
        "unmask-1",
        "mask-2",
        "unmask-2",
        "mask-10",
    ]
    assert sorted(steps, key=position) == steps
