"""What is done with the noisy histogram afterwards: recalibration, comparison, drift."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import chi2
from sklearn.linear_model import LogisticRegression

from federated.errors import DataUnsuitable
from federated.evaluation.drift import DriftBaseline, DriftVerdict, _chi_square_95, drift
from federated.evaluation.estimation import read
from federated.evaluation.local_comparison import compare, recall_within
from federated.evaluation.recalibration import Recalibration
from federated.evaluation.score_counts import vector
from tests.support.measuring import PLAN, draw, noisy


def test_recalibration_finds_the_line_that_the_scores_were_bent_by() -> None:
    """The scores are sigmoid(-1.5 + 0.6 x) where the truth is sigmoid(x): intercept 2.5 and slope 1/0.6."""
    fits = [Recalibration.fit(PLAN, noisy(draw(20_000, seed).total(), 3.7, seed)[0]) for seed in range(15)]
    assert all(fit is not None for fit in fits)
    assert np.mean([fit.slope for fit in fits if fit]) == pytest.approx(1 / 0.6, rel=0.05)
    assert np.mean([fit.intercept for fit in fits if fit]) == pytest.approx(2.5, rel=0.06)


def test_recalibration_without_noise_agrees_with_a_library_of_renown() -> None:
    people = draw(20_000, 3)
    ours = Recalibration.fit(PLAN, people.total())
    logits = np.log(people.scores / (1 - people.scores))[:, None]
    theirs = LogisticRegression(C=1e6).fit(logits, people.labels)
    assert ours is not None
    assert ours.slope == pytest.approx(theirs.coef_[0, 0], rel=0.05)
    assert ours.probabilities(people.scores).mean() == pytest.approx(people.labels.mean(), abs=0.003)


@given(low=st.floats(0, 1), high=st.floats(0, 1), slope=st.floats(0.05, 10), intercept=st.floats(-10, 10))
def test_recalibration_never_changes_the_order(low: float, high: float, slope: float, intercept: float) -> None:
    found = Recalibration(intercept=intercept, slope=slope).probabilities(np.array(sorted((low, high))))
    assert found[0] <= found[1]


def test_no_order_in_the_histogram_means_no_recalibration() -> None:
    people = draw(4000, 1)
    upside_down = vector(PLAN, people.scores, (people.scores < 0.15).astype(float), people.groups, np.ones(4000))
    assert Recalibration.fit(PLAN, upside_down) is None
    assert Recalibration.fit(PLAN, np.zeros(PLAN.size, dtype=np.int64)) is None


def test_a_slope_that_is_not_positive_is_refused() -> None:
    with pytest.raises(ValidationError):
        Recalibration(slope=-1.0)


def test_a_better_model_is_seen_to_be_better() -> None:
    people = draw(1500, 11)
    worse = np.clip(people.scores + np.random.default_rng(0).normal(0, 0.1, 1500), 0, 1)
    found = compare(people.labels, people.scores, worse, capacity=0.2, generator=np.random.default_rng(1))
    assert found.auc_gain.low > 0
    assert found.shared.auc.value - found.alone.auc.value == pytest.approx(found.auc_gain.value)
    assert found.shared.recall.value > found.alone.recall.value
    assert found.document()["people"] == 1500


def test_the_same_model_gains_nothing() -> None:
    people = draw(300, 12)
    found = compare(people.labels, people.scores, people.scores, capacity=0.2, generator=np.random.default_rng(1))
    assert (found.auc_gain.low, found.auc_gain.value, found.auc_gain.high) == (0.0, 0.0, 0.0)


def test_one_outcome_only_cannot_be_compared() -> None:
    with pytest.raises(DataUnsuitable):
        compare(np.zeros(9), np.zeros(9), np.zeros(9), capacity=0.2, generator=np.random.default_rng(1))


def test_people_of_one_score_share_the_places_left() -> None:
    assert recall_within(np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.9, 0.5, 0.5, 0.1]), 0.5) == pytest.approx(0.75)


@cache
def baseline() -> DriftBaseline:
    total, deviation = noisy(draw(4000, 1).total(), 3.7, 1)
    return DriftBaseline.of(PLAN, read(PLAN, total, deviation, np.random.default_rng(0), replicates=50))


def test_the_same_people_are_stable_nineteen_times_in_twenty() -> None:
    verdicts = [drift(baseline(), draw(600, 50 + seed).scores) for seed in range(60)]
    assert sum(each.verdict is not DriftVerdict.STABLE for each in verdicts) <= 6
    assert np.mean([each.index > each.chance for each in verdicts]) < 0.15


@pytest.mark.parametrize(
    ("shift", "verdict"), [(0.1, DriftVerdict.STABLE), (0.23, DriftVerdict.WATCH), (0.5, DriftVerdict.DRIFTED)]
)
def test_other_people_are_noticed(shift: float, verdict: DriftVerdict) -> None:
    found = drift(baseline(), Recalibration(intercept=shift).probabilities(draw(3000, 77).scores))
    assert found.verdict is verdict
    assert found.text("es") != found.text("en")
    assert found.document()["es"] == found.text("es")


def test_few_people_are_called_few() -> None:
    assert drift(baseline(), draw(20, 5).scores).verdict is DriftVerdict.FEW_PEOPLE
    many_bins = DriftBaseline(edges=tuple(np.arange(1, 20) / 20), shares=(0.05,) * 20, people=5000.0)
    few = drift(many_bins, np.linspace(0.01, 0.99, 60))
    assert (few.verdict, few.index < few.chance) == (DriftVerdict.FEW_PEOPLE, True)
    with pytest.raises(DataUnsuitable):
        DriftBaseline.local(PLAN, draw(20, 5).scores)


def test_an_entity_can_watch_its_own_first_scores() -> None:
    first = draw(2000, 21).scores
    own = DriftBaseline.local(PLAN, first)
    assert min(own.shares) >= 0.05
    assert DriftBaseline.model_validate(own.model_dump(mode="json")) == own
    assert drift(own, draw(2000, 22).scores).verdict is DriftVerdict.STABLE


@pytest.mark.parametrize("freedom", range(1, 20))
def test_the_quantile_is_that_of_a_library_of_renown(freedom: int) -> None:
    assert _chi_square_95(freedom) == pytest.approx(chi2.ppf(0.95, freedom), rel=0.03)


def test_figures_of_corrected_probabilities_are_calibrated() -> None:
    people = draw(30_000, 13)
    total, deviation = noisy(people.total(), 1.0, 13)
    recalibration = Recalibration.fit(PLAN, total)
    assert recalibration is not None
    raw, corrected = (
        read(PLAN, total, deviation, np.random.default_rng(0), replicates=200, recalibration=each)
        for each in (None, recalibration)
    )
    assert raw.calibration_error is not None
    assert corrected.calibration_error is not None
    assert raw.calibration_error.low > 0.08
    assert corrected.calibration_error.value < 0.01
    assert corrected.auc == raw.auc
    limit = np.quantile(recalibration.probabilities(people.scores), 0.85)
    assert corrected.threshold == pytest.approx(limit, abs=0.01)
    gaps = [each.calibration_gap for each in corrected.groups]
    assert sum(gap is not None and gap.low <= 0 <= gap.high for gap in gaps) >= 4
