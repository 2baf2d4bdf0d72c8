"""A lower bound on epsilon from canaries that each own a coordinate: written apart from the product, to audit it.

Where canaries and noise do not touch each other, every canary is a run of its own of the same mechanism, and the rates
of true and false positives of one threshold are plain shares. Dong, Roth and Su, "Gaussian Differential Privacy" (JRSS
B 2022), theorem 2.7 with the trade-off function of the Gaussian mechanism: no test of a mu-GDP mechanism has
``quantile(true positive rate) - quantile(false positive rate)`` above mu. So exact intervals of both rates (Clopper and
Pearson, 1934) disprove every smaller mu. The bound comes within a tenth of the truth at 16,384 canaries, where one that
allows any dependence of the canaries (`tests.oracles.one_run`) comes within a third.
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from tests.oracles.gaussian import STANDARD, gaussian_epsilon

FOR_THRESHOLD = 8
"""One canary in so many chooses the threshold, and no rate is measured on it."""


def separate_mu(scores: Sequence[float], inside: Sequence[bool], confidence: float) -> float:
    """Return the mu of Gaussian differential privacy that the scores disprove; 0 for none.

    Args:
        scores: one a canary, the higher the more it seems to have been in.
        inside: the coins.
        confidence: that the bound holds.
    """
    values, coins = np.asarray(scores, dtype=np.float64), np.asarray(inside, dtype=bool)
    choosing = np.arange(len(values)) % FOR_THRESHOLD == 0
    threshold = values[choosing].mean()
    above, coins = values[~choosing] > threshold, coins[~choosing]
    if not coins.any() or coins.all():
        return 0.0
    error = (1.0 - confidence) / 2.0
    true = _least_share(int(above[coins].sum()), int(coins.sum()), error)
    rejected = _least_share(int((~above[~coins]).sum()), int((~coins).sum()), error)
    if min(true, rejected) == 0.0:
        return 0.0
    return max(STANDARD.inv_cdf(true) + STANDARD.inv_cdf(rejected), 0.0)


def separate_epsilon(scores: Sequence[float], inside: Sequence[bool], delta: float, confidence: float) -> float:
    """Return the epsilon at `delta` that the scores disprove; 0 for none. Arguments as in `separate_mu`."""
    mu = separate_mu(scores, inside, confidence)
    return gaussian_epsilon(1.0 / mu, delta) if mu > 0.0 else 0.0


def _least_share(found: int, trials: int, error: float) -> float:
    return float(stats.beta.ppf(error, found, trials - found + 1)) if found else 0.0
