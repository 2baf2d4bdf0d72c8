from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy.orm import Session
from typing_extensions import override

from federated.budget.budget_store import BudgetLimit, RecordedUnmasking, Spend
from federated.budget.epsilon_ledger import EpsilonLedger
from federated.errors import (
    BudgetDamaged,
    BudgetExceeded,
    BudgetUnknown,
    CampaignNotApproved,
    FederatedError,
    PrivacyTermsInvalid,
    RoundRefused,
)
from federated.privacy.accountant import GaussianRounds, epsilon_of
from federated.privacy.stages import Stage, StageKind, epsilon_of_stages
from federated.storage.sql_budget import SqlBudgetStore
from federated.storage.tables import ReservationRow, SpendRow
from tests.support import campaigns
from tests.support.campaigns import reserved
from tests.support.clock import START

LIMIT = 4.0


def stages(noise: float = 8.0, rounds: int = 4, *, evaluate: float = 0.0) -> tuple[Stage, ...]:
    """Return one stage of training and, with `evaluate` as its noise, one round that measures."""
    train = Stage(kind=StageKind.TRAIN, rounds=rounds, noise_multiplier=noise)
    if not evaluate:
        return (train,)
    return train, Stage(kind=StageKind.EVALUATE, rounds=1, noise_multiplier=evaluate)


PLAN = stages()


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
        EpsilonLedger(SqlBudgetStore(opened)).reserve(reserved("a", PLAN), START)


def test_a_reservation_counts_in_full_before_anything_is_spent(budget: EpsilonLedger) -> None:
    statement = budget.reserve(reserved("a", PLAN), START)
    assert statement.spent == 0.0
    assert statement.committed == pytest.approx(epsilon_of([GaussianRounds(8.0, 4)], 1e-5))
    assert statement.left == pytest.approx(LIMIT - statement.committed)


def test_what_does_not_fit_beside_what_is_promised_is_refused_and_changes_nothing(budget: EpsilonLedger) -> None:
    budget.reserve(reserved("a", PLAN), START)
    before = budget.statement()
    with pytest.raises(BudgetExceeded):
        budget.reserve(reserved("b", stages(8.0, 200)), START)
    assert budget.statement() == before


def test_reserving_twice_is_reserving_once_and_other_terms_are_refused(budget: EpsilonLedger) -> None:
    first = budget.reserve(reserved("a", PLAN), START)
    assert budget.reserve(reserved("a", PLAN), START) == first
    with pytest.raises(RoundRefused):
        budget.reserve(reserved("a", stages(8.0, 5)), START)


@pytest.mark.invariant(6)
def test_a_round_asked_again_gives_the_same_bytes_and_costs_nothing(budget: EpsilonLedger) -> None:
    budget.reserve(reserved("a", PLAN), START)
    assert budget.record(spend(1, reply=b"first")) == b"first"
    cost = budget.statement().spent
    assert budget.record(spend(1, reply=b"fresh noise")) == b"first"
    assert budget.stored_reply("a", 1, "x") == b"first"
    assert budget.statement().spent == cost


@pytest.mark.invariant(6)
def test_a_round_asked_again_with_other_content_is_refused(budget: EpsilonLedger) -> None:
    budget.reserve(reserved("a", PLAN), START)
    budget.record(spend(1))
    with pytest.raises(RoundRefused):
        budget.record(spend(1, asked="other"))


@pytest.mark.parametrize("round_number", [0, -1, 5, 1])
def test_rounds_outside_the_plan_or_out_of_order_are_refused(budget: EpsilonLedger, round_number: int) -> None:
    budget.reserve(reserved("a", PLAN), START)
    budget.record(spend(2))
    with pytest.raises(RoundRefused):
        budget.record(spend(round_number))


def test_nothing_is_spent_without_a_reservation_or_after_closing(budget: EpsilonLedger) -> None:
    with pytest.raises(CampaignNotApproved):
        budget.record(spend(1))
    budget.reserve(reserved("a", PLAN), START)
    budget.close("a", START)
    with pytest.raises(CampaignNotApproved):
        budget.record(spend(1))


