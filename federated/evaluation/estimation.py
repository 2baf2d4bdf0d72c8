"""Estimate the figures of an evaluation from its one noisy sum: post-processing, at no privacy cost.

Intervals are basic bootstrap intervals (Davison and Hinkley 1997, section 5.2.1): the noisy counts, moved to the
nearest possible ones, stand for the people; each replicate draws them again (Poisson: another sample of people) and
adds noise again. The generator protects nobody and is seeded, so that the same sum gives the same figures.

The noise is the stated one, or what the sum itself shows where that is more: entities may add noise of their own.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from federated.errors import TrainingMessageMalformed
from federated.evaluation.histogram_figures import (
    Array,
    area_under_curve,
    coarse_shares,
    possible_counts,
    ratio,
    shares_within_capacity,
    shares_within_capacity_by_outcome,
    smooth_area_under_curve,
)
from federated.evaluation.measurement import (
    CONFIDENCE,
    CalibrationPoint,
    Estimate,
    GroupFigures,
    Hidden,
    Measurement,
)
from federated.evaluation.noise_found import noise_beside_stated
from federated.evaluation.plan import EvaluationPlan
from federated.evaluation.recalibration import Recalibration
from federated.evaluation.score_counts import count_units
from federated.privacy.quantisation import IntVector
from federated.tabular.features import FloatMatrix, FloatVector
from presentation.messages import _

REPLICATES: Final = 1000
_CLEAR: Final = 3.0
"""A count below this many standard deviations of its noise is no denominator."""
_MOST_LOST: Final = 1.3
_POINTS: Final = 12
"""Most points of a calibration curve."""


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Counts by outcome, (2 + replicates, bins): as summed, nearest possible, and resampled; and their noise."""

    negatives: FloatMatrix
    positives: FloatMatrix
    noise: float

    @property
    def people(self) -> FloatMatrix:
        return self.negatives + self.positives

    def clear(self, counts: FloatMatrix, cells: int) -> bool:
        """Return whether a sum over some cells exceeds their noise."""
        return float(counts[0].sum()) > _CLEAR * self.noise * math.sqrt(cells)


def estimate_measurement(
    plan: EvaluationPlan,
    total: IntVector,
    deviation: float,
    generator: np.random.Generator,
    *,
    recalibration: Recalibration | None = None,
    replicates: int = REPLICATES,
) -> Measurement:
    """Return the figures of a noisy sum.

    With a recalibration, expected shares and the threshold are those of the corrected probabilities that nodes show. It
    was fitted to the same counts; its own uncertainty is not in the intervals.

    Args:
        plan: of the evaluation.
        total: (plan.size,) the sum of the contributions, in quantised units.
        deviation: stated standard deviation of the noise in each coordinate, in quantised units.
        generator: for the bootstrap only.
        recalibration: of the release.
        replicates: of the bootstrap.

    Raises:
        TrainingMessageMalformed: the sum does not fit the plan.
    """
    if total.shape != (plan.size,) or not deviation >= 0.0:
        raise TrainingMessageMalformed(_("la suma de la evaluación no encaja con su plan"))
    factor = noise_beside_stated(plan, total, deviation) if deviation > 0.0 else None
    deviation *= max(1.0, factor or 1.0)
    units = count_units(plan)
    centres = plan.centres if recalibration is None else recalibration.probabilities(plan.centres)
    whole = total[: 2 * plan.bins]
    everybody = _cells(whole / units.everybody, deviation / units.everybody, generator, replicates)
    groups, start, width = [], 2 * plan.bins, 2 * plan.slice_bins
    for each in plan.slices:
        for value in each.values:
            part = total[start : start + width]
            cells = _cells(part / units.group, deviation / units.group, generator, replicates)
            groups.append(_group(plan, GroupFigures(each.name, value), cells, everybody, centres))
            start += width
    found = replace(_measurement(plan, everybody, tuple(groups), centres), noise_found=factor)
    if recalibration is None:
        return found
    threshold = float(recalibration.probabilities(np.array([found.threshold]))[0])
    return replace(found, threshold=threshold)


