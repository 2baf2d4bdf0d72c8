"""A limit on privacy is kept to the last digit: what fits exactly is let through, one per cent more is not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from federated.budget.budget_store import BudgetLimit, Spend
from federated.budget.epsilon_ledger import EpsilonLedger
from federated.coordination.transcript import Transcript
from federated.errors import BudgetExceeded, EpsilonUnderstated, ReleaseInvalid
from federated.privacy.stages import Stage, StageKind, epsilon_of_stages
from federated.release.composition import compose_release, measure
from federated.release.model_release import ModelRelease, open_release, seal_release
from federated.storage.sql_budget import SqlBudgetStore
from tests.support import campaigns
from tests.support.campaigns import CAMPAIGN, COORDINATOR, reserved
from tests.support.clock import START
from tests.support.cohort import MemoryCohort, additive_manifest

DELTA = 1e-5
PLAN = (Stage(kind=StageKind.TRAIN, rounds=4, noise_multiplier=8.0),)
COST = epsilon_of_stages(PLAN, DELTA)
SLIGHTLY = 1.000001
ONE_PER_CENT_LESS = 1 / 1.01 + 1e-6
"""Of a limit, so that what it leaves out is just under one per cent."""


@pytest.fixture
def opened() -> Iterator[Session]:
    with campaigns.session() as session:
        yield session


@pytest.fixture
def budget(opened: Session) -> EpsilonLedger:
    return EpsilonLedger(SqlBudgetStore(opened))


def limit(budget: EpsilonLedger, epsilon: float) -> None:
    budget.set_limit(BudgetLimit(epsilon, DELTA), START)


@pytest.mark.invariant(6)
def test_a_campaign_is_reserved_if_it_fits_and_not_if_it_is_a_hair_too_large(budget: EpsilonLedger) -> None:
    for share in (1 / SLIGHTLY, ONE_PER_CENT_LESS):
        limit(budget, COST * share)
        with pytest.raises(BudgetExceeded):
            budget.reserve(reserved("a", PLAN), START)
    limit(budget, COST * SLIGHTLY)
    assert budget.reserve(reserved("a", PLAN), START).committed == pytest.approx(COST)


@pytest.mark.invariant(6)
def test_a_second_campaign_is_reserved_only_if_both_fit(budget: EpsilonLedger) -> None:
    both = epsilon_of_stages((*PLAN, *PLAN), DELTA)
    for share, fits in ((1 / SLIGHTLY, False), (ONE_PER_CENT_LESS, False), (SLIGHTLY, True)):
        limit(budget, both * SLIGHTLY)
        budget.reserve(reserved("a", PLAN), START)
        limit(budget, both * share)
        if fits:
            assert budget.reserve(reserved("b", PLAN), START).committed == pytest.approx(both)
        else:
            with pytest.raises(BudgetExceeded):
                budget.reserve(reserved("b", PLAN), START)


@pytest.mark.invariant(6)
@pytest.mark.parametrize("share", [1 / SLIGHTLY, ONE_PER_CENT_LESS])
def test_a_limit_lowered_by_a_hair_below_the_last_round_stops_that_round(budget: EpsilonLedger, share: float) -> None:
    limit(budget, 2 * COST)
    budget.reserve(reserved("a", PLAN), START)
    limit(budget, COST * share)
    spends = [Spend("a", number, "x", b"reply", START + timedelta(minutes=number)) for number in range(1, 5)]
    for spend in spends[:3]:
        budget.record(spend)
    with pytest.raises(BudgetExceeded):
        budget.record(spends[3])
    with pytest.raises(BudgetExceeded):
        budget.require_room("a", 4)
    assert budget.statement().spent <= COST * share
    limit(budget, COST * SLIGHTLY)
    assert budget.record(spends[3]) == b"reply"


@pytest.mark.invariant(6)
@pytest.mark.parametrize("share", [1 / SLIGHTLY, ONE_PER_CENT_LESS])
def test_the_guard_lets_no_round_past_a_limit_that_was_lowered_by_a_hair(opened: Session, share: float) -> None:
    envelope = campaigns.sealed()
    guard = campaigns.guard(opened, epsilon=4.0)
    guard.approve(envelope, campaigns.decision(envelope), START)
    guard.set_up(envelope)
    cost = epsilon_of_stages(campaigns.manifest().stages[:1], DELTA)
    limit(EpsilonLedger(SqlBudgetStore(opened)), cost * share)
    with pytest.raises(BudgetExceeded):
        guard.admit(guard.request(envelope), START)
    with pytest.raises(BudgetExceeded):
        guard.record(guard.request(envelope), b"reply", START)
    limit(EpsilonLedger(SqlBudgetStore(opened)), cost * SLIGHTLY)
    assert guard.record(guard.request(envelope), b"reply", START) == b"reply"


@pytest.mark.invariant(6)
@pytest.mark.parametrize("share", [1 / SLIGHTLY, ONE_PER_CENT_LESS])
def test_a_manifest_that_claims_a_hair_less_than_it_costs_is_not_approved(opened: Session, share: float) -> None:
    stages = campaigns.stages(2.0, campaigns.ROUNDS)
    claimed = epsilon_of_stages(stages, DELTA) * share
    envelope = campaigns.sealed(campaigns.manifest(epsilon=claimed, stages=stages))
    with pytest.raises(EpsilonUnderstated):
        campaigns.guard(opened).review(envelope, START)


def release(**changes: Any) -> tuple[MemoryCohort, ModelRelease]:
    cohort = MemoryCohort(additive_manifest())
    conductor, records = cohort.run()
    measured = measure(cohort.manifest, conductor.progress, len(records[-1].contributors))
    made = compose_release(cohort.manifest, cohort.digest, conductor.progress, measured, START + timedelta(days=8))
    named = {"transcript_sha256": Transcript.of(cohort.digest, records).head}
    return cohort, ModelRelease.model_validate(made.model_dump() | named | changes)


@pytest.mark.invariant(6)
def test_a_release_that_spent_a_hair_more_than_was_promised_is_refused() -> None:
    cohort, good = release()
    manifest = campaigns.sealed(cohort.manifest)
    key = COORDINATOR.public_key
    for spent, accepted in ((1.0, True), (SLIGHTLY, False), (1.0099, False)):
        told = good.model_copy(update={"epsilon_spent": cohort.manifest.epsilon * spent})
        envelope = seal_release(told, COORDINATOR)
        if accepted:
            assert open_release(envelope, manifest=manifest, coordinator_key=key)[0].campaign_id == CAMPAIGN
        else:
            with pytest.raises(ReleaseInvalid):
                open_release(envelope, manifest=manifest, coordinator_key=key)
