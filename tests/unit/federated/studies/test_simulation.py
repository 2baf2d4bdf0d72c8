from typing import Any

import numpy as np
import pytest

from federated.campaign.manifest import CampaignManifest
from federated.campaign.stage_planning import plan_stages
from federated.errors import PrivacyTermsInvalid, TableInvalid
from federated.learning.hyperparameters import plan_model_terms
from federated.learning.log_odds import log_odds
from federated.learning.model_choice import AUTO, chosen_model
from federated.studies.local_entity import LocalEntity
from federated.studies.simulation import SimulationPlan, run_in_process, simulate
from federated.studies.site_evaluation import SiteAuc, split
from federated.tabular.evaluation_table import Table, TableSchema
from tests.support import campaigns
from tests.support.clock import FrozenClock
from tests.support.cohort import ENTITIES, MemoryCohort, additive_manifest, additive_terms, no_noise, people_of

SCHEMA = TableSchema(site="entity", label=campaigns.LABEL, features=campaigns.FEATURES)


def table(people: int = 900) -> Table:
    matrix, labels = campaigns.rows(people)
    sites = np.array([("Ávila", "6", "León / sur")[index % 3] for index in range(people)])
    return Table(sites, matrix, labels)


def plan(epsilon: float = 8.0, passes: int = 2, **changes: Any) -> SimulationPlan:
    content: dict[str, Any] = {"epsilon": epsilon, "delta": 1e-5, "terms": additive_terms(passes), **changes}
    return SimulationPlan(**content)


def test_the_document_has_the_agreed_keys_and_the_model_has_learnt() -> None:
    seen: list[tuple[int, int]] = []
    result = simulate(
        table(),
        SCHEMA,
        plan(passes=4, seed=1),
        clock=FrozenClock().now,
        on_round=lambda progress, rounds: seen.append((progress.completed, rounds)),
    )
    document = result.document()
    assert list(document) == [
        "model",
        "epsilon",
        "delta",
        "rounds",
        "seconds",
        "sites",
        "auc",
        "measured_in_budget",
    ]
    assert document["auc"] == {
        "pooled": result.auc.pooled,
        "per_site": result.auc.per_site,
        "mean_per_site": result.auc.mean_per_site,
    }
    assert (document["sites"], document["rounds"], document["model"]) == (3, 6, "additive")
    assert seen == [(number, 6) for number in range(1, 7)]
    assert set(result.auc.per_site) == {"Ávila", "6", "León / sur"}
    assert result.auc.pooled is not None
    assert result.auc.pooled > 0.7


def test_the_yardsticks_are_measured_on_the_same_rows_when_asked_for() -> None:
    result = simulate(table(300), SCHEMA, plan(passes=1, baselines=True), clock=FrozenClock().now)
    assert set(result.baselines) == {"pooled_without_privacy", "each_alone"}
    assert all(evaluation.mean_per_site is not None for evaluation in result.baselines.values())
    document = result.document()["baselines"]
    assert isinstance(document, dict)
    assert set(document) == set(result.baselines)


def test_what_is_measured_inside_the_budget_is_about_what_the_rows_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("federated.participation.local_sums.discrete_gaussian", no_noise)
    result = simulate(table(1500), SCHEMA, plan(passes=4, test_fraction=0.5), clock=FrozenClock().now)
    assert result.measured is not None
    assert result.auc.pooled is not None
    assert result.measured["auc"]["value"] == pytest.approx(result.auc.pooled, abs=0.02)


def test_a_simulation_in_one_process_is_the_campaign_of_entities_that_check_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("federated.participation.local_sums.discrete_gaussian", no_noise)
    manifest = additive_manifest()
    people = {entity: people_of(seed) for seed, entity in enumerate(ENTITIES)}
    progress, last = run_in_process(manifest, people, clock=FrozenClock().now)
    state_machine, records = MemoryCohort(manifest).run()
    assert last == len(records[-1].contributors) == 4
    assert progress.evaluation == state_machine.progress.evaluation
    matrix, _ = campaigns.rows(30)
    finish = state_machine.sums.program.finish
    assert (
        log_odds(finish(progress.vectors), matrix) == log_odds(finish(state_machine.progress.vectors), matrix)
    ).all()


def test_fewer_sites_than_hide_anybody_and_tables_without_rows_are_refused() -> None:
    whole = table(90)
    two = whole.take(whole.sites != "6")
    with pytest.raises(TableInvalid, match="sites"):
        simulate(two, SCHEMA, plan(), clock=FrozenClock().now)
    with pytest.raises(TableInvalid):
        simulate(table(3), SCHEMA, plan(), clock=FrozenClock().now)


def test_noise_is_shared_among_those_who_may_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[CampaignManifest] = []
    real = LocalEntity.__init__

    def init(self: LocalEntity, manifest: CampaignManifest, *rest: Any, **named: Any) -> None:
        seen.append(manifest)
        real(self, manifest, *rest, **named)

    monkeypatch.setattr(LocalEntity, "__init__", init)
    matrix, labels = campaigns.rows(200)
    sites = np.array([f"site {index % 5}" for index in range(200)])
    simulate(Table(sites, matrix, labels), SCHEMA, plan(passes=1, absent=1), clock=FrozenClock().now)
    assert {(each.minimum_cohort, each.noise_shares) for each in seen} == {(4, 3)}


def test_the_split_is_reproducible_and_keeps_both_classes_of_every_site_on_both_sides() -> None:
    first, second, other = split(table(), 0.2, 3), split(table(), 0.2, 3), split(table(), 0.2, 4)
    assert (first[1].matrix == second[1].matrix).all()
    assert (first[1].matrix != other[1].matrix).any()
    for side in first:
        for site in side.site_names:
            assert set(side.labels[side.sites == site]) == {0.0, 1.0}


def test_a_site_with_one_class_has_no_area_and_does_not_count_in_the_mean() -> None:
    evaluation = SiteAuc(0.7, {"a": 0.6, "b": None, "c": 0.8})
    assert evaluation.mean_per_site == pytest.approx(0.7)
    assert SiteAuc(None, {"a": None}).mean_per_site is None


@pytest.mark.parametrize("fraction", [0.0, 1.0, -1.0, float("nan")])
def test_a_test_fraction_that_leaves_one_side_empty_is_refused(fraction: float) -> None:
    with pytest.raises(TableInvalid):
        split(table(30), fraction, 0)


@pytest.mark.parametrize(("epsilon", "delta"), [(0, 1e-5), (21, 1e-5), (1, 0.1), (1, 0.0), (float("nan"), 1e-5)])
def test_terms_out_of_range_are_refused(epsilon: float, delta: float) -> None:
    with pytest.raises(PrivacyTermsInvalid):
        plan_stages(additive_terms(), epsilon=epsilon, delta=delta)
    with pytest.raises(PrivacyTermsInvalid):
        simulate(table(90), SCHEMA, plan(epsilon, delta=delta), clock=FrozenClock().now)


def test_only_models_that_are_installed_have_a_name() -> None:
    sizes: dict[str, Any] = {"epsilon": 1.0, "people": 1000, "features": campaigns.FEATURES}
    for name in ("logistic", "additive", "neural"):
        kind = chosen_model(name, **sizes)
        assert plan_model_terms(kind, campaigns.FEATURES, epsilon=1.0, delta=1e-5).kind == kind == name
    assert chosen_model(AUTO, **sizes) in {"logistic", "additive", "neural"}
    with pytest.raises(PrivacyTermsInvalid):
        chosen_model("oracle", **sizes)
