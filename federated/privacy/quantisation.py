"""The grid on which sums are made: whole numbers, exact to add, exact to bound, and ready for secure aggregation."""

from typing import Final

import numpy as np
import numpy.typing as npt

UNITS_PER_BOUND: Final = 1 << 20
"""Grid units in one clipping bound."""

COUNT_UNITS: Final = UNITS_PER_BOUND // 4
"""What one person adds to a counting coordinate: with it the coordinator learns the number of people, noisily."""

MAX_PEOPLE: Final = 1 << 32
"""Of one entity, so that no sum leaves 63 bits."""

MAX_WEIGHT: Final = 1e6
"""Bound on any number that a node computes with, so that nothing overflows."""

IntVector = npt.NDArray[np.int64]
"""A sum, or one entity's part of it, in grid units."""
