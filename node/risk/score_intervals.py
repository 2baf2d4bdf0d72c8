"""Intervals of probabilities, from the outcomes of this entity's people with about the same score.

The interval of a person is Wilson's (1927) for the share of positive outcomes among the 50 past cases of this entity
around that score, widened where needed to hold the probability shown. It assumes nothing about the model: noise added
for privacy, a shared model that fits this entity badly, and few past cases all widen it. It does not tell how one
person differs from others with the same score, or that the future resembles the past. With too few past cases there is
no interval, and only the order counts.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from federated.tabular.features import FloatVector
from node.training.calibration import LEAST_CASES

NEIGHBOURS: Final = 50
"""Past cases around a score."""
NORMAL_QUANTILE: Final = 1.6449
"""Quantile of a two-sided 90 % interval."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A 90 % interval of a probability."""

    low: float
    high: float


class PastCases:
    """An entity's past cases, by score."""

    def __init__(self, scores: FloatVector, labels: FloatVector) -> None:
        order = np.argsort(scores, kind="stable")
        self._scores = scores[order]
        self._positives = np.concatenate([[0.0], np.cumsum(labels[order])])

    @property
    def enough(self) -> bool:
        """True if there are enough cases of either outcome for an interval."""
        positives = self._positives[-1]
        return bool(min(positives, len(self._scores) - positives) >= LEAST_CASES)

    def interval(self, score: float, probability: float) -> Interval | None:
        """Return the interval of a person with this score (log-odds of the shared model); None with too few cases."""
        if not self.enough:
            return None
        cases = min(NEIGHBOURS, len(self._scores))
        middle = int(np.searchsorted(self._scores, score))
        first = min(max(middle - cases // 2, 0), len(self._scores) - cases)
        positives = float(self._positives[first + cases] - self._positives[first])
        low, high = wilson(positives, cases)
        return Interval(min(low, probability), max(high, probability))


def wilson(positives: float, cases: int) -> tuple[float, float]:
    """Return Wilson's 90 % score interval of a share, in [0, 1]."""
    share, square = positives / cases, NORMAL_QUANTILE**2
    centre = (share + square / (2 * cases)) / (1 + square / cases)
    half = NORMAL_QUANTILE / (1 + square / cases)
    half *= float(np.sqrt(share * (1 - share) / cases + square / (4 * cases**2)))
    return max(0.0, centre - half), min(1.0, centre + half)
