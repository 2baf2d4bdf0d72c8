from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy.orm import Session
from typing_extensions import override

from federated.accountant import GaussianRounds, epsilon_of
from federated.budget import BudgetLimit, EpsilonLedger, Spend
from federated.errors import (
    BudgetDamaged,
    BudgetExceeded,
    BudgetUnknown,
    CampaignNotApproved,
    FederatedError,
    PrivacyTermsInvalid,
    RoundRefused,
)
from federated.sql_store import SqlBudgetStore
from federated.tables import ReservationRow
from tests.support import campaigns
from tests.support.campaigns import DATASET
from tests.support.clock import START

PLAN = GaussianRounds(noise_multiplier=8.0, count=4)
LIMIT = 4.0


@pytest.fixture
def opened() -> Iterator[Session]:
    with campaigns.session() as session:
        yield session


@pytest.fixture
def budget(opened: Session) -> EpsilonLedger:
    return campaigns.ledger(opened, LIMIT)


def spend(round_number: int, campaign: str = "a", asked: str = "x", reply: bytes = b"reply") -> Spend:
    return Spend(campaign, round_number, asked, reply, START + timedelta(minutes=round_number))


def test_a_data_set_without_a_limit_takes_part_in_nothing(opened: Session) -> None:
    with pytest.raises(BudgetUnknown):
        EpsilonLedger(SqlBudgetStore(opened)).reserve("a", "unknown", PLAN, START)


def test_a_reservation_counts_in_full_before_anything_is_spent(budget: EpsilonLedger) -> None:
    statement = budget.reserve("a", DATASET, PLAN, START)
    assert statement.spent == 0.0
    assert statement.committed == pytest.approx(epsilon_of([PLAN], 1e-5))
    assert statement.left == pytest.approx(LIMIT - statement.committed)


def test_what_does_not_fit_beside_what_is_promised_is_refused_and_changes_nothing(budget: EpsilonLedger) -> None:
    budget.reserve("a", DATASET, PLAN, START)
    before = budget.statement(DATASET)
    with pytest.raises(BudgetExceeded):
        budget.reserve("b", DATASET, GaussianRounds(8.0, 200), START)
    assert budget.statement(DATASET) == before


def test_reserving_twice_is_reserving_once_and_other_terms_are_refused(budget: EpsilonLedger) -> None:
    first = budget.reserve("a", DATASET, PLAN, START)
    assert budget.reserve("a", DATASET, PLAN, START) == first
    with pytest.raises(RoundRefused):
        budget.reserve("a", DATASET, GaussianRounds(8.0, 5), START)


@pytest.mark.invariant(6)
def test_a_round_asked_again_gives_the_same_bytes_and_costs_nothing(budget: EpsilonLedger) -> None:
    budget.reserve("a", DATASET, PLAN, START)
    assert budget.record(spend(1, reply=b"first")) == b"first"
    cost = budget.statement(DATASET).spent
    assert budget.record(spend(1, reply=b"fresh noise")) == b"first"
    assert budget.stored_reply("a", 1, "x") == b"first"
    assert budget.statement(DATASET).spent == cost


@pytest.mark.invariant(6)
def test_a_round_asked_again_with_other_content_is_refused(budget: EpsilonLedger) -> None:
    budget.reserve("a", DATASET, PLAN, START)
    budget.record(spend(1))
    with pytest.raises(RoundRefused):
        budget.record(spend(1, asked="other"))


@pytest.mark.parametrize("round_number", [0, -1, 5, 1])
def test_rounds_outside_the_plan_or_out_of_order_are_refused(budget: EpsilonLedger, round_number: int) -> None:
    budget.reserve("a", DATASET, PLAN, START)
    budget.record(spend(2))
    with pytest.raises(RoundRefused):
        budget.record(spend(round_number))


def test_nothing_is_spent_without_a_reservation_or_after_closing(budget: EpsilonLedger) -> None:
    with pytest.raises(CampaignNotApproved):
        budget.record(spend(1))
    budget.reserve("a", DATASET, PLAN, START)
    budget.close("a", START)
    with pytest.raises(CampaignNotApproved):
        budget.record(spend(1))


