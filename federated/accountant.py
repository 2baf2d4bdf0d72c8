"""Privacy accounting for full-batch Gaussian rounds, by privacy loss distributions (dp-accounting).

Adjacency: one person's row is added or removed. A round releases one sum of L2 sensitivity S with Gaussian noise of
standard deviation z*S, z being the noise multiplier. Rounds on the same people compose: Gaussian mechanisms with
multipliers z_1..z_k are exactly one with multiplier (sum of z_i^-2)^(-1/2) (Dong, Roth, Su, Gaussian Differential
Privacy, 2022, corollary 3.3), so one distribution settles any mixture of campaigns.

The noise is discrete Gaussian on a grid of more than 10^5 steps per standard deviation, for which Canonne, Kamath and
Steinke (The Discrete Gaussian for Differential Privacy, 2020, theorem 7) bound the difference far below the
discretisation already counted here.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from federated.errors import PrivacyTermsInvalid

MAX_EPSILON: Final = 100.0
"""Above this a budget protects nobody; nothing is computed there."""

_FINE: Final = 1e-3
_COARSE: Final = 1e-2
"""Discretisation of the privacy loss; the coarse one only finds where to start."""

_STEP: Final = 1e-4
"""Relative steps in which a multiplier is searched."""

_LEAST_NOISE: Final = 0.1
_LITTLE_NOISE: Final = 0.5
_MOST_NOISE: Final = 1e6


@dataclass(frozen=True, slots=True)
class GaussianRounds:
    """`count` rounds with one noise multiplier (noise's standard deviation over the L2 sensitivity)."""

    noise_multiplier: float
    count: int


def effective_multiplier(rounds: Iterable[GaussianRounds]) -> float:
    """Return the multiplier of the one Gaussian mechanism that all these rounds together are; infinity for none.

    Raises:
        PrivacyTermsInvalid: a multiplier is not positive or a count is negative.
    """
    total = 0.0
    for item in rounds:
        if not item.noise_multiplier > 0 or item.count < 0:
            raise PrivacyTermsInvalid("a noise multiplier must be positive and a count not negative")
        total += item.count / item.noise_multiplier**2
    return 1.0 / math.sqrt(total) if total > 0 else math.inf


def epsilon_of(rounds: Iterable[GaussianRounds], delta: float) -> float:
    """Return an upper bound on what a person spends in all these rounds together, at `delta`.

    More than `MAX_EPSILON` comes back as infinity.

    Raises:
        PrivacyTermsInvalid: a multiplier, a count or delta out of range.
    """
    if not 0 < delta < 1:
        raise PrivacyTermsInvalid("delta must be between 0 and 1")
    multiplier = effective_multiplier(rounds)
    if math.isinf(multiplier):
        return 0.0
    # Plain privacy loss: mean 1/(2 z^2); below this multiplier epsilon is surely above the maximum.
    if multiplier < 1.0 / math.sqrt(2.0 * MAX_EPSILON):
        return math.inf
    epsilon = _gaussian_epsilon(multiplier, delta)
    return epsilon if epsilon <= MAX_EPSILON else math.inf


@lru_cache(maxsize=256)
def noise_multiplier_for(epsilon: float, delta: float, rounds: int) -> float:
    """Return the smallest multiplier (within 0.1 %) with which `rounds` rounds spend at most `epsilon` at `delta`.

    Raises:
        PrivacyTermsInvalid: epsilon, delta or the number of rounds out of range.
    """
    if not 0 < epsilon <= MAX_EPSILON / 2 or not 0 < delta < 1 or rounds < 1:
        raise PrivacyTermsInvalid(
            f"epsilon {epsilon}, delta {delta} and {rounds} rounds are not terms to train under",
            remedy="epsilon is above 0 and at most 20, delta below 0.001, rounds at least 1",
        )
    multiplier = _rough_multiplier(epsilon, delta)
    while _gaussian_epsilon(multiplier, delta) > epsilon:
        multiplier *= 1.0 + _STEP
    return _scaled_up(multiplier, rounds, epsilon, delta)


def _rough_multiplier(epsilon: float, delta: float) -> float:
    # On a coarse grid, from just below: the caller climbs the rest on the fine one.
    low, high = 0.0, 1.0
    while _gaussian_epsilon(high, delta, _COARSE) > epsilon:
        low, high = high, 2.0 * high
        if high > _MOST_NOISE:
            raise PrivacyTermsInvalid("no finite noise gives so small an epsilon", remedy="ask for a larger epsilon")
    low = max(low, _LEAST_NOISE)
    while high - low > _STEP * high:
        middle = (low + high) / 2.0
        low, high = (middle, high) if _gaussian_epsilon(middle, delta, _COARSE) > epsilon else (low, middle)
    return low * (1.0 - 4.0 * _STEP)


def _scaled_up(single: float, rounds: int, epsilon: float, delta: float) -> float:
    # The last bits of the division and the root must not push the total over what was promised.
    multiplier = single * math.sqrt(rounds)
    while epsilon_of([GaussianRounds(multiplier, rounds)], delta) > epsilon:
        multiplier *= 1.0 + _STEP
    return multiplier


@lru_cache(maxsize=1024)
def _gaussian_epsilon(multiplier: float, delta: float, interval: float = _FINE) -> float:
    if multiplier < _LITTLE_NOISE:
        interval = max(interval, 5.0 * _FINE)  # its privacy loss is long; still an upper bound
    from dp_accounting.pld.privacy_loss_distribution import from_gaussian_mechanism  # noqa: PLC0415 - a second of imports

    loss = from_gaussian_mechanism(multiplier, value_discretization_interval=interval, use_connect_dots=True)
    return float(loss.get_epsilon_for_delta(delta))
