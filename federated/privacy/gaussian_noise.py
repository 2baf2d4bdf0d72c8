"""Discrete Gaussian noise, drawn exactly by OpenDP from the operating system's generator.

OpenDP's sampler is the one of Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy" (NeurIPS
2020): no floating point in the draw, so no low-order bits that reveal data, and no generator state in this process
that could be shared between nodes, replayed or guessed.

A sum of discrete Gaussian shares is not exactly discrete Gaussian, but with shares wider than 10^4 quantised units it
is so within exp(-2 pi^2 10^8) (Kairouz, Liu, Steinke, The Distributed Discrete Gaussian Mechanism, 2021, theorem 1).
"""

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from federated.errors import PrivacyTermsInvalid
from federated.privacy.quantisation import IntVector
from presentation.messages import _

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_VARIANCE: Final = 1 << 100


def noise_variance(sensitivity: int, noise_multiplier: float, shares: int = 1) -> int:
    """Return the variance of one contribution's noise, in squared quantised units, rounded up.

    Args:
        sensitivity: L2 bound on what one person changes in the sum, in quantised units.
        noise_multiplier: standard deviation of the noise of the whole sum over the sensitivity.
        shares: number of contributions over which that noise is split.

    Raises:
        PrivacyTermsInvalid: terms that give no noise.
    """
    if sensitivity < 1 or not noise_multiplier > 0 or shares < 1:
        raise PrivacyTermsInvalid(_("estas condiciones no producen ruido"))
    deviation = math.ceil(sensitivity * noise_multiplier)
    variance = -(-deviation * deviation // shares)
    if variance > MAX_VARIANCE:
        raise PrivacyTermsInvalid(_("estas condiciones producen más ruido del que se puede sumar con exactitud"))
    return variance


def discrete_gaussian(size: int, variance: int) -> IntVector:
    """Return `size` independent draws with P(x) proportional to exp(-x^2 / (2 variance)), as int64."""
    return np.array(_mechanism(variance)([0] * size), dtype=np.int64)


@lru_cache(maxsize=64)
def _mechanism(variance: int) -> "Callable[[list[int]], list[int]]":
    import opendp.prelude as dp  # noqa: PLC0415 - a second of imports, only where noise is drawn

    dp.enable_features("contrib")
    deviation = math.nextafter(math.sqrt(variance), math.inf)  # the root is rounded: never towards less noise
    domain, metric = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64")
    return cast("Callable[[list[int]], list[int]]", dp.m.make_gaussian(domain, metric, scale=deviation))
