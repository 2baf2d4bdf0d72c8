"""Two numbers of the entity's own put probabilities right and never change who comes before whom."""

import numpy as np
import pytest

from federated.learning.log_odds import sigmoid
from node.training.calibration import LEAST_CASES, Calibration, fit, log_odds


def cases(people: int = 4000, *, shift: float = 2.0, stretch: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    chooser = np.random.default_rng(3)
    scores = chooser.normal(-2.0, 1.0, people)
    labels = (chooser.uniform(size=people) < sigmoid(shift + stretch * scores)).astype(np.float64)
    return scores, labels


def test_a_model_that_is_off_is_put_right() -> None:
    scores, labels = cases()
    found = fit(scores, labels)
    assert found is not None
    assert found.intercept == pytest.approx(2.0, abs=0.3)
    assert found.slope == pytest.approx(2.0, abs=0.3)
    assert found.probabilities(scores).mean() == pytest.approx(labels.mean(), abs=1e-3)


def test_the_order_never_changes() -> None:
    scores, labels = cases()
    found = fit(scores, labels)
    assert found is not None
    assert (np.argsort(found.probabilities(scores)) == np.argsort(scores)).all()


def test_too_few_cases_or_an_order_upside_down_fit_nothing() -> None:
    scores, labels = cases(LEAST_CASES)
    assert fit(scores, labels) is None
    assert fit(scores, np.zeros_like(labels)) is None
    scores, labels = cases()
    assert fit(-scores, labels) is None


def test_without_a_fit_probabilities_stay_as_they_are() -> None:
    given = np.array([0.0, 0.2, 0.9, 1.0])
    assert Calibration().probabilities(log_odds(given)) == pytest.approx(given, abs=1e-6)
