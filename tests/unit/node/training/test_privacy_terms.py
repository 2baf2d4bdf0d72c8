"""Two figures for a campaign's privacy at the node: as promised, and with only this node's noise unknown."""

import json
import math
from datetime import timedelta
from typing import Any

import pytest

from consent_ledger.log.bodies import TrainingContributedBody, TrainingDecisionBody, read_body
from consent_ledger.log.entry import Leaf
from federated.campaign.steps import StepKind
from federated.errors import BudgetExceeded
from federated.privacy.own_noise import SHARE_ONLY, epsilon_alone
from node.ledger.own import own_ledger
from node.training import budgets, decision_report, officer_account_report
from node.training.campaign_decisions import approve, list_campaigns
from node.training.datasets import register_table
from node.training.decision_policies import decide_listed, set_policy
from node.training.officer_account import training_account
from node.training.privacy_terms import lines, terms_under
from tests.support.campaigns import CAMPAIGN
from tests.support.clock import START
from tests.support.stage import Stage, demo_manifest
from tests.support.training import SCHEMA, approving, budget_of


def bodies(scene: Stage, kind: type) -> list[Any]:
    with scene.context.snapshot() as session:
        ledger = own_ledger(scene.context, session)
        found = [
            read_body(Leaf.parse(ledger.leaf(stored.index)).type, stored.body)
            for stored in ledger.store.bodies(0, ledger.size())
        ]
    return [body for body in found if isinstance(body, kind)]


@pytest.mark.invariant(6)
def test_a_bound_on_the_worst_case_is_reserved_as_own_noise_and_kept_in_every_round(scene: Stage) -> None:
    manifest = demo_manifest()
    without = epsilon_alone(manifest.stages, manifest.delta, manifest.noise_shares)
    assert without > 2.5 > manifest.epsilon
    envelope = scene.coordinator.offer(manifest)

    decided = approve(scene.context, scene.coordinator, CAMPAIGN, alone_limit=2.5)

    assert decided.privacy is not None
    assert decided.privacy.share_alone == without
    assert decided.privacy.alone <= 2.5
    (reservation,) = budget_of(scene.context).reservations
    assert reservation.own_noise == decided.privacy.own != SHARE_ONLY
    (body,) = bodies(scene, TrainingDecisionBody)
    assert float(body.epsilon) == manifest.epsilon
    assert float(body.epsilon_alone) <= 2.5
    scene.play(envelope).finish()
    budget = budget_of(scene.context)
    assert budget.spent_alone <= 2.5
    assert float(bodies(scene, TrainingContributedBody)[-1].epsilon_alone_after) <= 2.5
    assert budget.spent <= manifest.epsilon


@pytest.mark.invariant(6)
def test_without_another_bound_that_of_the_settings_holds(scene: Stage) -> None:
    scene.coordinator.offer(demo_manifest(epsilon=20.0))
    assert scene.context.settings.epsilon_alone_limit == 8.0
    budgets.set_limit(scene.context, budgets.NewLimit(30.0))
    approve(scene.context, scene.coordinator, CAMPAIGN)
    assert budget_of(scene.context).committed_alone <= 8.0


@pytest.mark.invariant(6)
def test_a_decision_policy_bounds_it_as_well(scene: Stage) -> None:
    stated = {"models": ["additive"], "features": ["age", "tenure"], "epsilon": 2.0, "minimum_cohort": 3, "rounds": 9}
    policy = approving(**stated, epsilon_alone=2.5, budget_left=0.0, until=START + timedelta(days=30))
    set_policy(scene.context, policy)
    scene.coordinator.offer(demo_manifest())
    assert len(decide_listed(scene.context, scene.coordinator, set())) == 1
    assert budget_of(scene.context).committed_alone <= 2.5


@pytest.mark.parametrize("lang", ["es", "en"])
def test_both_figures_are_in_every_account(scene: Stage, lang: str) -> None:
    scene.coordinator.offer(demo_manifest())
    (view,) = list_campaigns(scene.context, scene.coordinator)
    worst = {"es": "En el peor caso", "en": "In the worst case"}[lang]
    listed = decision_report.campaigns_text([view], lang)
    decided = approve(scene.context, scene.coordinator, CAMPAIGN, alone_limit=2.5)
    account = training_account(scene.context)
    texts = (
        listed,
        decision_report.decided_text(decided, lang),
        officer_account_report.account_text(account, lang),
        budgets.text(account.budget, lang),
    )
    assert [text for text in texts if worst not in " ".join(text.split())] == []
    documents = (
        decision_report.campaign_document(view, lang)["privacy"],
        decision_report.decided_document(decided)["privacy"],
        officer_account_report.account_document(account, lang)["campaigns"][0]["privacy"],
    )
    assert [each["epsilon"] for each in documents] == [2.0] * 3
    assert [each["epsilon_alone"] <= 2.5 for each in documents] == [False, True, True]
    budget = budgets.document(account.budget)
    assert budget is not None
    assert 2.0 < budget["committed_alone"] <= 2.5
    json.dumps(documents)  # whatever is infinite is None


def test_what_own_noise_costs_is_said_and_an_unbounded_figure_is_not_a_number() -> None:
    manifest = demo_manifest(epsilon=20.0)
    unbounded = terms_under(manifest.model_copy(update={"noise_shares": 3000, "minimum_cohort": 3000}), math.inf)
    assert math.isinf(unbounded.alone)
    assert "no protection" in " ".join(lines(unbounded, "en"))
    bounded = terms_under(manifest, 2.0)
    assert bounded.wider_if_all > bounded.wider > 1.0
    assert "somewhat less precise" in " ".join(lines(bounded, "en"))


def test_the_officer_is_told_that_no_epsilon_covers_the_count_across_entities() -> None:
    for counted in (True, False):
        told = " ".join(lines(terms_under(demo_manifest(counts_entities=counted), 8.0), "en"))
        assert ("Epsilon does not cover the count" in told) is counted


def test_a_person_is_in_one_budget_whatever_the_tables_are_called(scene: Stage) -> None:
    """One changed cell made the same persons a second data set, and a second data set had a budget of its own."""
    scene.play(scene.approved()).until(StepKind.MASK, 2)
    before = budget_of(scene.context)
    (reservation,) = before.reservations
    assert reservation.dataset == "demo"
    data = scene.context.home / "datasets" / "demo.csv"
    (changed, schema) = (scene.context.home / name for name in ("again.csv", "schema.yaml"))
    changed.write_text(data.read_text().replace("soria,1,", "soria,0,", 1))
    schema.write_text(SCHEMA)
    register_table(scene.context, "again", changed, schema)
    scene.coordinator.offer(demo_manifest(campaign_id="cd" * 16, dataset="again", epsilon=7.9))
    with pytest.raises(BudgetExceeded):
        approve(scene.context, scene.coordinator, "cd" * 16)
    assert budget_of(scene.context) == before
