"""Faults in the privacy protection, each with the audits that must detect it."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import pytest

from federated.campaign import stage_sums as sums
from federated.campaign.stage_sums import StageSums
from federated.evaluation import score_counts
from federated.learning import additive
from federated.learning import column_means as means
from federated.models import per_person_gradients as persample
from federated.participation import local_sums as training
from federated.participation.local_sums import LocalPeople, LocalSums
from federated.privacy import gaussian_noise as noise
from federated.privacy import quantised_contributions as grid
from federated.privacy import stages
from federated.privacy.quantisation import UNITS_PER_BOUND, IntVector
from federated.privacy.stages import Part, Position, StageKind
from federated.secagg import client
from federated.tabular.features import FloatMatrix

Break = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault in the privacy protection.

    Attributes:
        name: what is wrong.
        broken: breaks the real code.
        audits: each of them notices.
    """

    name: str
    broken: Break
    audits: tuple[str, ...]


def _replaced(module: Any, name: str, by: Callable[..., Any]) -> Break:
    return lambda patch: patch.setattr(module, name, by)


def _all(*breaks: Break) -> Break:
    def broken(patch: pytest.MonkeyPatch) -> None:
        for each in breaks:
            each(patch)

    return broken


# Noise


def _no_noise(size: int, variance: int) -> IntVector:  # noqa: ARG001 - the real one's arguments
    return np.zeros(size, dtype=np.int64)


def _same_noise(size: int, variance: int) -> IntVector:
    return np.rint(np.random.default_rng(7).normal(0.0, variance**0.5, size)).astype(np.int64)


def _every_noise_twice(patch: pytest.MonkeyPatch) -> None:
    real, kept = noise.discrete_gaussian, list[IntVector]()

    def drawn(size: int, variance: int) -> IntVector:
        if kept:
            return kept.pop()
        kept.append(real(size, variance))
        return kept[0].copy()

    patch.setattr(training, "discrete_gaussian", drawn)


def _shared_twice(sensitivity: int, noise_multiplier: float, shares: int) -> int:
    return noise.noise_variance(sensitivity, noise_multiplier, shares**2)


def _narrower(factor: float) -> Callable[[int, float, int], int]:
    def variance(sensitivity: int, noise_multiplier: float, shares: int) -> int:
        return noise.noise_variance(sensitivity, noise_multiplier / factor, shares)

    return variance


def _shared_among_all_invited(self: StageSums, position: Position) -> int:
    stage = position.stage
    return noise.noise_variance(self.sensitivity(stage.kind), stage.noise_multiplier, len(self.manifest.invited))


# Bounds


def _unclipped_rows(rows: FloatMatrix, bound: float, limit: IntVector) -> IntVector:
    return np.trunc(rows * (limit[:, None] / bound)).astype(np.int64)


def _unclipped_residuals(
    residuals: IntVector, entries: IntVector, bound: float, limit: IntVector
) -> tuple[IntVector, IntVector]:
    del entries
    scaled = residuals / bound
    return np.trunc(scaled * limit).astype(np.int64), np.trunc(additive.TOTAL * scaled * limit).astype(np.int64)


def _rows_rounded_up(rows: FloatMatrix, bound: float, limit: IntVector) -> IntVector:
    units = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), bound) * limit[:, None]
    longer: IntVector = (np.ceil(np.abs(units)) * np.sign(units)).astype(np.int64)
    return longer


def _limits_rounded_up(weights: IntVector) -> IntVector:
    return np.ceil(weights * UNITS_PER_BOUND).astype(np.int64)


def _weights_rounded_up(weights: IntVector, unit: int) -> IntVector:
    return np.minimum((np.ceil(weights * unit) + 0.5) / unit, 1.0)


# A person in several entities


def _full_limits(weights: IntVector) -> IntVector:
    return grid.contribution_bounds(np.ones_like(weights))


