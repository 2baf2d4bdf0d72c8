import math
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.accountant import GaussianRounds, effective_multiplier, epsilon_of, noise_multiplier_for
from federated.errors import PrivacyTermsInvalid
from tests.oracles.gaussian import gaussian_epsilon

ROUNDS = st.integers(1, 60)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.4, 60), st.sampled_from([1e-3, 1e-5, 1e-7]))
def test_epsilon_is_the_closed_form_within_one_percent_and_not_below_it(multiplier: float, delta: float) -> None:
    ours, exact = epsilon_of([GaussianRounds(multiplier, 1)], delta), gaussian_epsilon(multiplier, delta)
    assert exact * (1 - 1e-4) - 1e-6 <= ours <= exact * 1.01 + 1e-4


@pytest.mark.parametrize(("multiplier", "rounds"), [(3.0, 4), (8.0, 15), (20.0, 100)])
def test_epsilon_agrees_with_the_prv_accountant_of_opacus_within_its_error(multiplier: float, rounds: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # logarithms of zero inside Opacus
        from opacus.accountants import PRVAccountant

        accountant = PRVAccountant()
        accountant.history = [(multiplier, 1.0, rounds)]
        theirs = accountant.get_epsilon(1e-5, eps_error=0.001)
    assert epsilon_of([GaussianRounds(multiplier, rounds)], 1e-5) == pytest.approx(theirs, rel=0.01)


@settings(max_examples=8, deadline=None)
@given(st.floats(0.1, 3), ROUNDS)
def test_the_noise_found_for_an_epsilon_costs_at_most_that_and_hardly_less(epsilon: float, rounds: int) -> None:
    multiplier = noise_multiplier_for(epsilon, 1e-5, rounds)
    # The search steps by 0.1 %, and the discretisation weighs more at a small epsilon.
    assert epsilon * 0.985 <= epsilon_of([GaussianRounds(multiplier, rounds)], 1e-5) <= epsilon


@given(st.floats(0.5, 50), ROUNDS, st.floats(0.5, 50), ROUNDS)
def test_rounds_compose_to_one_mechanism_whatever_their_order(a: float, n: int, b: float, m: int) -> None:
    first, second = GaussianRounds(a, n), GaussianRounds(b, m)
    together = effective_multiplier([first, second])
    assert together == pytest.approx(effective_multiplier([second, first]))
    assert together == pytest.approx(1 / math.sqrt(n / a**2 + m / b**2))


def test_no_rounds_cost_nothing_and_too_little_noise_costs_everything() -> None:
    assert epsilon_of([], 1e-5) == 0.0
    assert epsilon_of([GaussianRounds(2.0, 0)], 1e-5) == 0.0
    assert epsilon_of([GaussianRounds(0.01, 1)], 1e-5) == math.inf


@pytest.mark.parametrize("bad", [GaussianRounds(0.0, 1), GaussianRounds(-1.0, 1), GaussianRounds(math.nan, 1)])
def test_terms_that_mean_nothing_are_refused(bad: GaussianRounds) -> None:
    with pytest.raises(PrivacyTermsInvalid):
        epsilon_of([bad], 1e-5)


@pytest.mark.parametrize(("epsilon", "delta", "rounds"), [(0, 1e-5, 1), (1, 0, 1), (1, 1e-5, 0), (math.nan, 1e-5, 1)])
def test_no_noise_is_found_for_terms_that_mean_nothing(epsilon: float, delta: float, rounds: int) -> None:
    with pytest.raises(PrivacyTermsInvalid):
        noise_multiplier_for(epsilon, delta, rounds)
