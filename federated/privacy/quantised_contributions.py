"""Contributions of people as quantised integers within exact bounds."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from federated.privacy.quantisation import UNITS_PER_BOUND, IntMatrix, IntVector
from federated.tabular.features import FeatureSpec, FloatMatrix, FloatVector

LEAST_CLIPPING_BOUND: Final = 1e-6
"""Bound on clipping bounds from below.

Far below, the number of units in a gradient overflows: float32 near 3e-33, float64 near 1e-302. No model needs a bound
anywhere near, so the margin is wide.
"""

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


def within_limits(units: IntMatrix, limit: IntVector) -> IntMatrix:
    """Return the contributions with every one of L2 length at most `limit`, whatever arithmetic made them.

    Rounding in a norm can leave a contribution some 10^-10 units too long: then each entry is one unit nearer to zero.
    A contribution that is still too long, or has an entry beyond the limit, is no clipped vector: it becomes zero.

    Args:
        units: (people, entries) int64, of at most 2^21 entries.
        limit: (people,) int64 in [0, `UNITS_PER_BOUND`].
    """
    most = limit[:, None]
    # Compared from both sides: the absolute value of the least int64 is itself.
    possible = ((units <= most) & (units >= -most)).all(axis=1, keepdims=True)
    bounded = np.where(possible, units, 0)
    nearer = bounded - np.sign(bounded)
    chosen = np.where(_too_long(bounded, limit), nearer, bounded)
    return np.where(_too_long(chosen, limit), 0, chosen)


def _too_long(units: IntMatrix, limit: IntVector) -> npt.NDArray[np.bool_]:
    longer: npt.NDArray[np.bool_] = (units * units).sum(axis=1) > limit * limit
    return longer[:, None]


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
