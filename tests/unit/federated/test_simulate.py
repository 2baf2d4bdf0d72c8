from pathlib import Path

import numpy as np
import pytest

from federated.errors import PrivacyTermsInvalid, TableInvalid
from federated.evaluation import Evaluation, split
from federated.planning import DEFAULT_ROUNDS, model_kind, plan_terms
from federated.schema import Table, TableSchema
from federated.simulate import SimulationPlan, simulate
from tests.support import campaigns
from tests.support.clock import FrozenClock

SCHEMA = TableSchema(site="entity", label=campaigns.LABEL, features=campaigns.FEATURES)


def table(people: int = 900) -> Table:
    matrix, labels = campaigns.rows(people)
    sites = np.array([("Ávila", "6", "León / sur")[index % 3] for index in range(people)])
    return Table(sites, matrix, labels)


def test_the_document_has_the_agreed_keys_and_the_model_has_learnt() -> None:
    seen: list[int] = []
    result = simulate(
        table(),
        SCHEMA,
        SimulationPlan(epsilon=8.0, delta=1e-5, rounds=10, seed=1),
        clock=FrozenClock().now,
        on_round=lambda state: seen.append(state.completed),
    )
    document = result.document()
    assert list(document) == ["model", "epsilon", "delta", "rounds", "seconds", "sites", "auc"]
    assert document["auc"] == {
        "pooled": result.auc.pooled,
        "per_site": result.auc.per_site,
        "mean_per_site": result.auc.mean_per_site,
    }
    assert (document["sites"], document["rounds"], seen) == (3, 10, list(range(1, 11)))
    assert set(result.auc.per_site) == {"Ávila", "6", "León / sur"}
    assert result.auc.pooled is not None
    assert result.auc.pooled > 0.75


def test_the_yardsticks_are_measured_on_the_same_rows_when_asked_for() -> None:
    plan = SimulationPlan(epsilon=2.0, delta=1e-5, rounds=2, baselines=True)
    result = simulate(table(300), SCHEMA, plan, clock=FrozenClock().now)
    assert set(result.baselines) == {"pooled_without_privacy", "each_alone"}
    assert all(evaluation.mean_per_site is not None for evaluation in result.baselines.values())


def test_the_split_is_reproducible_and_keeps_both_classes_of_every_site_on_both_sides() -> None:
    first, second, other = split(table(), 0.2, 3), split(table(), 0.2, 3), split(table(), 0.2, 4)
    assert (first[1].matrix == second[1].matrix).all()
    assert (first[1].matrix != other[1].matrix).any()
    for side in first:
        for site in side.site_names:
            assert set(side.labels[side.sites == site]) == {0.0, 1.0}


def test_a_site_with_one_class_has_no_area_and_does_not_count_in_the_mean() -> None:
    evaluation = Evaluation(0.7, {"a": 0.6, "b": None, "c": 0.8})
    assert evaluation.mean_per_site == pytest.approx(0.7)
    assert Evaluation(None, {"a": None}).mean_per_site is None


@pytest.mark.parametrize("fraction", [0.0, 1.0, -1.0, float("nan")])
def test_a_test_fraction_that_leaves_one_side_empty_is_refused(fraction: float) -> None:
    with pytest.raises(TableInvalid):
        split(table(30), fraction, 0)


@pytest.mark.parametrize(
    ("epsilon", "delta", "rounds"), [(0, 1e-5, 3), (21, 1e-5, 3), (1, 0.1, 3), (1, 1e-5, 0), (1, 1e-5, 501)]
)
def test_terms_out_of_range_are_refused(epsilon: float, delta: float, rounds: int) -> None:
    with pytest.raises(PrivacyTermsInvalid):
        plan_terms(campaigns.FEATURES, epsilon=epsilon, delta=delta, rounds=rounds)


def test_only_models_that_are_installed_have_a_name() -> None:
    assert model_kind("logistic").value == "logistic"
    with pytest.raises(PrivacyTermsInvalid):
        model_kind("neural")


def test_the_command_line_offers_the_same_default_of_rounds() -> None:
    source = Path("coordinator/cli/training_simulate.py").read_text(encoding="utf-8")
    assert f"= {DEFAULT_ROUNDS}\n" in source.replace(",\n", "\n")