def test_closing_frees_what_was_not_used_and_keeps_what_was(budget: EpsilonLedger) -> None:
    budget.reserve(reserved("a", PLAN), START)
    budget.record(spend(1))
    budget.close("a", START)
    budget.close("a", START)
    statement = budget.statement()
    assert statement.committed == statement.spent == pytest.approx(epsilon_of([GaussianRounds(8.0, 1)], 1e-5))


def test_a_lowered_limit_stops_the_rounds_that_are_left(budget: EpsilonLedger) -> None:
    budget.reserve(reserved("a", PLAN), START)
    budget.record(spend(1))
    budget.set_limit(BudgetLimit(budget.statement().spent, 1e-5), START)
    with pytest.raises(BudgetExceeded):
        budget.record(spend(2))


@pytest.mark.parametrize("limit", [(0.0, 1e-5), (51.0, 1e-5), (1.0, 0.0), (1.0, 0.1), (1.0, 1e-6)])
def test_a_limit_that_means_nothing_or_moves_delta_is_refused(
    budget: EpsilonLedger, limit: tuple[float, float]
) -> None:
    with pytest.raises(PrivacyTermsInvalid):
        budget.set_limit(BudgetLimit(*limit), START)


@pytest.mark.parametrize("text", [f"[{stages(8.0, 1)[0].model_dump_json()}]", "[]", "{", "[{}]"])
def test_a_damaged_budget_spends_nothing(budget: EpsilonLedger, opened: Session, text: str) -> None:
    budget.reserve(reserved("a", PLAN), START)
    budget.record(spend(1))
    budget.record(spend(2))
    opened.query(ReservationRow).update({"stages": text})
    opened.expire_all()
    with pytest.raises(BudgetDamaged):
        budget.record(spend(3))


def test_who_is_trained_on_and_who_is_held_out_do_not_add_up(budget: EpsilonLedger) -> None:
    both = stages(8.0, 4, evaluate=4.0)
    statement = budget.reserve(reserved("a", both), START)
    training, held_out = epsilon_of([GaussianRounds(8.0, 4)], 1e-5), epsilon_of([GaussianRounds(4.0, 1)], 1e-5)
    assert statement.committed == epsilon_of_stages(both, 1e-5) == max(training, held_out)
    for number in range(1, 6):
        budget.record(spend(number))
    assert budget.statement().spent == max(training, held_out)


def test_each_part_adds_up_over_campaigns(budget: EpsilonLedger) -> None:
    budget.reserve(reserved("a", stages(8.0, 4, evaluate=4.0)), START)
    statement = budget.reserve(reserved("b", stages(20.0, 1, evaluate=3.0)), START)
    training = epsilon_of([GaussianRounds(8.0, 4), GaussianRounds(20.0, 1)], 1e-5)
    held_out = epsilon_of([GaussianRounds(4.0, 1), GaussianRounds(3.0, 1)], 1e-5)
    assert statement.committed == max(training, held_out) == held_out


@pytest.mark.invariant(6)
def test_a_round_is_unmasked_for_one_list_of_survivors(budget: EpsilonLedger) -> None:
    budget.reserve(reserved("a", PLAN), START)
    with pytest.raises(RoundRefused):
        budget.record_unmasking("a", 1, RecordedUnmasking("list", b"answer"))
    budget.record(spend(1))
    assert budget.stored_unmasking("a", 1, "list") is None
    assert budget.record_unmasking("a", 1, RecordedUnmasking("list", b"answer")) == b"answer"
    assert budget.record_unmasking("a", 1, RecordedUnmasking("list", b"fresh")) == b"answer"
    assert budget.stored_unmasking("a", 1, "list") == b"answer"
    with pytest.raises(RoundRefused):
        budget.record_unmasking("a", 1, RecordedUnmasking("another list", b"answer"))


def spends(opened: Session) -> None:
    """Spend three rounds in two campaigns on one data set."""
    budget = EpsilonLedger(SqlBudgetStore(opened))
    for campaign in ("a", "b"):
        budget.reserve(reserved(campaign, PLAN), START)
    for number, campaign in ((1, "a"), (1, "b"), (2, "a")):
        budget.record(spend(number, campaign))


def taken_out(opened: Session) -> None:
    opened.delete(opened.get_one(SpendRow, ("b", 1)))


