"""Quantisation of sums: integers are exact to add, exact to bound, and ready for secure aggregation."""

from typing import Final

import numpy as np
import numpy.typing as npt

UNITS_PER_BOUND: Final = 1 << 20
"""Quantised units in one clipping bound."""

COUNT_UNITS: Final = UNITS_PER_BOUND // 4
"""Contribution of one person to a counting coordinate, from which the coordinator learns a noisy number of people."""

MAX_PEOPLE: Final = 1 << 32
"""Of one entity, so that every sum fits 63 bits."""

MAX_WEIGHT: Final = 1e6
"""Bound on any number that a node computes with, so that nothing overflows."""

IntVector = npt.NDArray[np.int64]
"""A sum, or one entity's contribution to it, in quantised units."""

IntMatrix = npt.NDArray[np.int64]
"""(people, entries) contributions of people, in quantised units."""
