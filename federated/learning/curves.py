"""Curves over bins: shrinkage, smoothing and order. All post-processing of noised sums, at no privacy cost."""

import numpy as np

from federated.tabular.features import FloatMatrix, FloatVector


def prior_precision(ridge: FloatVector, smoothing: FloatVector) -> FloatMatrix:
    """Return the (bins, bins) precision of the prior on a curve's log-odds.

    Independent normal values around 0, and normal differences between neighbours: a first-order random walk (Rue, Held,
    Gaussian Markov Random Fields, 2005, 3.3.1).

    Args:
        ridge: (bins,) precision of each value.
        smoothing: (bins - 1,) precision of each difference; zeros where the bins have no order.
    """
    differences = np.diff(np.eye(len(ridge)), axis=0)
    precision: FloatMatrix = np.diag(ridge) + differences.T @ (smoothing[:, None] * differences)
    return precision


def noise_factor(information: FloatVector, noise: float) -> FloatVector:
    """Return the factor by which noise strengthens a prior: 1 + noise^2 / information, by bin.

    A bin's sum is its information times its log-odds, plus sampling error of variance `information` and noise of
    variance ``noise^2``. The best linear estimate under a normal prior of precision r is the sum over
    ``information + r (1 + noise^2 / information)``.

    Args:
        information: (bins,) curvature times people.
        noise: standard deviation of the noise of all rounds together, in people.
    """
    factor: FloatVector = 1.0 + noise**2 / np.maximum(information, 1.0)
    return factor


def centred(curve: FloatVector, people: FloatVector) -> FloatVector:
    """Return the curve less its mean over people."""
    total = people.sum()
    shifted: FloatVector = curve - (curve @ people / total if total > 0 else curve.mean())
    return shifted


def in_order(curve: FloatVector, people: FloatVector, direction: int) -> FloatVector:
    """Return the nearest curve, by squared distance weighted by people, that rises (+1) or falls (-1).

    Pool adjacent violators (Barlow, Bartholomew, Bremner, Brunk, 1972).
    """
    # An empty bin still needs a weight, or a pool of such bins would have no mean.
    weights = np.maximum(people, 1e-9)
    values: list[float] = []
    masses: list[float] = []
    sizes: list[int] = []
    for value, mass in zip(direction * curve, weights, strict=True):
        values.append(float(value))
        masses.append(float(mass))
        sizes.append(1)
        while len(values) > 1 and values[-2] > values[-1]:
            mass_now = masses[-2] + masses[-1]
            values[-2:] = [(values[-2] * masses[-2] + values[-1] * masses[-1]) / mass_now]
            masses[-2:] = [mass_now]
            sizes[-2:] = [sizes[-2] + sizes[-1]]
    return direction * np.repeat(np.array(values, dtype=np.float64), sizes)
