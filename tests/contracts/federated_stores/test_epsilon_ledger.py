"""The epsilon ledger over real databases, with several workers at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from federated.accountant import GaussianRounds
from federated.budget import BudgetLimit, EpsilonLedger, Spend
from federated.errors import BudgetExceeded
from federated.sql_store import SqlBudgetStore
from node.runtime.storage import transaction
from tests.support.clock import START

WORKERS = 4
LIMIT = BudgetLimit("records", 2.0, 1e-5)
PLAN = GaussianRounds(4.0, 3)


@pytest.mark.invariant(6)
def test_workers_asked_the_same_round_at_once_send_the_same_bytes(engine: Engine) -> None:
    with transaction(engine) as session:
        budget = EpsilonLedger(SqlBudgetStore(session))
        budget.set_limit(LIMIT, START)
        budget.reserve("a", "records", PLAN, START)

    def answer(worker: int) -> bytes:
        with transaction(engine) as session:
            budget = EpsilonLedger(SqlBudgetStore(session))
            return budget.record(Spend("a", 1, "asked", f"noise {worker}".encode(), START))

    with ThreadPoolExecutor(WORKERS) as pool:
        sent = set(pool.map(answer, range(WORKERS)))
    assert len(sent) == 1
    with transaction(engine) as session:
        (reservation,) = EpsilonLedger(SqlBudgetStore(session)).statement("records").reservations
    assert reservation.spent == 1


@pytest.mark.invariant(6)
def test_approvals_at_once_never_promise_more_than_the_limit(engine: Engine) -> None:
    with transaction(engine) as session:
        EpsilonLedger(SqlBudgetStore(session)).set_limit(LIMIT, START)

    def approve(worker: int) -> bool:
        try:
            with transaction(engine) as session:
                EpsilonLedger(SqlBudgetStore(session)).reserve(str(worker), "records", PLAN, START)
        except BudgetExceeded:
            return False
        return True

    with ThreadPoolExecutor(WORKERS) as pool:
        approved = list(pool.map(approve, range(WORKERS)))
    with transaction(engine) as session:
        statement = EpsilonLedger(SqlBudgetStore(session)).statement("records")
    assert statement.committed <= LIMIT.epsilon
    assert sum(approved) == len(statement.reservations) >= 1
    assert not all(approved)


def test_what_was_spent_is_there_after_a_restart(engine: Engine) -> None:
    with transaction(engine) as session:
        budget = EpsilonLedger(SqlBudgetStore(session))
        budget.set_limit(LIMIT, START)
        budget.reserve("a", "records", PLAN, START)
        budget.record(Spend("a", 1, "asked", b"\x00bytes", START))
        before = budget.statement("records")
    engine.dispose()
    with transaction(engine) as session:
        budget = EpsilonLedger(SqlBudgetStore(session))
        assert budget.statement("records") == before
        assert budget.stored_reply("a", 1, "asked") == b"\x00bytes"
