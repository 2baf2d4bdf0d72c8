"""Figures of noisy histograms, for one of them or for many at once (leading axes).

Every array of counts has the shape (..., bins): people by rising score. Counts may be negative, for noise was added.
Sums and products of different bins are then still right on average, because the noise of different bins is independent;
so rates and the AUC are taken from the counts as they are. Only where an order of people is needed (capacity)
are the counts moved to the nearest possible ones.
"""

from typing import Final

import numpy as np

from federated.tabular.features import FloatMatrix, FloatVector

Array = FloatVector | FloatMatrix

_PRIOR: Final = 5.0
"""People of the overall rate that are added to a bin before its own rate is computed."""


def possible_counts(counts: Array) -> Array:
    """Return the nearest counts (in L2) that are not negative and have the same total: (..., bins) float64.

    Euclidean projection onto the scaled simplex (Duchi et al. 2008, Efficient projections onto the l1-ball, figure 1):
    one amount is subtracted from every bin, and negative results become zero. A total that is not positive gives
    zeros.
    """
    total = np.maximum(counts.sum(axis=-1, keepdims=True), 0.0)
    falling = -np.sort(-counts, axis=-1)
    excess = np.cumsum(falling, axis=-1) - total
    order = np.arange(1, counts.shape[-1] + 1, dtype=np.float64)
    kept = np.maximum((falling * order > excess).sum(axis=-1, keepdims=True), 1)
    taken = np.take_along_axis(excess, kept - 1, axis=-1) / kept
    projected: Array = np.where(total > 0.0, np.maximum(counts - taken, 0.0), 0.0)
    return projected


def ratio(part: Array, whole: Array) -> Array:
    """Return part / whole, and NaN where the whole is not positive."""
    usable = whole > 0.0
    found: Array = np.where(usable, part / np.where(usable, whole, 1.0), np.nan)
    return found


def area_under_curve(negatives: Array, positives: Array) -> Array:
    """Return the AUC (...,): the chance that a positive person is in a higher bin than a negative one, ties half.

    Numerator and denominator are both right on average whatever the noise, since they multiply different bins' noise.
    """
    below = np.cumsum(negatives, axis=-1) - negatives / 2.0
    pairs = negatives.sum(axis=-1) * positives.sum(axis=-1)
    return ratio((positives * below).sum(axis=-1), pairs)


def smooth_area_under_curve(negatives: Array, positives: Array) -> Array:
    """Return the AUC (...,) corrected for most of the loss that counting by bins causes.

    Ties lose an amount that grows with the square of the bins' width, so joining bins by two loses four times as much,
    and the difference estimates the loss (Richardson's extrapolation, over both ways to pair neighbours). It is
    linear in what `area_under_curve` returns, and so still right on average.
    """
    fine = area_under_curve(negatives, positives)
    paired = [area_under_curve(_paired(negatives, start), _paired(positives, start)) for start in (0, 1)]
    found: Array = fine + (fine - (paired[0] + paired[1]) / 2.0) / 3.0
    return found


def _paired(counts: Array, start: int) -> Array:
    places = np.arange(start, counts.shape[-1], 2)
    joined: Array = np.add.reduceat(counts, places if start == 0 else np.concatenate([[0], places]), axis=-1)
    return joined


def shares_within_capacity(people: Array, capacity: float) -> Array:
    """Return the share of each bin's people within capacity, (..., bins): from the highest score down."""
    counts = possible_counts(people)
    above = np.flip(np.cumsum(np.flip(counts, axis=-1), axis=-1), axis=-1) - counts
    room = capacity * counts.sum(axis=-1, keepdims=True) - above
    inside = np.clip(room, 0.0, counts)  # before the division: noise leaves counts of any size above nothing
    share: Array = np.where(counts > 0.0, inside / np.where(counts > 0.0, counts, 1.0), room > 0.0)
    return share


def shares_within_capacity_by_outcome(negatives: Array, positives: Array, capacity: float) -> tuple[Array, Array]:
    """Return the shares of `shares_within_capacity` for people without and with the outcome, each (..., bins).

    Within the bin of the threshold the rate of the outcome is taken to change evenly, as it does from neighbour to
    neighbour: those of its upper part have the outcome more often than those of its lower part.
    """
    shares = shares_within_capacity(negatives + positives, capacity)
    with_outcome, without = possible_counts(positives), possible_counts(negatives)
    overall = ratio(with_outcome.sum(axis=-1, keepdims=True), (with_outcome + without).sum(axis=-1, keepdims=True))
    usual = np.clip(np.nan_to_num(overall, nan=0.5), 0.01, 0.99)
    rates = (with_outcome + _PRIOR * usual) / (with_outcome + without + _PRIOR)
    bend = shares * (1.0 - shares) / 2.0 * np.gradient(rates, axis=-1)
    lower: Array = np.clip(shares - bend / (1.0 - rates), 0.0, 1.0)
    upper: Array = np.clip(shares + bend / rates, 0.0, 1.0)
    return lower, upper


def coarse_shares(shares: Array, counts: Array, coarse_of: tuple[int, ...]) -> Array:
    """Return the shares of the coarser bins: the mean over their fine bins, by the people in them.

    Args:
        shares: (..., bins), see `shares_within_capacity`.
        counts: (..., bins) of one outcome.
        coarse_of: index of the coarse bin of each fine bin.
    """
    weights = np.maximum(possible_counts(counts), 1e-9)
    places = np.array(coarse_of)
    inside = (places[:, None] == np.arange(places.max() + 1)[None, :]).astype(np.float64)
    found: Array = ((weights * shares) @ inside) / (weights @ inside)
    return found
