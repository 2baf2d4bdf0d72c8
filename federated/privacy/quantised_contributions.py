"""Contributions of people as quantised integers within exact bounds."""

import math
from typing import Final

import numpy as np

from federated.privacy.quantisation import UNITS_PER_BOUND, IntVector
from federated.tabular.features import FeatureSpec, FloatMatrix, FloatVector

INTERCEPT_UNITS: Final = UNITS_PER_BOUND // 4
"""Quantised units of a whole residual in the sum of all residuals, which is never clipped.

Clipping shortens large residuals most, so clipped sums vanish where predictions are too low (or too high) on average.
The intercept follows the whole residuals instead, which keeps the mean prediction right. Their sum is large beside the
noise, so a quarter of the scale suffices, and a person's contribution is only 3 % longer for it.
"""

GRADIENT_SENSITIVITY: Final = math.isqrt(UNITS_PER_BOUND**2 + INTERCEPT_UNITS**2 - 1) + 1
"""L2 bound, in quantised units, on a clipped gradient and a whole residual together, rounded up."""


def contribution_bounds(weights: FloatVector) -> IntVector:
    """Return (people,) int64: the bound on each person's contribution, in quantised units, for weights in [0, 1]."""
    return np.floor(weights * UNITS_PER_BOUND).astype(np.int64)


def quantise(values: FloatVector, limit: IntVector) -> IntVector:
    """Return values in [-1, 1], one a person, as quantised units of at most `limit`, truncated towards zero."""
    # A product of a number below 1 with a whole number is never rounded above that number, so the bound is exact.
    return np.trunc(values * limit).astype(np.int64)


def l2_bound(entries: int) -> int:
    """Return the L2 bound of a vector that has `entries` entries of at most one clipping bound, rounded up."""
    return math.isqrt(entries * UNITS_PER_BOUND**2 - 1) + 1


def column_slices(features: tuple[FeatureSpec, ...]) -> tuple[slice, ...]:
    """Return the columns of each feature in the encoded matrix."""
    slices, start = [], 0
    for feature in features:
        slices.append(slice(start, start + len(feature.columns)))
        start += len(feature.columns)
    return tuple(slices)


def category_of(block: FloatMatrix) -> IntVector:
    """Return (people,) the index of each person's category in a one-hot block; for none, the number of categories."""
    index: IntVector = block.argmax(axis=1).astype(np.int64)
    return np.where(block.max(axis=1) >= 1.0, index, np.int64(block.shape[1]))
