"""Privacy accounting for Gaussian rounds, exactly, by Gaussian differential privacy.

Adjacency: one person is added or removed. A round releases one sum of L2 sensitivity S with Gaussian noise of standard
deviation z*S, z being the noise multiplier. Rounds on the same people compose: Gaussian mechanisms with multipliers
z_1..z_k are exactly one with multiplier (sum of z_i^-2)^(-1/2), that is mu-GDP with mu its inverse (Dong, Roth, Su,
Gaussian Differential Privacy, 2022, corollary 3.3), whose (epsilon, delta) have a closed form (corollary 2.13; Balle,
Wang, 2018, theorem 8). The tests compare it with the accountants of dp-accounting and Opacus.

The noise is discrete Gaussian with more than 10^4 quantised units per standard deviation, for which Canonne, Kamath and
Steinke (The Discrete Gaussian for Differential Privacy, 2020, theorem 7) bound the difference far below the relative
`_SLACK` that is added here.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from federated.errors import PrivacyTermsInvalid
from presentation.messages import _

MAX_EPSILON: Final = 100.0
"""Above this a budget protects nobody, and epsilon is infinite."""

_SLACK: Final = 1e-9
"""Relative; far above rounding and the difference between discrete and continuous noise."""

_HALVINGS: Final = 200
_MOST_NOISE: Final = 1e6


@dataclass(frozen=True, slots=True)
class GaussianRounds:
    """`count` rounds with one noise multiplier (noise's standard deviation over the L2 sensitivity)."""

    noise_multiplier: float
    count: int


def effective_multiplier(rounds: Iterable[GaussianRounds]) -> float:
    """Return the multiplier of the one Gaussian mechanism equal to all these rounds; infinity for none.

    Raises:
        PrivacyTermsInvalid: a multiplier is not positive or a count is negative.
    """
    total = 0.0
    for item in rounds:
        if not item.noise_multiplier > 0 or item.count < 0:
            raise PrivacyTermsInvalid(
                _("un multiplicador de ruido debe ser positivo, y un recuento no puede ser negativo")
            )
        total += item.count / item.noise_multiplier**2
    return 1.0 / math.sqrt(total) if total > 0 else math.inf


def epsilon_of(rounds: Iterable[GaussianRounds], delta: float) -> float:
    """Return an upper bound on the epsilon of all these rounds together, at `delta`; infinity above `MAX_EPSILON`.

    Raises:
        PrivacyTermsInvalid: a multiplier, a count or delta out of range.
    """
    if not 0 < delta < 1:
        raise PrivacyTermsInvalid(_("delta debe estar entre 0 y 1"))
    multiplier = effective_multiplier(rounds)
    if math.isinf(multiplier):
        return 0.0
    epsilon = _gaussian_epsilon(1.0 / multiplier, delta)
    return epsilon if epsilon <= MAX_EPSILON else math.inf


@lru_cache(maxsize=256)
def noise_multiplier_for(epsilon: float, delta: float, rounds: int = 1) -> float:
    """Return the smallest multiplier, within the slack, with which `rounds` rounds cost at most `epsilon` at `delta`.

    Raises:
        PrivacyTermsInvalid: epsilon, delta or the number of rounds out of range.
    """
    if not 0 < epsilon <= MAX_EPSILON / 2 or not 0 < delta < 1 or rounds < 1:
        raise PrivacyTermsInvalid(
            _(
                "no se puede entrenar con épsilon {epsilon}, delta {delta} y este número de rondas: {rounds}",
                epsilon=epsilon,
                delta=delta,
                rounds=rounds,
            ),
            remedy=_("épsilon debe ser mayor que 0 y como máximo 20; delta, menor que 0,001; las rondas, al menos 1"),
        )
    least, most = 1.0 / _MOST_NOISE, 2.0 * math.sqrt(MAX_EPSILON)
    if _gaussian_epsilon(least, delta) > epsilon:
        raise PrivacyTermsInvalid(
            _("ningún ruido finito consigue un épsilon tan pequeño"), remedy=_("pida un épsilon mayor")
        )
    for _unused in range(_HALVINGS):
        middle = (least + most) / 2.0
        least, most = (least, middle) if _gaussian_epsilon(middle, delta) > epsilon else (middle, most)
    multiplier = math.sqrt(rounds) / least
    while epsilon_of([GaussianRounds(multiplier, rounds)], delta) > epsilon:
        multiplier *= 1.0 + _SLACK  # rounding in division and root must not exceed epsilon
    return multiplier


@lru_cache(maxsize=4096)
def _gaussian_epsilon(mu: float, delta: float) -> float:
    low, high = 0.0, 2.0 * MAX_EPSILON
    if _delta(high, mu) > delta:
        return math.inf
    if _delta(0.0, mu) <= delta:
        return 0.0
    for _unused in range(_HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _delta(middle, mu) > delta else (low, middle)
    return high * (1.0 + _SLACK)


def _delta(epsilon: float, mu: float) -> float:
    # delta(epsilon) = Phi(-epsilon/mu + mu/2) - exp(epsilon) Phi(-epsilon/mu - mu/2)
    return _phi(mu / 2.0 - epsilon / mu) - math.exp(epsilon) * _phi(-mu / 2.0 - epsilon / mu)


def _phi(x: float) -> float:
    return math.erfc(-x / math.sqrt(2.0)) / 2.0
