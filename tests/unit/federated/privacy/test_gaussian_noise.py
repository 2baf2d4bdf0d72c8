import ast
import inspect
import math
import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from federated.errors import PrivacyTermsInvalid
from federated.privacy import gaussian_noise as noise
from federated.privacy.gaussian_noise import MAX_VARIANCE, discrete_gaussian, noise_variance
from federated.privacy.quantisation import UNITS_PER_BOUND, IntVector


@pytest.mark.parametrize("variance", [1, 4, 30])
def test_draws_follow_the_discrete_gaussian(variance: int) -> None:
    draws = discrete_gaussian(4_000, variance)
    reach = 3 * math.isqrt(variance) + 1
    support = np.arange(-reach, reach + 1)
    weights = np.exp(-(support**2) / (2 * variance))
    inside = draws[np.abs(draws) <= reach]
    counts = np.array([(inside == value).sum() for value in support])
    assert len(inside) > 0.98 * len(draws)
    # Nobody seeds these draws: one run in ten million fails by chance.
    assert stats.chisquare(counts, weights / weights.sum() * counts.sum()).pvalue > 1e-7


def test_at_the_scale_of_training_draws_are_gaussian_and_of_the_variance_asked_for() -> None:
    deviation = 5 * UNITS_PER_BOUND
    draws = discrete_gaussian(3_000, deviation**2) / deviation
    assert stats.kstest(draws, "norm").pvalue > 1e-7
    # Of 3000 draws the variance is itself within 2.6 %, one standard deviation.
    assert draws.var() == pytest.approx(1.0, abs=0.16)
    assert draws.mean() == pytest.approx(0.0, abs=0.11)


def test_draws_are_whole_numbers_of_64_bits_and_as_many_as_asked() -> None:
    for size in (0, 1, 7):
        draws = discrete_gaussian(size, UNITS_PER_BOUND**2)
        assert draws.dtype == np.int64
        assert draws.shape == (size,)


def test_draws_beyond_the_53_bits_of_a_float_keep_their_low_bits() -> None:
    draws = discrete_gaussian(40, 1 << 116 >> 1)
    assert len(set((draws & 0xFF).tolist())) > 10


def test_draws_are_independent_from_each_other_and_from_call_to_call() -> None:
    first, second = (discrete_gaussian(2_000, UNITS_PER_BOUND**2).astype(float) for _ in range(2))
    for one, other in ((first, second), (first[1:], first[:-1])):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.13


@pytest.mark.invariant(10)
def test_no_generator_that_can_be_seeded_moves_the_noise() -> None:
    assert (_draws_after_seeding() != _draws_after_seeding()).any()


def _draws_after_seeding() -> IntVector:
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 - the generators that noise must not come from
    torch.manual_seed(1)
    return discrete_gaussian(20, 10**12)


@pytest.mark.invariant(10)
def test_the_module_draws_from_opendp_only() -> None:
    tree = ast.parse(inspect.getsource(noise))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules & {"opendp.prelude"}
    assert not modules & {"random", "secrets", "torch", "numpy.random", "os"}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not attributes & {"random", "default_rng", "normal", "randrange"}


@given(st.integers(1, 1 << 30), st.floats(0.01, 1000), st.integers(1, 50))
def test_the_shares_of_the_noise_add_up_to_at_least_the_whole(sensitivity: int, multiplier: float, shares: int) -> None:
    each = noise_variance(sensitivity, multiplier, shares)
    assert each * shares >= (sensitivity * multiplier) ** 2 * (1 - 1e-12)


@given(st.integers(1, MAX_VARIANCE))
def test_the_deviation_drawn_with_is_not_below_the_root_of_the_variance(variance: int) -> None:
    deviation = math.nextafter(math.sqrt(variance), math.inf)
    numerator, denominator = deviation.as_integer_ratio()
    assert numerator**2 >= variance * denominator**2


@pytest.mark.parametrize(
    ("sensitivity", "multiplier", "shares"),
    [(0, 1.0, 1), (1, 0.0, 1), (1, math.nan, 1), (1, 1.0, 0), (UNITS_PER_BOUND, 1e12, 1)],
)
def test_terms_that_give_no_noise_or_too_much_are_refused(sensitivity: int, multiplier: float, shares: int) -> None:
    with pytest.raises(PrivacyTermsInvalid):
        noise_variance(sensitivity, multiplier, shares)
