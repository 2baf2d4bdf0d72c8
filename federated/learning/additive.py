"""The additive model: batched Newton boosting of one-feature trees, from whole-number sums.

After Nori, Caruana, Bu, Shen, Kulkarni, "Accuracy, Interpretability, and Differential Privacy via Explainable Boosting"
(ICML 2021) and Maddock, Cormode, Wang, Maple, Jha, "Federated Boosted Decision Trees with Differential Privacy" (CCS
2022): bins from a private histogram, no splits chosen by labels, Newton steps. Here the features are divided into a
few groups; a round sums the residuals of one group's bins and updates all of its curves at once. Per feature this costs
the same budget as summing everything each time, since a person's contribution is shorter by the root of the number of
groups, but each group corrects the previous ones: correlated features do not overshoot.

Most people are in the fullest bin of most features (no child under six, no pension). Its residuals are not summed: they
are the sum of all residuals less those of the other bins. Without it a person's contribution is much shorter, so it can
be clipped to a much smaller bound, with less noise.

Curvature is not summed: it is p(1 - p) at the mean, times the counts of the histogram.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from federated.errors import TrainingMessageMalformed
from federated.learning.curves import centred, in_order, noise_factor, prior_precision
from federated.learning.feature_bins import BEYOND, BinLayout, bins_of, choose_edges, fine_cells, fine_edges
from federated.learning.hyperparameters import AdditiveTerms
from federated.learning.log_odds import sigmoid
from federated.learning.model_documents import AdditiveModel, Shape, as_row
from federated.learning.program import StageRequirement, State, as_floats, check_round_inputs
from federated.privacy.quantisation import MAX_WEIGHT, UNITS_PER_BOUND, IntVector
from federated.privacy.quantised_contributions import (
    GRADIENT_SENSITIVITY,
    INTERCEPT_UNITS,
    LEAST_CLIPPING_BOUND,
    category_of,
    column_slices,
    contribution_bounds,
    l2_bound,
    quantise,
)
from federated.privacy.stages import StageKind
from federated.tabular.features import CategoricalFeature, FeatureSpec, FloatMatrix, FloatVector, column_names
from federated.tabular.rows import Rows
from presentation.messages import _

TOTAL: Final = 0.25
"""Scale of the sum of all clipped residuals, which is large beside the noise; a small share of a contribution does."""

_HEAD: Final = 3
_SUMS: Final = 2

LEAST_CURVATURE: Final = 0.05
"""Below this a Newton step on a noisy sum would mostly follow the noise."""


@dataclass(frozen=True, slots=True, eq=False)
class _RoundParameters:
    """A training round's parameters, unpacked."""

    group: range
    intercept: float
    bound: float
    fullest: FloatVector
    edges: list[FloatVector]
    curves: FloatVector


