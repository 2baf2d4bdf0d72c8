import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.learning.log_odds import sigmoid
from federated.models import per_person_gradients as persample
from federated.models.logistic import linear
from federated.models.per_person_gradients import clip_and_quantise, clipped_gradients
from federated.privacy.quantisation import UNITS_PER_BOUND, IntVector
from federated.privacy.quantised_contributions import INTERCEPT_UNITS
from federated.tabular.features import FloatMatrix, FloatVector
from federated.tabular.rows import Rows
from tests.support import campaigns

FINITE = st.floats(-1e6, 1e6)


def clipped_sum(weights: FloatVector, matrix: FloatMatrix, labels: FloatVector, bound: float) -> IntVector:
    return clipped_gradients(linear(weights), Rows.of(matrix, labels), bound)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(FINITE, min_size=3, max_size=3), min_size=1, max_size=8), st.floats(1e-3, 1e3))
def test_no_person_is_longer_than_the_clipping_bound_to_the_last_unit(rows: list[list[float]], bound: float) -> None:
    units = clip_and_quantise(np.array(rows), bound, np.full(len(rows), UNITS_PER_BOUND))
    assert max(sum(int(x) ** 2 for x in row) for row in units.tolist()) <= UNITS_PER_BOUND**2


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=3))
def test_who_is_within_the_bound_is_not_shortened(row: list[float]) -> None:
    units = clip_and_quantise(np.array([row]), 1.0, np.array([UNITS_PER_BOUND]))
    assert units[0] / UNITS_PER_BOUND == pytest.approx(row, abs=1.0 / UNITS_PER_BOUND)


@pytest.mark.parametrize("bound", [0.1, 0.5, 100.0])
def test_the_sum_is_that_of_gradients_written_by_hand(bound: float) -> None:
    matrix, labels = campaigns.rows(50)
    weights = np.array([0.3, -0.2, 0.1, 0.05])
    wide = np.hstack([matrix, np.ones((50, 1))])
    residuals = sigmoid(wide @ weights) - labels
    gradients = residuals[:, None] * matrix
    gradients *= np.minimum(1.0, bound / np.linalg.norm(gradients, axis=1))[:, None]
    *ours, intercept = clipped_sum(weights, matrix, labels, bound)
    assert np.array(ours) * (bound / UNITS_PER_BOUND) == pytest.approx(
        gradients.sum(axis=0), abs=51 * bound / UNITS_PER_BOUND
    )
    assert intercept / INTERCEPT_UNITS == pytest.approx(residuals.sum(), abs=51 / INTERCEPT_UNITS)  # never clipped


def test_the_sum_does_not_depend_on_how_rows_are_batched(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, labels = campaigns.rows(50)
    weights = np.array([0.3, -0.2, 0.1, 0.05])
    whole = clipped_sum(weights, matrix, labels, 0.5)
    monkeypatch.setattr(persample, "_BATCH", 7)
    assert (clipped_sum(weights, matrix, labels, 0.5) == whole).all()


def test_an_entity_without_people_adds_nothing() -> None:
    assert (clipped_sum(np.zeros(4), np.zeros((0, 3)), np.zeros(0), 0.5) == 0).all()


def test_weights_as_large_as_a_node_accepts_do_not_break_the_bound() -> None:
    matrix, labels = campaigns.rows(50)
    total = clipped_sum(np.full(4, 1e6), matrix, labels, 0.5)
    assert np.abs(total).max() <= 50 * UNITS_PER_BOUND
