"""Invariant 7: no legal manifest, parameters or person make a contribution longer than the sensitivity claimed."""

from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from federated.errors import TrainingMessageMalformed
from federated.learning.hyperparameters import AdditiveTerms, LogisticTerms, NeuralTerms
from federated.learning.program import LocalModel, Program
from federated.learning.program_factory import program_for
from federated.models import local_model_for
from federated.models.per_person_gradients import clip_and_quantise
from federated.privacy.quantisation import MAX_WEIGHT, UNITS_PER_BOUND
from federated.privacy.quantised_contributions import LEAST_CLIPPING_BOUND, within_limits
from federated.privacy.stages import StageKind
from federated.tabular.features import CategoricalFeature, NumericFeature
from federated.tabular.rows import Rows

FEATURES: Final = (
    NumericFeature(name="age", min=0, max=100),
    NumericFeature(name="income", min=0, max=3000),
    CategoricalFeature(name="home", values=("own", "rent", "none")),
)
Terms = LogisticTerms | AdditiveTerms | NeuralTerms

LEAST: Final = 5e-324
BOUNDS: Final = st.sampled_from((LEAST_CLIPPING_BOUND, 1e-3, 0.5, 1.0, 1e6)) | st.floats(LEAST_CLIPPING_BOUND, 1e6)
NUMBERS: Final = st.sampled_from((0.0, LEAST, -LEAST, 1e-160, 1e-8, 1.0, -1.0, 30.0, -745.0, 745.0, 1e6, -1e6))
PARAMETERS: Final = NUMBERS | st.floats(-MAX_WEIGHT, MAX_WEIGHT)
WEIGHTS: Final = st.sampled_from((0.0, LEAST, 1e-7, 1 / 3, 0.5, 1 - 2**-53, 1.0)) | st.floats(0, 1)
ENCODED: Final = st.sampled_from((-1.0, -LEAST, 0.0, LEAST, 1e-200, 1 / 3, 1.0)) | st.floats(-1, 1)


def gradient_terms(kind: str, bound: float, **others: Any) -> Terms:
    common = {"rounds": 3, "clipping_bound": bound, "learning_rate": 1.0, "momentum": 0.5, "ridge": 1.0}
    return LogisticTerms(**common) if kind == "logistic" else NeuralTerms(**common, hidden=others.get("hidden", 2))


def additive_terms(**changes: Any) -> AdditiveTerms:
    content = {"edges_share": 0.1, "fine_bins": 8, "bins": 4, "bin_people": 1, "groups": 2, "passes": 1, "clip": 1.2}
    return AdditiveTerms(**(content | {"ridge": 1, "smoothing": 1, "noise": 1, "learning_rate": 0.5} | changes))


@st.composite
def people(draw: st.DrawFn) -> Rows:
    home = draw(st.sampled_from(((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))))
    row = np.array([[draw(ENCODED), draw(ENCODED), *home]])
    return Rows.of(row, np.array([draw(st.sampled_from((0.0, 1.0)))]), np.array([draw(WEIGHTS)]))


def squared_length(model: LocalModel, parameters: list[float], stage: StageKind, person: Rows) -> int:
    return sum(int(entry) ** 2 for entry in model.local_sum(np.array(parameters), stage, person))


def longest(program: Program, stage: StageKind, weight: float) -> float:
    return float(weight * program.sensitivity(stage)) ** 2


@pytest.mark.invariant(7)
@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(("logistic", "neural")), BOUNDS, people())
def test_a_gradient_is_within_the_sensitivity_for_all_legal_terms(
    data: st.DataObject, kind: str, bound: float, person: Rows
) -> None:
    terms = gradient_terms(kind, bound, hidden=data.draw(st.integers(1, 3)))
    program, model = program_for(FEATURES, terms), local_model_for(FEATURES, terms)
    for stage in (StageKind.MEANS, StageKind.TRAIN):
        size = program.parameters_size(stage)
        parameters = data.draw(st.lists(PARAMETERS, min_size=size, max_size=size))
        assert squared_length(model, parameters, stage, person) <= longest(program, stage, person.weights[0])


@pytest.mark.invariant(7)
@settings(max_examples=150, deadline=None)
@given(st.data(), BOUNDS, people())
def test_cells_and_residuals_are_within_the_sensitivity_for_all_legal_terms(
    data: st.DataObject, bound: float, person: Rows
) -> None:
    terms = additive_terms(groups=data.draw(st.integers(1, 5)))
    program, model = program_for(FEATURES, terms), local_model_for(FEATURES, terms)
    assert squared_length(model, [], StageKind.EDGES, person) <= longest(program, StageKind.EDGES, person.weights[0])
    numeric = 2 * (terms.bins - 1)
    edges = [sorted(data.draw(st.lists(ENCODED, min_size=3, max_size=3))) for _feature in range(2)]
    head = [float(data.draw(st.integers(0, terms.groups - 1))), data.draw(PARAMETERS), bound]
    fullest = [float(data.draw(st.integers(0, 3))) for _feature in FEATURES]
    left = program.parameters_size(StageKind.TRAIN) - len(head) - len(fullest) - numeric
    curves = data.draw(st.lists(PARAMETERS, min_size=left, max_size=left))
    parameters = [*head, *fullest, *edges[0], *edges[1], *curves]
    assert squared_length(model, parameters, StageKind.TRAIN, person) <= longest(
        program, StageKind.TRAIN, person.weights[0]
    )


@pytest.mark.parametrize("bound", [0.0, LEAST, 1e-33, 9e-7, float("nan"), float("inf")])
def test_a_clipping_bound_that_arithmetic_could_not_keep_is_no_term(bound: float) -> None:
    for kind in ("logistic", "neural"):
        with pytest.raises(ValidationError):
            gradient_terms(kind, bound)
    with pytest.raises(ValidationError):
        additive_terms(clip=bound)


@pytest.mark.parametrize("bound", [0.0, LEAST, 1e-33, 9e-7])
def test_a_clipping_bound_that_arithmetic_could_not_keep_is_no_parameter(bound: float) -> None:
    terms = additive_terms(groups=1)
    program, model = program_for(FEATURES, terms), local_model_for(FEATURES, terms)
    parameters = np.zeros(program.parameters_size(StageKind.TRAIN))
    parameters[2] = bound
    person = Rows.of(np.zeros((1, 5)), np.ones(1))
    with pytest.raises(TrainingMessageMalformed):
        model.local_sum(parameters, StageKind.TRAIN, person)


@pytest.mark.invariant(7)
@pytest.mark.parametrize("gradient", [float("nan"), float("inf"), -float("inf"), 1e308])
@pytest.mark.parametrize("bound", [LEAST_CLIPPING_BOUND, 1e-33, 1e-320])
def test_a_gradient_that_is_no_number_adds_nothing_whatever_the_bound(gradient: float, bound: float) -> None:
    units = clip_and_quantise(np.array([[gradient, 1.0]]), bound, np.array([UNITS_PER_BOUND]))
    assert sum(int(unit) ** 2 for unit in units[0]) <= UNITS_PER_BOUND**2
    if not np.isfinite(gradient):
        assert not units.any()


@pytest.mark.invariant(7)
def test_the_least_of_all_integers_is_not_taken_for_a_short_vector() -> None:
    least = np.iinfo(np.int64).min
    limit = np.full(3, UNITS_PER_BOUND)
    found = within_limits(np.array([[least, 0], [3, 4], [UNITS_PER_BOUND, 1]]), limit)
    assert found.tolist() == [[0, 0], [3, 4], [UNITS_PER_BOUND - 1, 0]]
