"""Discrete Gaussian noise drawn exactly, in integer arithmetic, from the operating system's CSPRNG.

The sampler is the one of Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy" (NeurIPS 2020),
algorithms 1 to 3: no floating point, so no low-order bits that betray the data, and no generator state in this process
that could be shared between nodes, replayed or guessed. Speed does not matter here: a model has tens of coordinates.
"""

import math
import secrets
from collections.abc import Callable
from typing import Final

import numpy as np

from federated.errors import PrivacyTermsInvalid
from federated.rounds import IntVector

RandomBelow = Callable[[int], int]
"""Returns a uniform integer in [0, n); n may exceed 64 bits."""

MAX_VARIANCE: Final = 1 << 100


def noise_variance(sensitivity: int, noise_multiplier: float, shares: int = 1) -> int:
    """Return the variance of one contribution's noise, in squared grid units, rounded up.

    Args:
        sensitivity: L2 bound on what one person changes in the sum, in grid units.
        noise_multiplier: standard deviation of the noise of the whole sum over the sensitivity.
        shares: over how many contributions that noise is split; 1 while each entity's own sum is seen.

    Raises:
        PrivacyTermsInvalid: terms that give no noise.
    """
    if sensitivity < 1 or not noise_multiplier > 0 or shares < 1:
        raise PrivacyTermsInvalid("these terms give no noise")
    deviation = math.ceil(sensitivity * noise_multiplier)
    variance = -(-deviation * deviation // shares)
    if variance > MAX_VARIANCE:
        raise PrivacyTermsInvalid("these terms give more noise than can be added on the grid")
    return variance


def discrete_gaussian(size: int, variance: int, below: RandomBelow = secrets.randbelow) -> IntVector:
    """Return `size` independent draws with P(x) proportional to exp(-x^2 / (2 variance)), as int64."""
    scale = math.isqrt(variance) + 1
    return np.array([_gaussian(variance, scale, below) for _ in range(size)], dtype=np.int64)


def _gaussian(variance: int, scale: int, below: RandomBelow) -> int:
    # Algorithm 3: a discrete Laplace draw, kept with probability exp(-(|y| - variance/scale)^2 / (2 variance)).
    while True:
        draw = _laplace(scale, below)
        excess = abs(draw) * scale - variance
        if _bernoulli_exp(excess * excess, 2 * variance * scale * scale, below):
            return draw


def _laplace(scale: int, below: RandomBelow) -> int:
    # Algorithm 2, with an integer scale: P(x) proportional to exp(-|x| / scale).
    while True:
        low = below(scale)
        if not _bernoulli_exp(low, scale, below):
            continue
        high = 0
        while _bernoulli_exp(1, 1, below):
            high += 1
        magnitude, negative = low + scale * high, below(2) == 1
        if magnitude or not negative:  # zero would otherwise come twice
            return -magnitude if negative else magnitude


def _bernoulli_exp(numerator: int, denominator: int, below: RandomBelow) -> bool:
    # True with probability exp(-numerator/denominator); Algorithm 1.
    while numerator > denominator:
        if not _bernoulli_exp_unit(1, 1, below):
            return False
        numerator -= denominator
    return _bernoulli_exp_unit(numerator, denominator, below)


def _bernoulli_exp_unit(numerator: int, denominator: int, below: RandomBelow) -> bool:
    # Forsyth, von Neumann: the first k with a failed Bernoulli(gamma / k) is odd with probability exp(-gamma).
    k = 1
    while below(denominator * k) < numerator:
        k += 1
    return k % 2 == 1