def _cells(counts: FloatVector, noise: float, generator: np.random.Generator, replicates: int) -> _Cells:
    possible = possible_counts(counts)
    drawn = generator.poisson(possible, (replicates, len(counts))) + generator.normal(
        0.0, noise, (replicates, len(counts))
    )
    rows = np.vstack([counts, possible, drawn])
    return _Cells(rows[:, 0::2], rows[:, 1::2], noise)


def _measurement(
    plan: EvaluationPlan, cells: _Cells, groups: tuple[GroupFigures, ...], centres: FloatVector
) -> Measurement:
    without, within = shares_within_capacity_by_outcome(cells.negatives, cells.positives, plan.capacity)
    people = cells.people.sum(axis=1)
    positives = cells.positives.sum(axis=1)
    found = (within * cells.positives).sum(axis=1)
    called = found + (without * cells.negatives).sum(axis=1)
    usable = cells.clear(cells.people, 2 * plan.bins)
    outcomes = usable and cells.clear(cells.positives, plan.bins)
    both = outcomes and cells.clear(cells.negatives, plan.bins)
    points, error = _calibration(plan, cells, centres) if usable else ((), None)
    return Measurement(
        people=_interval(people, high=np.inf),
        rate=_interval(ratio(positives, people)) if usable else None,
        auc=_interval(smooth_area_under_curve(cells.negatives, cells.positives)) if both else None,
        capacity=plan.capacity,
        threshold=_threshold(plan, shares_within_capacity(cells.people[0], plan.capacity)),
        recall=_interval(ratio(found, positives)) if outcomes else None,
        precision=_interval(ratio(found, called)) if usable else None,
        calibration=points,
        calibration_error=error,
        roc=_roc(cells) if both else (),
        groups=groups,
        counts=tuple(float(each) for each in cells.people[0]),
        noise=cells.noise,
    )


def _group(
    plan: EvaluationPlan, group: GroupFigures, cells: _Cells, everybody: _Cells, centres: FloatVector
) -> GroupFigures:
    people = cells.people.sum(axis=1)
    if people[0] < plan.least_people:
        return replace(group, hidden=Hidden.FEW_PEOPLE)
    if not cells.clear(cells.people, 2 * plan.slice_bins):
        return replace(group, hidden=Hidden.NOISE)
    positives, negatives = cells.positives.sum(axis=1), cells.negatives.sum(axis=1)
    some, others = cells.clear(cells.positives, plan.slice_bins), cells.clear(cells.negatives, plan.slice_bins)
    shares = shares_within_capacity_by_outcome(everybody.negatives, everybody.positives, plan.capacity)
    others_within, some_within = (
        (coarse_shares(share, whole, plan.coarse_of) * part).sum(axis=1)
        for share, whole, part in zip(
            shares,
            (everybody.negatives, everybody.positives),
            (cells.negatives, cells.positives),
            strict=True,
        )
    )
    expected = (cells.people * _coarse_centres(plan, everybody, centres)).sum(axis=1)
    return replace(
        group,
        people=_interval(people, high=np.inf),
        rate=_interval(ratio(positives, people)),
        auc=_interval(_group_area(plan, cells, everybody)) if some and others else None,
        recall=_interval(ratio(some_within, positives)) if some else None,
        false_positive_rate=_interval(ratio(others_within, negatives)) if others else None,
        calibration_gap=_interval(ratio(positives - expected, people), low=-1.0),
    )