def test_closing_frees_what_was_not_used_and_keeps_what_was(budget: EpsilonLedger) -> None:
    budget.reserve("a", DATASET, PLAN, START)
    budget.record(spend(1))
    budget.close("a", START)
    budget.close("a", START)
    statement = budget.statement(DATASET)
    assert statement.committed == statement.spent == pytest.approx(epsilon_of([GaussianRounds(8.0, 1)], 1e-5))


def test_a_lowered_limit_stops_the_rounds_that_are_left(budget: EpsilonLedger) -> None:
    budget.reserve("a", DATASET, PLAN, START)
    budget.record(spend(1))
    budget.set_limit(BudgetLimit(DATASET, budget.statement(DATASET).spent, 1e-5), START)
    with pytest.raises(BudgetExceeded):
        budget.record(spend(2))


@pytest.mark.parametrize("limit", [(0.0, 1e-5), (51.0, 1e-5), (1.0, 0.0), (1.0, 0.1), (1.0, 1e-6)])
def test_a_limit_that_means_nothing_or_moves_delta_is_refused(
    budget: EpsilonLedger, limit: tuple[float, float]
) -> None:
    with pytest.raises(PrivacyTermsInvalid):
        budget.set_limit(BudgetLimit(DATASET, *limit), START)


def test_a_damaged_budget_spends_nothing(budget: EpsilonLedger, opened: Session) -> None:
    budget.reserve("a", DATASET, PLAN, START)
    budget.record(spend(1))
    budget.record(spend(2))
    opened.query(ReservationRow).update({"rounds": 1})
    opened.expire_all()
    with pytest.raises(BudgetDamaged):
        budget.record(spend(3))


class Budget(RuleBasedStateMachine):
    """Any order of reserving, spending, asking again, closing and changing limits."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.replies: dict[tuple[str, int], bytes] = {}
        self.open: dict[str, GaussianRounds] = {}

    @initialize()
    def start(self) -> None:
        self.budget = campaigns.ledger(self.stack.enter_context(campaigns.session()), LIMIT)
        self.limit = LIMIT

    @rule(campaign=st.sampled_from("abc"), noise=st.sampled_from([4.0, 8.0, 16.0]), count=st.integers(1, 6))
    def reserve(self, campaign: str, noise: float, count: int) -> None:
        try:
            self.budget.reserve(campaign, DATASET, GaussianRounds(noise, count), START)
        except FederatedError:
            return
        self.open.setdefault(campaign, GaussianRounds(noise, count))

    @rule(campaign=st.sampled_from("abc"), round_number=st.integers(0, 7), reply=st.binary(min_size=1, max_size=4))
    def record(self, campaign: str, round_number: int, reply: bytes) -> None:
        known = self.replies.get((campaign, round_number))
        try:
            sent = self.budget.record(spend(round_number, campaign, reply=reply))
        except FederatedError:
            assert known is None
            return
        assert sent == (known or reply)
        self.replies[campaign, round_number] = sent

    @rule(campaign=st.sampled_from("abc"))
    def close(self, campaign: str) -> None:
        self.budget.close(campaign, START)

    @rule(epsilon=st.sampled_from([0.5, 2.0, 4.0]))
    def change_limit(self, epsilon: float) -> None:
        self.budget.set_limit(BudgetLimit(DATASET, epsilon, 1e-5), START)
        self.limit = max(self.limit, epsilon)

    @invariant()
    def what_is_spent_is_what_left_and_never_above_the_highest_limit(self) -> None:
        rounds = [GaussianRounds(self.open[campaign].noise_multiplier, 1) for campaign, _ in self.replies]
        statement = self.budget.statement(DATASET)
        assert statement.spent == pytest.approx(epsilon_of(rounds, 1e-5))
        assert statement.spent <= statement.committed + 1e-9
        assert statement.spent <= self.limit

    @override
    def teardown(self) -> None:
        self.stack.close()


TestBudgetInAnyOrder = pytest.mark.invariant(6)(Budget.TestCase)
TestBudgetInAnyOrder.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
