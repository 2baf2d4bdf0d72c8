"""Calibration of a released model's probabilities to this entity's own people (Platt 1999).

Clipping bounds each person's influence on the shared model and thereby pulls its probabilities away from the observed
rate; the ranking stays right. Two numbers, fitted on the entity's own past cases, correct that. They are computed from
local data and never leave the node, so that they cost no privacy.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from federated.learning.log_odds import sigmoid
from federated.tabular.features import FloatVector

LEAST_CASES: Final = 20
"""Fewest past cases of either outcome; fewer would make the two numbers arbitrary."""

_STEPS: Final = 50
_RIDGE: Final = 1e-3
_SMALL: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Calibration:
    """Probabilities are sigmoid(intercept + slope * log-odds). The slope is positive: the order never changes."""

    intercept: float = 0.0
    slope: float = 1.0

    def probabilities(self, scores: FloatVector) -> FloatVector:
        """Return calibrated probabilities, for log-odds of the same shape."""
        return sigmoid(self.intercept + self.slope * scores)


def log_odds(probabilities: FloatVector) -> FloatVector:
    """Return the log-odds of probabilities, finite also for 0 and 1."""
    inside = np.clip(probabilities, _SMALL, 1.0 - _SMALL)
    return np.log(inside) - np.log1p(-inside)


def fit(scores: FloatVector, labels: FloatVector) -> Calibration | None:
    """Fit the two numbers by Newton's method, or return None when there are too few cases or no order in them.

    Args:
        scores: (cases,) log-odds of the shared model.
        labels: (cases,) of 0 and 1.
    """
    positives = int(labels.sum())
    if min(positives, len(labels) - positives) < LEAST_CASES:
        return None
    design = np.stack([np.ones_like(scores), scores], axis=1)
    weights = np.zeros(2)
    for _ in range(_STEPS):
        expected = sigmoid(design @ weights)
        gradient = design.T @ (labels - expected) - _RIDGE * weights
        curvature = (design * (expected * (1.0 - expected))[:, None]).T @ design + _RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if float(np.abs(step).max()) < _SMALL:
            break
    intercept, slope = float(weights[0]), float(weights[1])
    return Calibration(intercept, slope) if slope > 0 and np.isfinite(intercept) else None
