"""What Gaussian mechanisms cost, by other people's accountants, and a white-box audit.

Written apart from the product, to check it against.
"""

import math
import warnings
from collections.abc import Sequence
from statistics import NormalDist

from scipy import special

STANDARD = NormalDist()


def gaussian_delta(epsilon: float, multiplier: float) -> float:
    """Delta of the Gaussian mechanism: Balle and Wang, 2018 (arXiv 1805.06530), theorem 8, with sensitivity 1."""
    # In logarithms: exp(epsilon) times a far tail would lose its digits.
    upper = special.log_ndtr(0.5 / multiplier - epsilon * multiplier)
    lower = special.log_ndtr(-0.5 / multiplier - epsilon * multiplier)
    return math.exp(upper) - math.exp(epsilon + lower)


def gaussian_epsilon(multiplier: float, delta: float) -> float:
    """The smallest epsilon with `gaussian_delta` at most `delta`, by bisection."""
    low, high = 0.0, 1.0
    while gaussian_delta(high, multiplier) > delta:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if gaussian_delta(middle, multiplier) > delta else (low, middle)
    return high


def pld_epsilon(rounds: Sequence[tuple[float, int]], delta: float, interval: float = 1e-4) -> float:
    """Epsilon of (multiplier, count) rounds by the privacy loss distributions of Google's dp-accounting.

    Neither a closed form nor Gaussian differential privacy enters: the losses are discretised, pessimistically, and
    convolved.
    """
    from dp_accounting.pld import privacy_loss_distribution as pld

    total = None
    for multiplier, count in rounds:
        each = pld.from_gaussian_mechanism(multiplier, value_discretization_interval=interval).self_compose(count)
        total = each if total is None else total.compose(each)
    assert total is not None
    return float(total.get_epsilon_for_delta(delta))


def prv_epsilon(rounds: Sequence[tuple[float, int]], delta: float) -> float:
    """Epsilon of the same rounds by the accountant of Opacus (Gopi, Lee, Wutschitz, 2021)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # logarithms of zero inside Opacus
        from opacus.accountants import PRVAccountant

        accountant = PRVAccountant()
        accountant.history = [(multiplier, 1.0, count) for multiplier, count in rounds]
        return float(accountant.get_epsilon(delta, eps_error=0.001))