def _counts_with(weighing: Callable[[Any, int], Any]) -> Break:
    real = score_counts.count_vector

    @functools.wraps(real)
    def count_vector(plan: Any, scores: Any, labels: Any, groups: Any, weights: Any) -> IntVector:
        return real(plan, scores, labels, groups, weighing(weights, score_counts.count_units(plan).everybody))

    return _replaced(score_counts, "count_vector", count_vector)


# The evaluation


def _evaluated_on_all(patch: pytest.MonkeyPatch) -> None:
    real = LocalSums.exact

    def exact(self: LocalSums, parameters: Any, model: bytes, kind: StageKind) -> IntVector:
        people = self._people.training
        self._people = LocalPeople(people, people, np.zeros((len(people), 0), dtype=np.int64))
        return real(self, parameters, model, kind)

    patch.setattr(LocalSums, "exact", exact)


def _evaluation_not_counted(patch: pytest.MonkeyPatch) -> None:
    real = stages.gaussian_rounds
    patch.setattr(stages, "gaussian_rounds", lambda listed, _part: real(listed, Part.TRAINING))


SUMS: Final = ("cells", "residuals", "gradients", "histogram")
IN_DETAIL: Final = tuple(f"{name} in detail" for name in SUMS)
IN_THREE: Final = tuple(f"{name} of people in three entities" for name in SUMS)

MUTANTS: Final = (
    Mutant("noise off", _replaced(training, "discrete_gaussian", _no_noise), SUMS),
    Mutant("noise share divided twice", _replaced(sums, "noise_variance", _shared_twice), SUMS),
    Mutant("noise divided by 4", _replaced(sums, "noise_variance", _narrower(4.0)), ("cells",)),
    Mutant("noise divided by 1.41", _replaced(sums, "noise_variance", _narrower(1.41)), ("cells in detail",)),
    Mutant("noise divided by 1.2", _replaced(sums, "noise_variance", _narrower(1.2)), IN_DETAIL),
    Mutant("drop-out not compensated", _replaced(StageSums, "share_variance", _shared_among_all_invited), ("cells",)),
    Mutant("one seed in all nodes", _replaced(training, "discrete_gaussian", _same_noise), SUMS),
    Mutant("one seed in two nodes", _every_noise_twice, ("likeness of two draws of noise",)),
    Mutant("gradients not clipped", _replaced(persample, "clip_and_quantise", _unclipped_rows), ("gradients",)),
    Mutant("residuals not clipped", _replaced(additive, "_clipped", _unclipped_residuals), ("residuals",)),
    Mutant(
        "gradients rounded up",
        _replaced(persample, "clip_and_quantise", _rows_rounded_up),
        ("length of a person's gradient",),
    ),
    Mutant(
        "cells and residuals rounded up",
        _replaced(additive, "contribution_bounds", _limits_rounded_up),
        ("length of a person's cells", "length of a person's residuals"),
    ),
    Mutant(
        "columns rounded up",
        _replaced(means, "contribution_bounds", _limits_rounded_up),
        ("length of a person's columns",),
    ),
    Mutant("counts rounded up", _counts_with(_weights_rounded_up), ("length of a person's counts",)),
    Mutant(
        "a person in three entities weighs three times",
        _all(
            _replaced(additive, "contribution_bounds", _full_limits),
            _replaced(persample, "contribution_bounds", _full_limits),
            _counts_with(lambda weights, _unit: np.ones_like(weights)),
        ),
        IN_THREE,
    ),
    Mutant("trained people are evaluated", _evaluated_on_all, ("evaluation of people who are trained on",)),
    Mutant("evaluation outside the budget", _evaluation_not_counted, ("evaluation under little noise",)),
    Mutant(
        "pair masks missing",
        _replaced(client, "add_pair_mask", lambda *_: None),
        ("an entity's vector once the sum is opened",),
    ),
    Mutant(
        "self mask of the round before",
        _replaced(client, "secrets", SimpleNamespace(token_bytes=lambda size: b"\x07" * size)),  # type: ignore[arg-type]
        ("a vector that comes too late",),
    ),
)
