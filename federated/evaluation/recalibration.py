"""Recalibrate the released probabilities by two numbers from the noisy histogram, at no further privacy cost.

Clipping keeps each person's influence small and with it pulls probabilities away from the rates that are seen. Platt's
two numbers (1999, Probabilistic outputs for support vector machines) correct that and keep the order of people.
"""

from typing import Final, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from federated.evaluation.histogram_figures import possible_counts
from federated.evaluation.plan import EvaluationPlan
from federated.evaluation.score_counts import count_units
from federated.privacy.quantisation import IntVector
from federated.tabular.features import FloatVector

LEAST_SLOPE: Final = 0.05
"""A flatter line means that the histogram shows no order."""

_STEPS: Final = 100
_SMALL: Final = 1e-9
_RIDGE: Final = 1e-6


class Recalibration(BaseModel):
    """Probabilities become sigmoid(intercept + slope * log-odds). The slope is positive: the order never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    intercept: float = Field(default=0.0, ge=-50, le=50)
    slope: float = Field(default=1.0, gt=0, le=50)

    def probabilities(self, scores: FloatVector) -> FloatVector:
        """Return recalibrated probabilities, for probabilities of the same shape."""
        return _sigmoid(self.intercept + self.slope * _log_odds(scores))

    @classmethod
    def fit(cls, plan: EvaluationPlan, total: IntVector) -> Self | None:
        """Fit the two numbers, or return None when the noisy histogram shows no order.

        The equations to solve hold on average whatever the noise, since they are linear in the counts; only the
        direction of each Newton step is taken from counts made possible.

        Args:
            plan: of the evaluation.
            total: (plan.size,) the noisy sum, in quantised units.
        """
        counts = total[: 2 * plan.bins] / count_units(plan).everybody
        positives, people = counts[1::2], counts[0::2] + counts[1::2]
        design = np.stack([np.ones(plan.bins), _log_odds(plan.centres)], axis=1)
        likely = possible_counts(people)
        if not 0.0 < positives.sum() < people.sum():
            return None
        numbers = np.array([0.0, 1.0])
        for _ in range(_STEPS):
            expected = _sigmoid(design @ numbers)
            curvature = (design.T * (likely * expected * (1.0 - expected))) @ design + _RIDGE * np.eye(2)
            step = np.linalg.solve(curvature, design.T @ (positives - people * expected))
            numbers = numbers + step / max(1.0, float(np.abs(step).max()))
            if float(np.abs(step).max()) < _SMALL:
                return cls._within(float(numbers[0]), float(numbers[1]))
        return None

    @classmethod
    def _within(cls, intercept: float, slope: float) -> Self | None:
        if not LEAST_SLOPE <= slope <= 50.0 or abs(intercept) > 50.0:  # noqa: PLR2004 - the fields' own bounds
            return None
        return cls(intercept=intercept, slope=slope)


def _log_odds(probabilities: FloatVector) -> FloatVector:
    inside = np.clip(probabilities, _SMALL, 1.0 - _SMALL)
    return np.log(inside) - np.log1p(-inside)


def _sigmoid(logits: FloatVector) -> FloatVector:
    return np.exp(-np.logaddexp(0.0, -logits))
