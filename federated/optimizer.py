"""The coordinator's step from a round's noised sum to the next weights: post-processing, it costs no privacy."""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from consent_ledger import canonical
from federated.manifest import CampaignManifest
from federated.rounds import COUNT_UNITS, GRID_STEPS, TrainingState


def lookahead(state: TrainingState, manifest: CampaignManifest) -> TrainingState:
    """Return the state whose weights the next round is asked at (Nesterov's look-ahead point)."""
    return _replaced(state, weights=state.weights + manifest.momentum * state.velocity)


def advance(
    state: TrainingState, manifest: CampaignManifest, total: Sequence[int], contributors: Iterable[str]
) -> TrainingState:
    """Return the state after a round.

    Gradient descent with Nesterov momentum on the noisy mean gradient; the number of people is itself the noisy count,
    averaged over the rounds so far, so that no exact size leaves an entity. The released weights are the mean over the
    later half of the rounds, which takes out most of the noise.

    Args:
        state: the state before the round.
        manifest: the campaign's terms.
        total: sum of the contributions, in grid units: gradient (intercept last), then the counting coordinate.
        contributors: the entities in that sum.
    """
    completed = state.completed + 1
    count_total = state.count_total + total[-1] / COUNT_UNITS
    people = max(count_total / completed, 1.0)
    unit = manifest.clipping_bound / GRID_STEPS
    gradient = np.array([number * unit for number in total[:-1]], dtype=np.float64) / people
    gradient[:-1] += manifest.l2_penalty * state.weights[:-1]
    velocity = manifest.momentum * state.velocity - manifest.learning_rate * gradient
    weights = state.weights + velocity
    averaged = completed - manifest.rounds // 2
    average = weights if averaged <= 1 else state.average + (weights - state.average) / averaged
    everybody = tuple(sorted({*state.contributors, *contributors}))
    return TrainingState(
        completed, weights, velocity, average, count_total, _chained(state.transcript, total), everybody
    )


def _chained(previous: str, total: Sequence[int]) -> str:
    # Whole numbers beyond 2^53 have no canonical JSON form, so they are written as text.
    content = canonical.encode({"previous": previous, "total": [str(number) for number in total]})
    return hashlib.sha256(content).hexdigest()


def _replaced(state: TrainingState, *, weights: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> TrainingState:
    return TrainingState(
        state.completed,
        weights,
        state.velocity,
        state.average,
        state.count_total,
        state.transcript,
        state.contributors,
    )
