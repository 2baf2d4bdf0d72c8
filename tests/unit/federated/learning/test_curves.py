"""Curves over bins, against scikit-learn and against algebra written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from federated.learning.curves import centred, in_order, noise_factor, prior_precision
from federated.learning.feature_bins import choose_edges, fine_cells, fine_edges

CURVES = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 1000)), min_size=1, max_size=20)


@given(CURVES, st.sampled_from([1, -1]))
def test_the_nearest_ordered_curve_is_that_of_a_library_of_renown(
    bins: list[tuple[float, float]], direction: int
) -> None:
    curve, people = (np.array(values) for values in zip(*bins, strict=True))
    theirs = IsotonicRegression(increasing=direction > 0).fit_transform(
        np.arange(len(curve)), curve, sample_weight=people
    )
    assert in_order(curve, people, direction) == pytest.approx(theirs, abs=1e-6)


def test_a_curve_over_nobody_can_be_ordered_too() -> None:
    assert in_order(np.array([1.0, 0.0]), np.zeros(2), 1) == pytest.approx([0.5, 0.5])


def test_the_prior_weighs_values_and_differences() -> None:
    ridge, smoothing, curve = np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0]), np.array([0.3, -0.1, 0.7])
    by_hand = ridge @ curve**2 + smoothing @ np.diff(curve) ** 2
    assert curve @ prior_precision(ridge, smoothing) @ curve == pytest.approx(by_hand)
    assert prior_precision(np.array([2.0]), np.zeros(0)) == pytest.approx(np.array([[2.0]]))


def test_shrinkage_under_noise_is_the_best_linear_estimate() -> None:
    """Compared with the least expected squared error found by trying."""
    information, noise, precision = 40.0, 25.0, 2.0
    draw = np.random.default_rng(1)
    truth = draw.normal(0, precision**-0.5, 400_000)
    seen = information * truth + draw.normal(0, information**0.5, 400_000) + draw.normal(0, noise, 400_000)
    factor = float(noise_factor(np.array([information]), noise)[0])
    ours = np.mean((seen / (information + precision * factor) - truth) ** 2)
    tried = [np.mean((seen / (information + p) - truth) ** 2) for p in np.linspace(1, 200, 200)]
    assert ours <= min(tried) * 1.001


def test_without_noise_the_prior_is_itself() -> None:
    assert noise_factor(np.array([5.0, 0.0]), 0.0) == pytest.approx([1.0, 1.0])


@given(CURVES)
def test_a_centred_curve_has_mean_zero_over_people(bins: list[tuple[float, float]]) -> None:
    curve, people = (np.array(values) for values in zip(*bins, strict=True))
    assert centred(curve, people) @ people == pytest.approx(0.0, abs=1e-6 * people.sum())


@given(st.lists(st.floats(-50, 500), min_size=2, max_size=64), st.integers(2, 12), st.floats(1, 200))
def test_edges_rise_within_the_cells_and_no_bin_is_below_the_least(
    counts: list[float], bins: int, least: float
) -> None:
    known = np.array(counts)
    edges = choose_edges(known, bins, least)
    assert len(edges) < bins
    assert (np.diff(edges) > 0).all()
    assert ((edges > 0) & (edges < len(known))).all()
    if len(edges):
        held = np.add.reduceat(np.maximum(known, 0), np.concatenate([[0], edges]))
        assert (held >= least - 1e-9).all()


def test_a_value_that_most_people_have_gets_a_bin_of_its_own() -> None:
    counts = np.zeros(64)
    counts[0], counts[20:40] = 900.0, 20.0
    assert choose_edges(counts, 6, 50.0)[0] == 1
    counts = np.roll(counts, 30)
    assert {30, 31} <= set(choose_edges(counts, 6, 50.0).tolist()) | {30}


def test_cells_cover_the_bounds() -> None:
    assert fine_cells(np.array([-1.0, -0.0, 1.0]), 4).tolist() == [0, 2, 3]
    assert fine_edges(4).tolist() == [-0.5, 0.0, 0.5]
