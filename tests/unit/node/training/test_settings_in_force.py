"""What the administrator set is what the node holds campaigns and callers to, at the point where it decides."""

from contextlib import suppress

import pytest

from federated.campaign.steps import StepKind
from federated.errors import BudgetExceeded, ManifestInvalid
from node.training.campaign_decisions import approve
from node.training.decision_policies import decide_listed, set_policy
from node.training.pending_work import open_campaigns
from node.wiring import Node
from service.errors import TooManyCalls
from service.limits import CallGroup
from tests.support.campaigns import CAMPAIGN
from tests.support.clock import START
from tests.support.stage import Stage, demo_manifest
from tests.support.training import approving, budget_of


@pytest.mark.invariant(6)
def test_a_campaign_below_the_least_cohort_of_the_settings_is_not_approved(scene: Stage) -> None:
    scene.restart(least_cohort=4)
    scene.coordinator.offer(demo_manifest(minimum_cohort=3))
    with pytest.raises(ManifestInvalid, match="at least 4"):
        approve(scene.context, scene.coordinator, CAMPAIGN)
    assert (open_campaigns(scene.context), scene.coordinator.decisions, scene.ledger_types()) == ((), [], [])
    scene.restart(least_cohort=3)
    approve(scene.context, scene.coordinator, CAMPAIGN)
    assert open_campaigns(scene.context) == (CAMPAIGN,)


@pytest.mark.invariant(6)
def test_nor_by_a_standing_policy_whatever_that_states(scene: Stage) -> None:
    scene.restart(least_cohort=4)
    stated = {"models": ["additive"], "features": ["age", "tenure"], "epsilon": 2.0, "minimum_cohort": 1, "rounds": 9}
    scope = {"budget_left": 0.0, "until": START.replace(year=START.year + 1)}
    set_policy(scene.context, approving(**stated, **scope))
    scene.coordinator.offer(demo_manifest(minimum_cohort=3))
    assert decide_listed(scene.context, scene.coordinator, set()) == ()
    assert open_campaigns(scene.context) == ()


@pytest.mark.invariant(6)
def test_a_least_cohort_raised_later_holds_for_the_rounds_that_are_left(scene: Stage) -> None:
    play = scene.play(scene.approved()).until(StepKind.MASK)
    scene.restart(least_cohort=4)
    assert scene.refused(scene.coordinator.ask(play.asked())) == "manifest_invalid"
    assert scene.spent() == 0


@pytest.mark.invariant(6)
def test_a_campaign_that_does_not_invite_this_entity_is_not_approved(scene: Stage) -> None:
    scene.coordinator.offer(demo_manifest(invited=("avila", "leon", "zamora")))
    with pytest.raises(ManifestInvalid, match="does not invite"):
        approve(scene.context, scene.coordinator, CAMPAIGN)


@pytest.mark.invariant(6)
def test_a_data_set_without_a_limit_gets_the_one_of_the_settings(scene: Stage) -> None:
    scene.restart(epsilon_limit=1.9, epsilon_delta=1e-6)
    scene.coordinator.offer(demo_manifest(epsilon=2.0))
    with pytest.raises(BudgetExceeded):
        approve(scene.context, scene.coordinator, CAMPAIGN)
    scene.restart(epsilon_limit=3.5, epsilon_delta=1e-6)
    approve(scene.context, scene.coordinator, CAMPAIGN)
    statement = budget_of(scene.context)
    assert (statement.limit.epsilon, statement.limit.delta) == (3.5, 1e-6)


def test_a_policy_about_what_is_left_looks_at_the_limit_of_the_settings(scene: Stage) -> None:
    scene.restart(epsilon_limit=2.4)
    stated = {"models": ["additive"], "features": ["age", "tenure"], "epsilon": 2.0, "minimum_cohort": 3, "rounds": 9}
    scope = {"budget_left": 0.5, "until": START.replace(year=START.year + 1)}
    set_policy(scene.context, approving(**stated, **scope))
    scene.coordinator.offer(demo_manifest(epsilon=2.0))
    assert decide_listed(scene.context, scene.coordinator, set()) == ()
    scene.restart(epsilon_limit=2.5)
    assert len(decide_listed(scene.context, scene.coordinator, set())) == 1


@pytest.mark.parametrize("group", CallGroup)
def test_callers_of_a_node_get_the_rates_and_the_threads_of_the_settings(scene: Stage, group: CallGroup) -> None:
    home = scene.context.home
    changes = {f"{group}_burst": 5, f"{group}_per_second": 0.5, "workers": 12}
    scene.context.settings.model_copy(update=changes).save(home)
    limits, taken = Node(home, clock=scene.clock).limits, 0
    with pytest.raises(TooManyCalls) as caught:
        for _ in range(6):
            limits.spend("leon", group)
    assert caught.value.retry_after == pytest.approx(2.0)
    other = next(each for each in CallGroup if each is not group)
    with suppress(TooManyCalls):
        while True:
            limits.enter("avila", other)
            taken += 1
    assert taken == 6  # half of twelve threads
