"""Migration 0022 at a node: the budgets of data sets become one, and nothing is refunded."""

import json
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from federated.budget.budget_store import Spend
from federated.budget.epsilon_ledger import EpsilonLedger
from federated.errors import BudgetExceeded
from federated.privacy.accountant import GaussianRounds, epsilon_of
from federated.privacy.stages import Stage, StageKind
from federated.storage.sql_budget import SqlBudgetStore
from service import migrate
from service.storage import transaction
from tests.support.campaigns import reserved
from tests.support.migrating import SCRIPTS, put, upgrade_to

MOMENT = datetime(2026, 1, 1, 8, 30, 15, 123456, tzinfo=UTC)
STAGES = (Stage(kind=StageKind.TRAIN, rounds=2, noise_multiplier=6.0),)
RECORDS, TABLE = "a" * 32, "b" * 32


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """Give a database of version 0016 with two data sets, each with a limit, a campaign, and one round spent."""
    upgrade_to(engine, "0016")
    document = json.dumps([stage.model_dump(mode="json") for stage in STAGES])
    manifest = json.dumps({"payload": b64encode(json.dumps({"noise_shares": 4}).encode()).decode()}).encode()
    with engine.begin() as connection:
        for name, epsilon, delta in (("records", 8.0, 1e-5), ("demo", 3.0, 1e-6)):
            put(connection, "federated_budgets", dataset=name, epsilon_limit=epsilon, delta=delta, changed_at=MOMENT)
        for campaign, name in ((RECORDS, "records"), (TABLE, "demo")):
            reservation = {"campaign_id": campaign, "dataset": name, "stages": document}
            put(connection, "federated_reservations", **reservation, reserved_at=MOMENT, closed_at=None)
            put(
                connection,
                "federated_spends",
                campaign_id=campaign,
                round=1,
                request_sha256="0" * 64,
                reply=b"reply",
                spent_at=MOMENT,
                dataset=name,
                sequence=1,
                reply_sha256="0" * 64,
                previous_sha256="",
                sha256="0" * 64,
            )
        decided = {"manifest_sha256": "0" * 64, "decision": b"{}", "verdict": "approved", "decided_at": MOMENT}
        put(connection, "federated_campaigns", campaign_id=TABLE, manifest=manifest, dataset="demo", **decided)
    migrate.upgrade(engine, SCRIPTS)
    return engine


@pytest.mark.invariant(11)
def test_the_merged_budget_counts_everything_at_the_strictest_terms(engine: Engine) -> None:
    with transaction(engine) as session:
        statement = EpsilonLedger(SqlBudgetStore(session)).statement()
    assert (statement.limit.epsilon, statement.limit.delta) == (3.0, 1e-6)
    assert statement.spent == pytest.approx(epsilon_of([GaussianRounds(6.0, 2)], 1e-6))
    assert statement.committed == pytest.approx(epsilon_of([GaussianRounds(6.0, 4)], 1e-6))
    assert statement.spent_alone > statement.spent
    shares = {each.campaign_id: (each.dataset, each.noise_shares) for each in statement.reservations}
    assert shares == {RECORDS: ("records", 5000), TABLE: ("demo", 4)}, "what cannot be read counts as the most"


@pytest.mark.invariant(11)
def test_a_third_data_set_gets_no_budget_of_its_own(engine: Engine) -> None:
    many = (Stage(kind=StageKind.TRAIN, rounds=60, noise_multiplier=12.0),)
    assert epsilon_of([GaussianRounds(12.0, 60)], 1e-6) < 8.0
    with transaction(engine) as session:
        budget = EpsilonLedger(SqlBudgetStore(session))
        session.execute(text("DELETE FROM federated_spends"))  # their chains are made up
        with pytest.raises(BudgetExceeded):
            budget.reserve(reserved("c" * 32, many, dataset="third"), MOMENT)


def test_rounds_go_on_under_the_merged_budget(engine: Engine) -> None:
    with transaction(engine) as session:
        budget = EpsilonLedger(SqlBudgetStore(session))
        budget.record(Spend(RECORDS, 2, "asked", b"reply", MOMENT))
        assert budget.statement().spent == pytest.approx(epsilon_of([GaussianRounds(6.0, 3)], 1e-6))
