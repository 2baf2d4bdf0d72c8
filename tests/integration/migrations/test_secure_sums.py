"""Migration 0008 at a node: campaigns of before end, what they spent stays spent and is chained."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from federated.budget.budget_store import Spend
from federated.budget.epsilon_ledger import EpsilonLedger
from federated.errors import CampaignNotApproved
from federated.privacy.accountant import GaussianRounds, epsilon_of
from federated.storage.sql_budget import SqlBudgetStore
from federated.storage.sql_campaigns import SqlCampaignStore
from service import migrate
from service.storage import transaction
from tests.support.campaigns import reserved
from tests.support.migrating import SCRIPTS, put, upgrade_to

MOMENT = datetime(2026, 1, 1, 8, 30, 15, 123456, tzinfo=UTC)
OPEN, CLOSED = "a" * 32, "b" * 32


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """Give a database of version 0007."""
    upgrade_to(engine, "0007")
    return engine


def before(engine: Engine) -> None:
    """Put in two campaigns as version 1 kept them: one open with two of four rounds spent, one closed with one."""
    with engine.begin() as connection:
        put(connection, "federated_budgets", dataset="records", epsilon_limit=8.0, delta=1e-5, changed_at=MOMENT)
        for campaign, closed in ((OPEN, None), (CLOSED, MOMENT)):
            put(
                connection,
                "federated_reservations",
                campaign_id=campaign,
                dataset="records",
                noise_multiplier=6.0 if campaign == OPEN else 9.0,
                rounds=4,
                reserved_at=MOMENT,
                closed_at=closed,
            )
            put(
                connection,
                "federated_campaigns",
                campaign_id=campaign,
                manifest_sha256="0" * 64,
                manifest=b"{}",
                decision=b"{}",
                verdict="approved",
                dataset="records",
                decided_at=MOMENT,
            )
        for minutes, (campaign, number) in enumerate(((OPEN, 1), (CLOSED, 1), (OPEN, 2))):
            spent = MOMENT + timedelta(minutes=minutes)
            put(
                connection,
                "federated_spends",
                campaign_id=campaign,
                round=number,
                request_sha256=f"{minutes:064x}",
                reply=f"reply {minutes}".encode(),
                spent_at=spent,
            )


@pytest.mark.invariant(6)
def test_what_was_spent_stays_spent_and_its_chain_is_whole(engine: Engine) -> None:
    before(engine)
    migrate.upgrade(engine, SCRIPTS)
    with transaction(engine) as session:
        store = SqlBudgetStore(session)
        budget = EpsilonLedger(store)
        statement = budget.statement()
        assert statement.spent == pytest.approx(epsilon_of([GaussianRounds(6.0, 2), GaussianRounds(9.0, 1)], 1e-5))
        # The open campaign cannot go on: what it had only promised is free again.
        assert statement.committed == statement.spent
        assert budget.verify() == 3
        assert [item.link.campaign_id for item in store.links("records")] == [OPEN, CLOSED, OPEN]
        assert budget.stored_reply(OPEN, 2, f"{2:064x}") == b"reply 2"
        assert SqlCampaignStore(session).all() == ()
        with pytest.raises(CampaignNotApproved):
            budget.record(Spend(OPEN, 3, "asked", b"reply", MOMENT))


@pytest.mark.invariant(6)
def test_a_new_campaign_goes_on_the_same_chain_and_the_same_budget(engine: Engine) -> None:
    before(engine)
    migrate.upgrade(engine, SCRIPTS)
    with transaction(engine) as session:
        budget = EpsilonLedger(SqlBudgetStore(session))
        known = budget.statement()
        stages = known.reservations[0].stages
        budget.reserve(reserved("c" * 32, stages), MOMENT)
        budget.record(Spend("c" * 32, 1, "asked", b"reply", MOMENT))
        assert budget.verify() == 4
        assert budget.statement().spent > known.spent


def test_a_node_without_campaigns_is_brought_up_as_well(engine: Engine) -> None:
    migrate.upgrade(engine, SCRIPTS)
    migrate.require_current(engine, SCRIPTS)
    with transaction(engine) as session:
        assert EpsilonLedger(SqlBudgetStore(session)).find_statement() is None
