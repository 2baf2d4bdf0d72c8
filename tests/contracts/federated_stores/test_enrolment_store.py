"""Enrolments over real databases, and in memory: the same to whoever uses them."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select

from federated.budget.budget_store import BudgetLimit
from federated.budget.epsilon_ledger import EpsilonLedger
from federated.participation.enrolment import Enrolment, EnrolmentStore, Secret
from federated.privacy.stages import Stage, StageKind
from federated.storage.sql_budget import SqlBudgetStore
from federated.storage.sql_enrolments import SqlEnrolmentStore
from federated.storage.tables import EnrolmentSecretRow
from federated.studies.local_entity import MemoryEnrolments
from service.storage import transaction
from tests.support.campaigns import reserved
from tests.support.clock import START

PLAN = (Stage(kind=StageKind.TRAIN, rounds=1, noise_multiplier=9.0),)


@pytest.fixture
def with_campaigns(engine: Engine) -> Engine:
    with transaction(engine) as session:
        budget = EpsilonLedger(SqlBudgetStore(session))
        budget.set_limit(BudgetLimit(20.0, 1e-5), START)
        for campaign in "ab":
            budget.reserve(reserved(campaign, PLAN), START)
    return engine


@pytest.fixture(params=["sql", "memory"])
def store(request: pytest.FixtureRequest, with_campaigns: Engine) -> Iterator[EnrolmentStore]:
    if request.param == "memory":
        yield MemoryEnrolments()
        return
    with transaction(with_campaigns) as session:
        yield SqlEnrolmentStore(session)


def test_an_enrolment_is_kept_and_replaced_by_its_cohort(store: EnrolmentStore) -> None:
    assert store.get("a") is None
    store.put(Enrolment("a", b"\x00statement"))
    store.put(Enrolment("b", b"other"))
    assert store.get("a") == Enrolment("a", b"\x00statement", None)
    store.put(Enrolment("a", b"\x00statement", b"cohort"))
    assert store.get("a") == Enrolment("a", b"\x00statement", b"cohort")
    assert store.get("b") == Enrolment("b", b"other", None)


def test_secrets_are_kept_by_campaign_and_kind_and_erased_together(store: EnrolmentStore) -> None:
    for campaign in "ab":
        store.put(Enrolment(campaign, b"statement"))
        for secret in Secret:
            assert store.secret(campaign, secret) is None
            store.put_secret(campaign, secret, f"{campaign} {secret.value}".encode())
    store.put_secret("a", Secret.WEIGHTS, b"replaced")
    assert store.secret("a", Secret.WEIGHTS) == b"replaced"
    assert store.secret("a", Secret.MASK_KEY) == b"a mask_key"
    store.erase_secrets("a")
    assert [store.secret("a", secret) for secret in Secret] == [None] * len(Secret)
    assert [store.secret("b", secret) for secret in Secret] == [f"b {secret.value}".encode() for secret in Secret]
    assert store.get("a") == Enrolment("a", b"statement")


@pytest.mark.invariant(6)
def test_a_secret_that_was_erased_is_not_in_the_database_any_more(with_campaigns: Engine) -> None:
    with transaction(with_campaigns) as session:
        store = SqlEnrolmentStore(session)
        store.put(Enrolment("a", b"statement"))
        store.put_secret("a", Secret.MASK_KEY, b"sealed")
    with transaction(with_campaigns) as session:
        assert SqlEnrolmentStore(session).secret("a", Secret.MASK_KEY) == b"sealed"
        SqlEnrolmentStore(session).erase_secrets("a")
    with transaction(with_campaigns) as session:
        assert session.scalars(select(EnrolmentSecretRow)).all() == []
