"""The noise that is in an evaluation's sum, as the sum itself shows it.

Entities may add noise of their own, and how much each adds is told to nobody. But the sum says the same people twice:
everybody by score, and again by score for each value of an attribute. What is left when the values of an attribute are
taken from everybody is noise, once for each attribute, outcome and coarser bin. Post-processing, at no privacy cost.

People who have none of an attribute's public values are in the first count only. They are taken to be the same share of
every bin; as they are not quite, the noise is overstated and the intervals are wider than they need be.
"""

import math
from typing import Final

import numpy as np

from federated.evaluation.plan import EvaluationPlan
from federated.evaluation.score_counts import count_units
from federated.privacy.quantisation import IntVector
from federated.tabular.features import FloatVector

_CLEAR: Final = 4.0
"""A share of people without a public value below this many standard errors is taken to be none."""


def noise_beside_stated(plan: EvaluationPlan, total: IntVector, deviation: float) -> float | None:
    """Return by which factor the noise of a sum is wider than stated; None where no attribute shows it.

    The estimate has about as many degrees of freedom as there are coarser bins of all attributes and both outcomes.

    Args:
        plan: of the evaluation.
        total: (plan.size,) the sum, in quantised units.
        deviation: stated standard deviation of the noise in each coordinate, in quantised units; above 0.
    """
    if not plan.slices:
        return None
    units, width, start = count_units(plan), 2 * plan.slice_bins, 2 * plan.bins
    fine, fine_bins = total[:start] / units.everybody, _width(plan) / float(units.everybody) ** 2
    squares = []
    for each in plan.slices:
        groups = total[start : start + width * len(each.values)].reshape(len(each.values), width) / units.group
        start += width * len(each.values)
        for outcome in (0, 1):
            everybody = np.bincount(plan.coarse_of, weights=fine[outcome::2]).astype(np.float64)
            inside = groups[:, outcome::2].sum(axis=0)
            squares.append(_squares(everybody, inside, fine_bins, len(each.values) / units.group**2))
    return math.sqrt(float(np.mean(squares))) / deviation


def _width(plan: EvaluationPlan) -> FloatVector:
    """Return (bins,) the number of fine bins in each coarse bin."""
    return np.bincount(plan.coarse_of).astype(np.float64)


def _squares(everybody: FloatVector, inside: FloatVector, fine_bins: FloatVector, of_values: float) -> float:
    """Return the mean square of the noise in one attribute and outcome, over that of a noise of deviation 1.

    Args:
        everybody: (bins,) noisy people by coarse bin.
        inside: (bins,) the same of those with a public value.
        fine_bins: (bins,) the variance of `everybody` under such a noise.
        of_values: that of `inside`, in each bin.
    """
    scale = np.sqrt(fine_bins + of_values)
    shape, left = everybody / scale, (everybody - inside) / scale
    length = float(shape @ shape)
    if length > 0.0:
        share = min(1.0, max(0.0, float(left @ shape) / length))
        error = math.sqrt(float(((left - share * shape) ** 2).sum()) / (len(left) - 1) / length)
        if share > _CLEAR * error:
            scaled = ((1.0 - share) * everybody - inside) / np.sqrt((1.0 - share) ** 2 * fine_bins + of_values)
            return float((scaled**2).sum()) / (len(left) - 1)
    return float((left**2).mean())
