"""Whole campaigns on fictitious people: every model learns what there is, with and without noise."""

from itertools import pairwise

import numpy as np
import pytest

from federated.errors import FederatedError
from federated.evaluation.roc import area_under_curve
from federated.learning.hyperparameters import AdditiveTerms, ModelName, plan_model_terms
from federated.learning.log_odds import log_odds
from federated.learning.model_documents import AdditiveModel, LinearModel
from federated.learning.program_factory import program_for
from federated.studies.plain_regression import fit_logistic
from tests.support.learning import FEATURES, last_state, learn, people

TEST = people(4000, seed=99)


def area(model: LinearModel | AdditiveModel, kind: str = "") -> float:
    found = area_under_curve(TEST.labels, log_odds(model, TEST.matrix))
    assert found is not None, kind
    return found


@pytest.mark.parametrize(("kind", "least"), [("logistic", 0.70), ("additive", 0.74), ("neural", 0.70)])
def test_a_model_under_noise_tells_people_apart(kind: ModelName, least: float) -> None:
    terms = plan_model_terms(kind, FEATURES, epsilon=2.0, delta=1e-5)
    model = learn(FEATURES, terms, people(4000), epsilon=2.0, seed=1)
    found = area_under_curve(TEST.labels, log_odds(model, TEST.matrix))
    assert found is not None
    assert found > least


def test_logistic_without_noise_comes_near_the_best_weights() -> None:
    rows = people(3000)
    model = learn(FEATURES, plan_model_terms("logistic", FEATURES, epsilon=8.0, delta=1e-5), rows, epsilon=None)
    assert isinstance(model, LinearModel)
    best = fit_logistic(rows.matrix, rows.labels)
    reached = area_under_curve(TEST.labels, TEST.matrix @ best[:-1])
    assert reached is not None
    assert area(model) > reached - 0.01


def test_the_additive_model_finds_a_curve_that_no_line_fits() -> None:
    rows = people(6000)
    model = learn(FEATURES, plan_model_terms("additive", FEATURES, epsilon=8.0, delta=1e-5), rows, epsilon=None)
    assert isinstance(model, AdditiveModel)
    age = model.shape("age")
    assert age is not None
    middle = age.log_odds[len(age.log_odds) // 2]
    assert middle > age.log_odds[0] + 0.7
    assert middle > age.log_odds[-1] + 0.7


def test_mean_predictions_are_near_the_share_of_positives() -> None:
    rows = people(6000)
    for kind, tolerance in (("logistic", 0.03), ("additive", 0.03), ("neural", 0.06)):
        terms = plan_model_terms(kind, FEATURES, epsilon=4.0, delta=1e-5)  # type: ignore[arg-type]  # a literal in a loop
        model = learn(FEATURES, terms, rows, epsilon=4.0)
        expected = 1.0 / (1.0 + np.exp(-log_odds(model, TEST.matrix)))
        assert expected.mean() == pytest.approx(TEST.labels.mean(), abs=tolerance)


@pytest.mark.parametrize("direction", [1, -1])
def test_a_monotone_feature_never_turns(direction: int) -> None:
    wish: dict[str, int] = {"age": direction, "children": 1}
    terms = plan_model_terms("additive", FEATURES, epsilon=0.5, delta=1e-5, monotone=wish)  # type: ignore[arg-type]  # a literal by parametrisation
    model = learn(FEATURES, terms, people(1500), epsilon=0.5)
    assert isinstance(model, AdditiveModel)
    assert model.monotone == wish
    for feature, sign in wish.items():
        shape = model.shape(feature)
        assert shape is not None
        assert all(sign * (after - before) >= -1e-9 for before, after in pairwise(shape.log_odds))


def test_curves_are_centred_over_the_people_of_training() -> None:
    model = learn(FEATURES, plan_model_terms("additive", FEATURES, epsilon=1.0, delta=1e-5), people(2000), epsilon=1.0)
    assert isinstance(model, AdditiveModel)
    for shape in model.shapes:
        assert np.dot(shape.log_odds, shape.people) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("kind", ["logistic", "additive", "neural"])
def test_the_noisy_number_of_people_is_near_the_number(kind: ModelName) -> None:
    terms = plan_model_terms(kind, FEATURES, epsilon=1.0, delta=1e-5)
    program = program_for(FEATURES, terms)
    state = last_state(program, FEATURES, terms, people(3000), (1.0, 1.0, 3))
    assert program.people(state) == pytest.approx(3000, abs=150)


@pytest.mark.parametrize("kind", ["logistic", "additive", "neural"])
def test_the_same_sums_give_the_same_model(kind: ModelName) -> None:
    """Whoever has the transcript can compute the release again, to the last bit."""
    terms = plan_model_terms(kind, FEATURES, epsilon=1.0, delta=1e-5)
    first, again = (learn(FEATURES, terms, people(300), epsilon=1.0, seed=4) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("kind", ["logistic", "additive", "neural"])
def test_sums_that_are_nothing_but_noise_still_give_a_model(kind: ModelName) -> None:
    """Nobody at all, and noise: numbers may be useless, but they are numbers."""
    terms = plan_model_terms(kind, FEATURES, epsilon=0.1, delta=1e-5)
    nobody = people(1).take(np.zeros(1, dtype=np.bool_))
    try:
        model = learn(FEATURES, terms, nobody, epsilon=0.1)
    except FederatedError as error:  # pragma: no cover - a typed refusal would be right too
        pytest.skip(str(error))
    assert np.isfinite(log_odds(model, TEST.matrix)).all()


def test_terms_with_more_groups_than_features_leave_some_rounds_empty() -> None:
    terms = plan_model_terms("additive", FEATURES, epsilon=2.0, delta=1e-5)
    assert isinstance(terms, AdditiveTerms)
    many = terms.model_copy(update={"groups": 6, "passes": 3})
    model = learn(FEATURES, many, people(3000), epsilon=2.0)
    assert isinstance(model, AdditiveModel)
    assert area(model) > 0.7


def test_a_model_of_categories_only_needs_no_edges() -> None:
    features, rows = (FEATURES[2],), people(2000)
    terms = plan_model_terms("additive", features, epsilon=4.0, delta=1e-5)
    assert isinstance(terms, AdditiveTerms)
    narrow = rows.of(rows.matrix[:, 2:5], rows.labels)
    model = learn(features, terms, narrow, epsilon=4.0)
    assert isinstance(model, AdditiveModel)
    rent = model.shapes[0].log_odds[1]
    assert rent == max(model.shapes[0].log_odds)