class AdditiveProgram:
    """A `Program` and its `LocalModel`.

    Parameters: for the edges none; in training the group's number, the intercept, the clipping bound, each feature's
    fullest bin, the edges of every numeric feature (``bins - 1`` places each), and the log-odds of every slot.
    Sum: for the edges the people of every fine cell; in training all whole residuals, then the clipped ones of the
    group: in total times `TOTAL`, then by bin, with zero in the fullest.
    """

    def __init__(self, features: Sequence[FeatureSpec], terms: AdditiveTerms) -> None:
        self.features = tuple(features)
        self.terms = terms
        self.columns = len(column_names(self.features))
        self._slots = BinLayout(self.features, terms.bins)
        self._fine = BinLayout(self.features, terms.fine_bins)
        self._numeric = tuple(not isinstance(feature, CategoricalFeature) for feature in self.features)
        self._groups = tuple(range(len(self.features))[start :: terms.groups] for start in range(terms.groups))

    @property
    def stages(self) -> tuple[StageRequirement, ...]:
        """One round for the bins, then `passes` over the groups."""
        return self.terms.stages

    def parameters_size(self, stage: StageKind) -> int:
        """Return the length of the parameters that a round publishes."""
        if stage is StageKind.EDGES:
            return 0
        return _HEAD + len(self.features) + sum(self._numeric) * (self.terms.bins - 1) + sum(self._slots.widths())

    def sum_size(self, stage: StageKind) -> int:
        """Return the length of a round's sum: all fine cells, or the slots of the widest group and two totals."""
        if stage is StageKind.EDGES:
            return sum(self._fine.widths())
        widths = self._slots.widths()
        return _SUMS + max(sum(widths[index] for index in group) for group in self._groups)

    def sensitivity(self, stage: StageKind) -> int:
        """Return the L2 bound on one person's contribution: a cell per feature, or the clipping bound."""
        return l2_bound(len(self.features)) if stage is StageKind.EDGES else GRADIENT_SENSITIVITY

    # The coordinator's half.

    def start(self) -> State:
        """Return the state before the first round: no bins yet."""
        return {}

    def round_parameters(self, state: State, stage: StageKind, round_in_stage: int) -> FloatVector:
        """Return the parameters that a round publishes."""
        if stage is StageKind.EDGES:
            return np.zeros(0, dtype=np.float64)
        group = (round_in_stage - 1) % self.terms.groups
        curves, intercept = self._ahead(state)
        head = [float(group), intercept, self._bound(state, group)]
        return np.concatenate([head, self._fullest(state), state["edges"], curves])

    def advance(self, state: State, stage: StageKind, round_in_stage: int, total: Sequence[int]) -> State:
        """Return the state after a round."""
        sums = as_floats(total, self.sum_size(stage)) / UNITS_PER_BOUND
        if stage is StageKind.EDGES:
            return self._with_bins(sums)
        return self._stepped(state, round_in_stage, sums)

    def people(self, state: State) -> float:
        """Return the noisy number of people."""
        return float(state["people"][0])

    def finish(self, state: State) -> AdditiveModel:
        """Return the document, each curve centred over the people of training."""
        edges, shapes, intercept = self._edges_of(state["edges"]), [], float(state["average_intercept"][0])
        for index, (feature, slots) in enumerate(zip(self.features, self._slots.slices(), strict=True)):
            own = edges[index][edges[index] < BEYOND] if self._numeric[index] else edges[index][:0]
            bins = self._bins(state, index)
            people = state["counts"][slots][:bins]
            raw = state["average"][slots][:bins]
            curve = centred(raw, people)
            intercept += float(raw[0] - curve[0])
            shape = Shape(feature=feature.name, edges=as_row(own), log_odds=as_row(curve), people=as_row(people))
            shapes.append(shape)
        monotone = self.terms.monotone
        return AdditiveModel(features=self.features, shapes=tuple(shapes), intercept=intercept, monotone=monotone)

    def _with_bins(self, counts: FloatVector) -> State:
        borders, edges, merged = fine_edges(self.terms.fine_bins), [], []
        for numeric, cells in zip(self._numeric, self._fine.slices(), strict=True):
            own = counts[cells]
            if not numeric:
                merged.append(np.maximum(own, 0.0))
                continue
            ends = choose_edges(own, self.terms.bins, self.terms.bin_people)
            padded = np.full(self.terms.bins - 1, BEYOND)
            padded[: len(ends)] = borders[ends - 1]
            edges.append(padded)
            held = np.zeros(self.terms.bins)
            starts = np.concatenate([[0], ends]).astype(np.int64)
            held[: len(starts)] = np.maximum(np.add.reduceat(own, starts), 0.0)
            merged.append(held)
        zeros = np.zeros(sum(self._slots.widths()))
        return {
            "people": np.array([max(float(counts.sum()) / len(self.features), 1.0)]),
            "edges": np.concatenate(edges) if edges else np.zeros(0),
            "counts": np.concatenate(merged),
            "curves": zeros,
            "velocity": zeros,
            "average": zeros,
            "intercept": np.zeros(1),
            "average_intercept": np.zeros(1),
        }

    def _fullest(self, state: State) -> FloatVector:
        """Return the number of each feature's fullest bin."""
        return np.array([float(state["counts"][slots].argmax()) for slots in self._slots.slices()])

    def _bound(self, state: State, group: int) -> float:
        """Return the clipping bound of a group, from the noisy counts and so at no privacy cost."""
        slices, people = self._slots.slices(), self.people(state)
        outside = sum(max(1.0 - state["counts"][slices[index]].max() / people, 0.0) for index in self._groups[group])
        return self.terms.clip * 0.5 * math.sqrt(outside + TOTAL**2)

    def _ahead(self, state: State) -> tuple[FloatVector, float]:
        curves = np.clip(state["curves"] + self.terms.momentum * state["velocity"], -MAX_WEIGHT, MAX_WEIGHT)
        return curves, float(np.clip(state["intercept"][0], -MAX_WEIGHT, MAX_WEIGHT))

    def _stepped(self, state: State, round_in_stage: int, sums: FloatVector) -> State:
        """Return the state after a Newton step of one group's curves."""
        curves, intercept = self._ahead(state)
        middle = float(sigmoid(np.array([intercept]))[0])
        curvature = max(middle * (1.0 - middle), LEAST_CURVATURE)
        group = (round_in_stage - 1) % self.terms.groups
        bound, fullest = self._bound(state, group), self._fullest(state).astype(np.int64)
        residuals, everybody = sums * bound, float(sums[1]) * bound / TOTAL
        step, slices, start = np.zeros_like(curves), self._slots.slices(), _SUMS
        for index in self._groups[group]:
            bins = self._bins(state, index)
            own = slice(slices[index].start, slices[index].start + bins)
            gradient, people = residuals[start : start + bins].copy(), state["counts"][own]
            gradient[fullest[index]] = 0.0
            gradient[fullest[index]] = everybody - gradient.sum()
            prior = self._prior(index, curvature * people, bound)
            newton: FloatVector = np.linalg.solve(
                np.diag(curvature * people) + prior, gradient - prior @ curves[own]
            ).astype(np.float64)
            step[own] = centred(newton, people)
            start += self._slots.width(index)
        velocity = self.terms.momentum * state["velocity"] + self.terms.learning_rate * step
        moved = self._ordered(state, np.clip(state["curves"] + velocity, -MAX_WEIGHT, MAX_WEIGHT))
        whole = float(sums[0]) * UNITS_PER_BOUND / INTERCEPT_UNITS
        shift = self.terms.learning_rate * whole / (curvature * self.people(state))
        return self._averaged(state, round_in_stage, moved, velocity, intercept + shift)

    def _averaged(
        self, state: State, round_in_stage: int, curves: FloatVector, velocity: FloatVector, intercept: float
    ) -> State:
        rounds = self.terms.groups * self.terms.passes
        averaged = max(round_in_stage - int(rounds * self.terms.average_from), 1)
        new = np.array([intercept])
        return {
            **state,
            "curves": curves,
            "velocity": velocity,
            "intercept": new,
            "average": state["average"] + (curves - state["average"]) / averaged,
            "average_intercept": state["average_intercept"] + (new - state["average_intercept"]) / averaged,
        }

    def _ordered(self, state: State, curves: FloatVector) -> FloatVector:
        ordered = curves.copy()
        for index, (feature, slots) in enumerate(zip(self.features, self._slots.slices(), strict=True)):
            direction = self.terms.monotone.get(feature.name)
            if direction is not None:
                own = slice(slots.start, slots.start + self._bins(state, index))
                ordered[own] = in_order(curves[own], state["counts"][own], direction)
        return ordered

    def _prior(self, index: int, information: FloatVector, bound: float) -> FloatMatrix:
        factor = noise_factor(information, self.terms.noise * bound)
        between = (factor[1:] + factor[:-1]) / 2.0 if self._numeric[index] else np.zeros(len(factor) - 1)
        return prior_precision(self.terms.ridge * factor, self.terms.smoothing * between)

    def _bins(self, state: State, index: int) -> int:
        if not self._numeric[index]:
            return self._slots.width(index)
        return int((self._edges_of(state["edges"])[index] < BEYOND).sum()) + 1

    def _edges_of(self, flat: FloatVector) -> list[FloatVector]:
        """Return the edges feature by feature; a categorical one has none."""
        rows = iter(flat.reshape(-1, self.terms.bins - 1))
        return [next(rows) if numeric else np.zeros(0) for numeric in self._numeric]

    # The node's half.

    def local_sum(self, parameters: FloatVector, stage: StageKind, rows: Rows) -> IntVector:
        """Return the exact sum over people, in quantised units: counts of cells, or residuals of one group's bins.

        Raises:
            TrainingMessageMalformed: parameters that do not fit the model.
            DataUnsuitable: rows that do not have the model's columns.
        """
        check_round_inputs(self, parameters, stage, rows, self.columns)
        if stage is StageKind.EDGES:
            return self._counts(rows)
        received = self._read(parameters)
        bins = bins_of(self.features, received.edges, rows.matrix)
        logits = np.full(len(rows), received.intercept)
        for found, slots in zip(bins, self._slots.slices(), strict=True):
            logits += received.curves[slots][found]
        outside = {index: bins[index] != received.fullest[index] for index in received.group}
        # Terms with more groups than features leave some groups empty.
        entries = sum((chosen.astype(np.int64) for chosen in outside.values()), np.zeros(len(rows), dtype=np.int64))
        residuals, limit = rows.labels - sigmoid(logits), contribution_bounds(rows.weights)
        units, totals = _clipped(residuals, entries, received.bound, limit)
        total, start = np.zeros(self.sum_size(stage), dtype=np.int64), _SUMS
        total[0] = quantise(residuals * (INTERCEPT_UNITS / UNITS_PER_BOUND), limit).sum()
        total[1] = totals.sum()
        for index, chosen in outside.items():
            width = self._slots.width(index)
            total[start : start + width] = _summed(bins[index][chosen], units[chosen], width)
            start += width
        return total

    def _counts(self, rows: Rows) -> IntVector:
        limit = contribution_bounds(rows.weights)
        parts = []
        for index, columns in enumerate(column_slices(self.features)):
            block = rows.matrix[:, columns]
            cells = fine_cells(block[:, 0], self.terms.fine_bins) if self._numeric[index] else category_of(block)
            parts.append(_summed(cells, limit, self._fine.width(index)))
        return np.concatenate(parts)

    def _read(self, parameters: FloatVector) -> _RoundParameters:
        number, intercept, bound = (float(value) for value in parameters[:_HEAD])
        middle, end = _HEAD + len(self.features), len(parameters) - sum(self._slots.widths())
        if number not in range(len(self._groups)) or not bound >= LEAST_CLIPPING_BOUND:
            raise TrainingMessageMalformed(
                _("los parámetros indican un grupo o un límite que el modelo no puede tener")
            )
        edges = self._edges_of(parameters[middle:end])
        if any((np.diff(own) < 0).any() for own in edges):
            raise TrainingMessageMalformed(_("los parámetros tienen bordes de tramo que no van en orden creciente"))
        fullest = parameters[_HEAD:middle]
        return _RoundParameters(self._groups[int(number)], intercept, bound, fullest, edges, parameters[end:])


def _clipped(residuals: FloatVector, entries: IntVector, bound: float, limit: IntVector) -> tuple[IntVector, IntVector]:
    """Return each person's units per entry and in the total, of L2 length at most `limit` together.

    Args:
        residuals: (people,) in [-1, 1].
        entries: (people,) number of entries with the person's residual.
        bound: clipping bound, worth `limit` units.
        limit: (people,).
    """
    norms = np.abs(residuals) * np.sqrt(entries + TOTAL**2)
    scaled = residuals / np.maximum(norms, bound)
    units, totals = quantise(scaled, limit), quantise(TOTAL * scaled, limit)
    units = np.where(entries > 0, units, 0)
    # As in `within_limits`, for a vector that has one number in `entries` places: one unit nearer, else nothing.
    too_long = entries * units**2 + totals**2 > limit**2
    units, totals = units - too_long * np.sign(units), totals - too_long * np.sign(totals)
    kept = entries * units**2 + totals**2 <= limit**2
    return units * kept, totals * kept


def _summed(index: IntVector, units: IntVector, width: int) -> IntVector:
    # bincount adds float64; sums of fewer than 2^32 people of 2^20 units are whole numbers below 2^53, so exact.
    return np.bincount(index, weights=units, minlength=width).astype(np.int64)
