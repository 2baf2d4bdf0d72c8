import hashlib
import itertools
import math
import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from federated.errors import PrivacyTermsInvalid
from federated.noise import discrete_gaussian, noise_variance
from federated.rounds import IntVector


@pytest.mark.parametrize("variance", [1, 4, 30])
def test_draws_follow_the_discrete_gaussian(variance: int) -> None:
    draws = discrete_gaussian(20_000, variance, random.Random(5).randrange)
    reach = 3 * math.isqrt(variance) + 1
    support = np.arange(-reach, reach + 1)
    weights = np.exp(-(support**2) / (2 * variance))
    inside = draws[np.abs(draws) <= reach]
    counts = np.array([(inside == value).sum() for value in support])
    assert stats.chisquare(counts, weights / weights.sum() * counts.sum()).pvalue > 1e-4


def test_at_the_scale_of_training_draws_are_gaussian_and_of_the_variance_asked_for() -> None:
    deviation = 5 << 20
    draws = discrete_gaussian(4_000, deviation**2, random.Random(6).randrange) / deviation
    assert stats.kstest(draws, "norm").pvalue > 1e-3


def test_our_draws_and_those_of_opendp_are_of_one_distribution() -> None:
    import opendp.prelude as dp

    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l2_distance(T=float)
    theirs = dp.m.make_gaussian(*space, scale=5000.0)([0] * 3000)
    assert stats.ks_2samp(discrete_gaussian(3000, 5000**2), theirs).pvalue > 1e-6


@pytest.mark.invariant(10)
def test_noise_comes_from_the_operating_system_and_from_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (_draws_after_seeding() != _draws_after_seeding()).any()
    first, second = (_draws_from_known_bytes(monkeypatch) for _ in range(2))
    assert (first == second).all()


def _draws_after_seeding() -> IntVector:
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 - the generators that noise must not come from
    torch.manual_seed(1)
    return discrete_gaussian(20, 10**12)


def _draws_from_known_bytes(monkeypatch: pytest.MonkeyPatch) -> IntVector:
    # The standard library's secrets ends in os.urandom, which the module random holds under this name.
    blocks = (hashlib.sha256(str(index).encode()).digest() for index in itertools.count())
    monkeypatch.setattr(random, "_urandom", lambda size: next(blocks)[:size])
    return discrete_gaussian(20, 10**12)


@given(st.integers(1, 1 << 30), st.floats(0.01, 1000), st.integers(1, 50))
def test_the_shares_of_the_noise_add_up_to_at_least_the_whole(sensitivity: int, multiplier: float, shares: int) -> None:
    each = noise_variance(sensitivity, multiplier, shares)
    assert each * shares >= (sensitivity * multiplier) ** 2 * (1 - 1e-12)


@pytest.mark.parametrize(
    ("sensitivity", "multiplier", "shares"), [(0, 1.0, 1), (1, 0.0, 1), (1, math.nan, 1), (1, 1.0, 0)]
)
def test_terms_that_give_no_noise_are_refused(sensitivity: int, multiplier: float, shares: int) -> None:
    with pytest.raises(PrivacyTermsInvalid):
        noise_variance(sensitivity, multiplier, shares)
