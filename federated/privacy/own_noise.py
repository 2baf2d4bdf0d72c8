"""The noise of one entity alone: its share of a campaign's noise, and what it adds of its own.

A campaign splits the noise of each sum over `shares` contributions. Whoever knows the noise of all the others, or puts
its own entities in their place, sees this entity's sum under one share only: a noise multiplier of z / sqrt(shares). An
entity may widen its own noise: with a factor f on the variance of its share the multiplier is z * sqrt(f / shares).
Gaussian noise of more entities only adds to that, so the figure is a bound whatever the others do.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from federated.errors import PrivacyTermsInvalid
from federated.privacy.accountant import GaussianRounds, effective_multiplier, epsilon_of, noise_multiplier_for
from federated.privacy.gaussian_noise import MAX_VARIANCE
from federated.privacy.stages import Part, Stage, gaussian_rounds
from presentation.messages import _

_NUDGE: Final = 1e-9
"""Relative; above the rounding of a root and a product, so that rounding never costs privacy."""


@dataclass(frozen=True, slots=True)
class OwnNoise:
    """Factors, at least 1, on the variance of this entity's share of the noise, by part of the people."""

    training: float = 1.0
    held_out: float = 1.0

    def factor(self, part: Part) -> float:
        """Return the factor for the sums over one part of the people."""
        return self.training if part is Part.TRAINING else self.held_out

    @property
    def largest(self) -> float:
        """The larger factor."""
        return max(self.training, self.held_out)


SHARE_ONLY: Final = OwnNoise()
"""No noise beyond the entity's share."""


def rounds_alone(rounds: Iterable[GaussianRounds], shares: int, factor: float) -> tuple[GaussianRounds, ...]:
    """Return rounds as somebody sees them who knows all the noise but this entity's.

    Args:
        rounds: of a campaign, on one part of the people.
        shares: number of contributions over which the noise of a sum is split.
        factor: on the variance of this entity's share.
    """
    scale = math.sqrt(factor / shares)
    return tuple(GaussianRounds(each.noise_multiplier * scale, each.count) for each in rounds)


def epsilon_alone(stages: Iterable[Stage], delta: float, shares: int, own: OwnNoise = SHARE_ONLY) -> float:
    """Return the epsilon of a campaign for one person when only this entity's noise is unknown; it may be infinite.

    Raises:
        PrivacyTermsInvalid: a multiplier, a count or delta out of range.
    """
    known = tuple(stages)
    return max(epsilon_of(rounds_alone(gaussian_rounds(known, part), shares, own.factor(part)), delta) for part in Part)


def own_noise_for(stages: Iterable[Stage], delta: float, shares: int, limit: float) -> OwnNoise:
    """Return the least own noise with which `epsilon_alone` is at most `limit`.

    Raises:
        PrivacyTermsInvalid: a limit or delta out of range.
    """
    known = tuple(stages)
    needed = noise_multiplier_for(limit, delta, 1)

    def factor(part: Part) -> float:
        have = effective_multiplier(gaussian_rounds(known, part))
        return 1.0 if math.isinf(have) else max(1.0, shares * (needed / have) ** 2 * (1.0 + _NUDGE))

    own = OwnNoise(factor(Part.TRAINING), factor(Part.HELD_OUT))
    while not epsilon_alone(known, delta, shares, own) <= limit:
        own = OwnNoise(own.training * (1.0 + _NUDGE), own.held_out * (1.0 + _NUDGE))
    return own


def widened(variance: int, factor: float) -> int:
    """Return the variance of a share times a factor, rounded up.

    Raises:
        PrivacyTermsInvalid: more noise than can be added up exactly.
    """
    found = math.ceil(variance * Fraction(factor))
    if found > MAX_VARIANCE:
        raise PrivacyTermsInvalid(
            _("con ese tope el nodo añadiría más ruido del que se puede sumar con exactitud"),
            remedy=_("rechace la campaña, o admita un épsilon mayor"),
        )
    return found


def widening(own: OwnNoise, contributions: int) -> tuple[float, float]:
    """Return by which factor the noise of a sum gets wider: by this entity's own noise alone, and by everybody's alike.

    Args:
        own: of this entity; the larger of its factors counts.
        contributions: number in the sum.
    """
    factor = own.largest
    return math.sqrt((contributions - 1 + factor) / contributions), math.sqrt(factor)