def _group_area(plan: EvaluationPlan, cells: _Cells, everybody: _Cells) -> FloatVector:
    # The coarser bins take as large a share from a group's AUC above one half as they take from everybody's.
    coarse = [_coarse_sums(plan, part) for part in (everybody.negatives, everybody.positives)]
    fine = smooth_area_under_curve(everybody.negatives, everybody.positives) - 0.5
    lost = np.clip(ratio(fine, area_under_curve(*coarse) - 0.5), 1.0, _MOST_LOST)
    own = area_under_curve(cells.negatives, cells.positives) - 0.5
    return 0.5 + own * np.where(np.isnan(lost), 1.0, lost)


def _coarse_sums(plan: EvaluationPlan, counts: FloatMatrix) -> FloatMatrix:
    starts = np.searchsorted(plan.coarse_of, np.arange(plan.slice_bins))
    return np.add.reduceat(counts, starts, axis=1)


def _coarse_centres(plan: EvaluationPlan, everybody: _Cells, centres: FloatVector) -> Array:
    # Within a coarse bin a group's scores are taken to lie as everybody's do.
    return coarse_shares(np.broadcast_to(centres, everybody.people.shape), everybody.people, plan.coarse_of)


def _interval(found: FloatVector, *, low: float = 0.0, high: float = 1.0, corrected: bool = False) -> Estimate:
    # found: the figure as summed, as possible, and of each replicate.
    value, centre, drawn = float(found[0]), float(found[1]), found[2:]
    tail = (1.0 - CONFIDENCE) / 2.0
    under, over = np.nanquantile(drawn, (tail, 1.0 - tail))
    best = value - (float(np.nanmean(drawn)) - centre) if corrected else value
    limits = np.clip((best, value - (over - centre), value - (under - centre)), low, high)
    return Estimate(*(float(each) for each in limits))


def _threshold(plan: EvaluationPlan, shares: FloatVector) -> float:
    lowest = int(np.argmax(shares > 0.0)) if (shares > 0.0).any() else len(shares) - 1
    lower, upper = (0.0, *plan.edges)[lowest], (*plan.edges, 1.0)[lowest]
    return float(upper - shares[lowest] * (upper - lower))


def _calibration(
    plan: EvaluationPlan, cells: _Cells, centres: FloatVector
) -> tuple[tuple[CalibrationPoint, ...], Estimate]:
    starts = _joined(plan, cells)
    people = np.add.reduceat(cells.people, starts, axis=1)
    observed = np.add.reduceat(cells.positives, starts, axis=1)
    expected = np.add.reduceat(cells.people * centres, starts, axis=1)
    rates = ratio(observed, people)
    points = tuple(
        CalibrationPoint(
            float(np.clip(expected[0, place] / people[0, place], 0.0, 1.0)),
            _interval(rates[:, place]),
            float(people[0, place]),
        )
        for place in range(len(starts))
    )
    distance = ratio(np.abs(observed - expected).sum(axis=1), people.sum(axis=1))
    return points, _interval(distance, corrected=True)


def _joined(plan: EvaluationPlan, cells: _Cells) -> list[int]:
    """Return the start of each group of neighbouring bins, with enough people in every group to exceed the noise."""
    counts = cells.people[0]
    least = max(float(plan.least_people), counts.sum() / _POINTS)
    starts, held, width = [0], 0.0, 0
    for place, count in enumerate(counts):
        held, width = held + count, width + 1
        if held >= max(least, _CLEAR * cells.noise * (2 * width) ** 0.5) and place + 1 < len(counts):
            starts.append(place + 1)
            held, width = 0.0, 0
    if len(starts) > 1 and held < max(least, _CLEAR * cells.noise * (2 * width) ** 0.5):
        starts.pop()
    return starts


def _roc(cells: _Cells) -> tuple[tuple[float, float], ...]:
    falling = [np.cumsum(possible_counts(part[0])[::-1]) for part in (cells.negatives, cells.positives)]
    rates = [each / max(float(each[-1]), 1e-9) for each in falling]
    return ((0.0, 0.0), *((float(false), float(true)) for false, true in zip(*rates, strict=True)))
