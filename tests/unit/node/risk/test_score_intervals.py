"""Intervals hold what they promise, widen with few cases, and are not given where nothing is known."""

import numpy as np
import pytest

from federated.learning.log_odds import sigmoid
from federated.tabular.features import FloatVector
from node.risk.score_intervals import NEIGHBOURS, PastCases, wilson


def past(people: int, seed: int = 1) -> tuple[FloatVector, FloatVector]:
    chooser = np.random.default_rng(seed)
    scores = chooser.normal(0, 1.5, people)
    return scores, (chooser.uniform(size=people) < sigmoid(scores)).astype(np.float64)


def test_intervals_hold_the_true_chance_about_nine_times_in_ten() -> None:
    held = total = 0
    for seed in range(40):
        cases = PastCases(*past(800, seed))
        for score in np.linspace(-2, 2, 9):
            true = float(sigmoid(np.array([score]))[0])
            interval = cases.interval(float(score), true)
            assert interval is not None
            low, high = interval.low, interval.high
            # Asked with the wrong probability, so that widening to hold it cannot help.
            other = cases.interval(float(score), low)
            assert other is not None
            held, total = held + (other.low <= true <= other.high), total + 1
            assert low <= true <= high
    assert 0.84 <= held / total <= 0.97


@pytest.mark.parametrize(("positives", "cases", "low", "high"), [(0, 50, 0.0, 0.0513), (25, 50, 0.3868, 0.6132)])
def test_wilson_is_the_published_formula(positives: float, cases: int, low: float, high: float) -> None:
    assert wilson(positives, cases) == pytest.approx((low, high), abs=5e-4)


def test_the_interval_holds_the_probability_shown() -> None:
    interval = PastCases(*past(400)).interval(0.0, 0.99)
    assert interval is not None
    assert interval.high == 0.99


def test_few_cases_give_none_and_fewer_than_a_window_are_all_used() -> None:
    assert PastCases(*past(30)).interval(0.0, 0.5) is None
    scores, labels = past(45, 3)
    labels[:22], labels[22:] = 1.0, 0.0
    interval = PastCases(scores, labels).interval(9.0, 22 / 45)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx(wilson(22, 45))
    assert len(scores) < NEIGHBOURS
