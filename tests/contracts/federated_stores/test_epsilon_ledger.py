"""The epsilon ledger over real databases, with several workers at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from federated.budget.budget_store import BudgetLimit, RecordedUnmasking, Spend
from federated.budget.epsilon_ledger import EpsilonLedger
from federated.errors import BudgetDamaged, BudgetExceeded, RoundRefused
from federated.privacy.stages import Stage, StageKind
from federated.storage.sql_budget import SqlBudgetStore
from federated.storage.tables import SpendRow
from service.storage import transaction
from tests.support.campaigns import reserved
from tests.support.clock import START

WORKERS = 4
LIMIT = BudgetLimit(2.0, 1e-5)
PLAN = (
    Stage(kind=StageKind.TRAIN, rounds=3, noise_multiplier=4.0),
    Stage(kind=StageKind.EVALUATE, rounds=1, noise_multiplier=3.0),
)


@pytest.mark.invariant(6)
def test_workers_asked_the_same_round_at_once_send_the_same_bytes(engine: Engine) -> None:
    with transaction(engine) as session:
        budget = EpsilonLedger(SqlBudgetStore(session))
        budget.set_limit(LIMIT, START)
        budget.reserve(reserved("a", PLAN), START)

    def answer(worker: int) -> bytes:
        with transaction(engine) as session:
            budget = EpsilonLedger(SqlBudgetStore(session))
            return budget.record(Spend("a", 1, "asked", f"noise {worker}".encode(), START))

    with ThreadPoolExecutor(WORKERS) as pool:
        sent = set(pool.map(answer, range(WORKERS)))
    assert len(sent) == 1
    with transaction(engine) as session:
        (reservation,) = EpsilonLedger(SqlBudgetStore(session)).statement().reservations
    assert reservation.spent == {1}


@pytest.mark.invariant(6)
def test_approvals_at_once_never_promise_more_than_the_limit(engine: Engine) -> None:
    with transaction(engine) as session:
        EpsilonLedger(SqlBudgetStore(session)).set_limit(LIMIT, START)

    def approve(worker: int) -> bool:
        try:
            with transaction(engine) as session:
                EpsilonLedger(SqlBudgetStore(session)).reserve(reserved(str(worker), PLAN), START)
        except BudgetExceeded:
            return False
        return True

    with ThreadPoolExecutor(WORKERS) as pool:
        approved = list(pool.map(approve, range(WORKERS)))
    with transaction(engine) as session:
        statement = EpsilonLedger(SqlBudgetStore(session)).statement()
    assert statement.committed <= LIMIT.epsilon
    assert sum(approved) == len(statement.reservations) >= 1
    assert not all(approved)


def test_what_was_spent_is_there_after_a_restart(engine: Engine) -> None:
    with transaction(engine) as session:
        budget = EpsilonLedger(SqlBudgetStore(session))
        budget.set_limit(LIMIT, START)
        budget.reserve(reserved("a", PLAN), START)
        budget.record(Spend("a", 1, "asked", b"\x00bytes", START))
        before = budget.statement()
    engine.dispose()
    with transaction(engine) as session:
        budget = EpsilonLedger(SqlBudgetStore(session))
        assert budget.statement() == before
        assert budget.stored_reply("a", 1, "asked") == b"\x00bytes"


@pytest.mark.invariant(6)
def test_workers_told_of_different_survivors_at_once_answer_for_one_list(engine: Engine) -> None:
    with transaction(engine) as session:
        budget = EpsilonLedger(SqlBudgetStore(session))
        budget.set_limit(LIMIT, START)
        budget.reserve(reserved("a", PLAN), START)
        budget.record(Spend("a", 1, "asked", b"masked", START))

    def answer(worker: int) -> bytes | None:
        try:
            with transaction(engine) as session:
                budget = EpsilonLedger(SqlBudgetStore(session))
                return budget.record_unmasking("a", 1, RecordedUnmasking(f"list {worker}", f"answer {worker}".encode()))
        except RoundRefused:
            return None

    with ThreadPoolExecutor(WORKERS) as pool:
        sent = [each for each in pool.map(answer, range(WORKERS)) if each is not None]
    assert len(sent) == 1
    with transaction(engine) as session:
        kept = SqlBudgetStore(session).unmasking("a", 1)
    assert kept is not None
    assert kept.reply == sent[0]


@pytest.mark.invariant(6)
def test_spends_of_several_campaigns_at_once_make_one_whole_chain(engine: Engine) -> None:
    with transaction(engine) as session:
        budget = EpsilonLedger(SqlBudgetStore(session))
        budget.set_limit(BudgetLimit(20.0, 1e-5), START)
        for campaign in "abcd":
            budget.reserve(reserved(campaign, PLAN), START)

    def spend(campaign: str) -> None:
        for number in (1, 2, 3):
            with transaction(engine) as session:
                EpsilonLedger(SqlBudgetStore(session)).record(Spend(campaign, number, "asked", b"reply", START))

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(spend, "abcd"))
    with transaction(engine) as session:
        budget = EpsilonLedger(SqlBudgetStore(session))
        assert budget.verify() == 12
    with transaction(engine) as session:
        session.get_one(SpendRow, ("b", 2)).reply_sha256 = "0" * 64
    with pytest.raises(BudgetDamaged), transaction(engine) as session:
        EpsilonLedger(SqlBudgetStore(session)).verify()
