"""An entity's contribution to the evaluation: its held-out people counted by score, outcome and group.

A person adds one count to the histogram of (score bin, outcome) and one to that of (value, coarse bin, outcome) of each
of k attributes, each worth the person's weight. Half of the squared sensitivity goes to the first, which counts
everybody, and half to the groups together: a person of weight 1 moves the vector by at most ``sqrt(u^2 + k v^2)`` in
L2, u and v being the units of both kinds of count, whatever the scores. Nothing is clipped, and rounding is downwards,
so that the parts of a person who is in several entities never add up to more than one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from federated.errors import DataUnsuitable
from federated.evaluation.plan import EvaluationPlan
from federated.privacy.quantisation import UNITS_PER_BOUND, IntVector
from federated.tabular.features import FloatVector, Value
from presentation.messages import _

GroupMatrix = npt.NDArray[np.int64]
"""(people, attributes): the place of the person's value in the public list, or -1 for none of them."""


@dataclass(frozen=True, slots=True)
class CountUnits:
    """The amount that a person of weight 1 adds to a coordinate, in quantised units."""

    everybody: int
    group: int


def count_units(plan: EvaluationPlan) -> CountUnits:
    """Return the units with which `sensitivity` stays within `UNITS_PER_BOUND`."""
    attributes = len(plan.slices)
    if attributes == 0:
        return CountUnits(UNITS_PER_BOUND, 0)
    return CountUnits(math.isqrt(UNITS_PER_BOUND**2 // 2), math.isqrt(UNITS_PER_BOUND**2 // (2 * attributes)))


def sensitivity(plan: EvaluationPlan) -> int:
    """Return the most by which one person moves the summed vector, in L2 and quantised units, rounded up."""
    units = count_units(plan)
    return math.isqrt(units.everybody**2 + len(plan.slices) * units.group**2 - 1) + 1


def group_matrix(plan: EvaluationPlan, values: Mapping[str, Sequence[Value]], people: int) -> GroupMatrix:
    """Return the groups of people; a value outside the public list, or none, is counted in no group.

    Args:
        plan: names the attributes.
        values: attribute -> (people,) values, as the entity keeps them.
        people: number of people.

    Raises:
        DataUnsuitable: an attribute is missing, or has another length.
    """
    groups = np.full((people, len(plan.slices)), -1, dtype=np.int64)
    for column, each in enumerate(plan.slices):
        found = values.get(each.name)
        if found is None or len(found) != people:
            raise DataUnsuitable(
                _("el atributo {each!r} no está disponible aquí para todas las personas", each=each.name)
            )
        places = {value: place for place, value in enumerate(each.values)}
        groups[:, column] = [places.get(_spelling(value), -1) for value in found]
    return groups


def _spelling(value: Value) -> str:
    # Categories as the manifest spells them: 1, 1.0, True and "1" are one value.
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def count_vector(
    plan: EvaluationPlan, scores: FloatVector, labels: FloatVector, groups: GroupMatrix, weights: FloatVector
) -> IntVector:
    """Return this entity's exact counts, (plan.size,) int64 in quantised units, before noise.

    Args:
        plan: of the evaluation.
        scores: (people,) probabilities from the model.
        labels: (people,) of 0 and 1.
        groups: (people, attributes), see `group_matrix`.
        weights: (people,) in [0, 1].

    Raises:
        DataUnsuitable: shapes that do not fit, or values out of range.
    """
    _check(plan, scores, labels, groups, weights)
    units = count_units(plan)
    whole, part = (np.floor(weights * unit).astype(np.int64) for unit in (units.everybody, units.group))
    outcome = labels.astype(np.int64)
    parts = [_histogram(2 * np.searchsorted(plan.edges, scores, side="right") + outcome, whole, 2 * plan.bins)]
    coarse = 2 * np.searchsorted(plan.slice_edges, scores, side="right") + outcome
    width = 2 * plan.slice_bins
    for column, each in enumerate(plan.slices):
        inside = groups[:, column] >= 0
        places = groups[inside, column] * width + coarse[inside]
        parts.append(_histogram(places, part[inside], width * len(each.values)))
    return np.concatenate(parts)


def _histogram(places: npt.NDArray[np.int64], units: IntVector, size: int) -> IntVector:
    counts = np.zeros(size, dtype=np.int64)
    np.add.at(counts, places, units)
    return counts


def _check(
    plan: EvaluationPlan, scores: FloatVector, labels: FloatVector, groups: GroupMatrix, weights: FloatVector
) -> None:
    shape = scores.shape
    same = len(shape) == 1 and labels.shape == shape and weights.shape == shape
    if not same or groups.shape != (*shape, len(plan.slices)):
        raise DataUnsuitable(_("las puntuaciones, los resultados, los grupos y los pesos tienen longitudes distintas"))
    if not ((scores >= 0.0) & (scores <= 1.0)).all() or not np.isin(labels, (0.0, 1.0)).all():  # NaN is neither
        raise DataUnsuitable(_("las puntuaciones deben ser probabilidades, y los resultados, 0 o 1"))
    if not ((weights >= 0.0) & (weights <= 1.0)).all():
        raise DataUnsuitable(_("el peso de una persona debe estar entre 0 y 1"))
    for column, each in enumerate(plan.slices):
        if ((groups[:, column] < -1) | (groups[:, column] >= len(each.values))).any():
            raise DataUnsuitable(
                _("el atributo {each!r} tiene valores que no están en su lista pública", each=each.name)
            )
