import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from federated.evaluation.histogram_figures import (
    area_under_curve,
    possible_counts,
    shares_within_capacity,
    shares_within_capacity_by_outcome,
    smooth_area_under_curve,
)

COUNTS = st.lists(st.floats(-50, 100), min_size=1, max_size=12)


@given(counts=COUNTS)
def test_possible_counts_are_the_nearest_ones(counts: list[float]) -> None:
    """Checked by the conditions of optimality: one amount is taken from all that remain, and more from none."""
    noisy = np.array(counts)
    found = possible_counts(noisy)
    assert (found >= 0).all()
    if noisy.sum() <= 0:
        assert found.sum() == 0
        return
    assert found.sum() == pytest.approx(noisy.sum(), abs=1e-6)
    taken = noisy - found
    kept = found > 1e-9
    if kept.any():
        assert np.ptp(taken[kept]) < 1e-6
        assert (noisy[~kept] <= taken[kept].max() + 1e-6).all()


def test_many_histograms_at_once_are_as_one_by_one() -> None:
    rows = np.random.default_rng(1).normal(3, 10, (50, 9))
    assert np.allclose(possible_counts(rows), [possible_counts(row) for row in rows])


@given(counts=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=10))
def test_the_area_of_exact_counts_is_that_of_a_library_of_renown(counts: list[tuple[int, int]]) -> None:
    negatives, positives = np.array(counts, dtype=np.float64).T
    if negatives.sum() == 0 or positives.sum() == 0:
        assert np.isnan(area_under_curve(negatives, positives))
        return
    places = np.arange(len(counts))
    scores = np.concatenate([np.repeat(places, negatives.astype(int)), np.repeat(places, positives.astype(int))])
    labels = np.repeat([0, 1], [int(negatives.sum()), int(positives.sum())])
    assert float(area_under_curve(negatives, positives)) == pytest.approx(roc_auc_score(labels, scores))


def test_what_bins_take_from_the_area_is_given_back() -> None:
    chooser = np.random.default_rng(2)
    scores = np.concatenate([chooser.normal(0, 1, 200_000), chooser.normal(0.9, 1, 100_000)])
    labels = np.repeat([0, 1], [200_000, 100_000])
    edges = np.linspace(-2, 3, 9)
    bins = np.searchsorted(edges, scores)
    parts = [np.bincount(bins[labels == outcome], minlength=10).astype(float) for outcome in (0, 1)]
    exact = roc_auc_score(labels, scores)
    assert abs(area_under_curve(*parts) - exact) > 0.005
    assert abs(smooth_area_under_curve(*parts) - exact) < 0.001


def test_capacity_is_filled_from_the_highest_score_down() -> None:
    assert shares_within_capacity(np.array([10.0, 10.0, 10.0, 10.0]), 0.375).tolist() == [0.0, 0.0, 0.5, 1.0]
    assert shares_within_capacity(np.array([10.0, -3.0, 10.0, 3.0]), 0.5).tolist()[0] == 0.0


@given(
    counts=st.lists(st.tuples(st.floats(-5, 50), st.floats(-5, 50)), min_size=3, max_size=12),
    capacity=st.floats(0.01, 0.99),
)
@example(counts=[(0.0, 0.0), (0.0, 1.0), (0.0, 5e-324)], capacity=0.5)
def test_within_a_bin_both_outcomes_together_fill_the_same_room(
    counts: list[tuple[float, float]], capacity: float
) -> None:
    negatives, positives = np.array(counts).T
    lower, upper = shares_within_capacity_by_outcome(negatives, positives, capacity)
    assert ((lower >= 0) & (lower <= 1) & (upper >= 0) & (upper <= 1)).all()