def taken_out_and_the_places_closed_up(opened: Session) -> None:
    opened.delete(opened.get_one(SpendRow, ("b", 1)))
    opened.flush()
    opened.get_one(SpendRow, ("a", 2)).sequence = 2


def put_in(opened: Session) -> None:
    first = opened.get_one(SpendRow, ("a", 1))
    copied = {column.name: getattr(first, column.name) for column in SpendRow.__table__.columns}
    opened.add(SpendRow(**{**copied, "round": 4, "sequence": 4}))


def another_question(opened: Session) -> None:
    opened.get_one(SpendRow, ("b", 1)).request_sha256 = "other"


def another_round(opened: Session) -> None:
    opened.get_one(SpendRow, ("a", 2)).round = 3


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    "damage", [taken_out, taken_out_and_the_places_closed_up, put_in, another_question, another_round]
)
def test_a_spend_taken_out_put_in_or_changed_is_noticed_before_anything_more_is_promised(
    budget: EpsilonLedger, opened: Session, damage: Callable[[Session], None]
) -> None:
    spends(opened)
    assert budget.verify() == 3
    damage(opened)
    opened.flush()
    opened.expire_all()
    with pytest.raises(BudgetDamaged):
        budget.verify()
    with pytest.raises(BudgetDamaged):
        budget.reserve(reserved("c", PLAN), START)


class Budget(RuleBasedStateMachine):
    """Any order of reserving, spending, asking again, closing and changing limits."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.replies: dict[tuple[str, int], bytes] = {}
        self.unmasked: dict[tuple[str, int], str] = {}
        self.open: dict[str, tuple[Stage, ...]] = {}

    @initialize()
    def start(self) -> None:
        self.budget = campaigns.ledger(self.stack.enter_context(campaigns.session()), LIMIT)
        self.limit = LIMIT

    @rule(
        campaign=st.sampled_from("abc"),
        noise=st.sampled_from([4.0, 8.0, 16.0]),
        count=st.integers(1, 6),
        evaluate=st.sampled_from([0.0, 2.0, 6.0]),
    )
    def reserve(self, campaign: str, noise: float, count: int, evaluate: float) -> None:
        asked = stages(noise, count, evaluate=evaluate)
        try:
            self.budget.reserve(reserved(campaign, asked), START)
        except FederatedError:
            return
        self.open.setdefault(campaign, asked)

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

    @rule(campaign=st.sampled_from("abc"), round_number=st.integers(0, 7), asked=st.sampled_from("xy"))
    def unmask(self, campaign: str, round_number: int, asked: str) -> None:
        known = self.unmasked.get((campaign, round_number))
        try:
            sent = self.budget.record_unmasking(campaign, round_number, RecordedUnmasking(asked, asked.encode()))
        except RoundRefused:
            assert (campaign, round_number) not in self.replies or known not in {None, asked}
            return
        assert (campaign, round_number) in self.replies
        assert known in {None, asked}
        assert sent == asked.encode()
        self.unmasked[campaign, round_number] = asked

    @rule(campaign=st.sampled_from("abc"))
    def close(self, campaign: str) -> None:
        self.budget.close(campaign, START)

    @rule(epsilon=st.sampled_from([0.5, 2.0, 4.0]))
    def change_limit(self, epsilon: float) -> None:
        self.budget.set_limit(BudgetLimit(epsilon, 1e-5), START)
        self.limit = max(self.limit, epsilon)

    @invariant()
    def what_is_spent_is_what_left_and_never_above_the_highest_limit(self) -> None:
        parts: dict[bool, list[GaussianRounds]] = {True: [], False: []}
        for campaign, number in self.replies:
            train, *rest = self.open[campaign]
            held_out = number > train.rounds
            parts[held_out].append(GaussianRounds((rest[0] if held_out else train).noise_multiplier, 1))
        statement = self.budget.statement()
        assert statement.spent == pytest.approx(max(epsilon_of(rounds, 1e-5) for rounds in parts.values()))
        assert self.budget.verify() == len(self.replies)
        assert statement.spent <= statement.committed + 1e-9
        assert statement.spent <= self.limit

    @override
    def teardown(self) -> None:
        self.stack.close()


TestBudgetInAnyOrder = pytest.mark.invariant(6)(Budget.TestCase)
TestBudgetInAnyOrder.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
