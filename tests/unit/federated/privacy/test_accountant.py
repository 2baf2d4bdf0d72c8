"""The accountant against two accountants of other people, which reckon in other ways, and against the closed form."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.errors import PrivacyTermsInvalid
from federated.privacy.accountant import GaussianRounds, effective_multiplier, epsilon_of, noise_multiplier_for
from tests.oracles.gaussian import gaussian_epsilon, pld_epsilon, prv_epsilon

ROUNDS = st.integers(1, 60)

COMPOSED = [
    ([(3.0, 4)], 1e-5),
    ([(8.0, 15)], 1e-6),
    ([(20.0, 100)], 1e-5),
    ([(12.0, 1), (6.0, 15)], 1e-5),
    ([(2.0, 1), (5.0, 3), (40.0, 200)], 1e-5),
]
"""Rounds, as (multiplier, count), and delta: one stage, and the stages that campaigns have."""


def ours(rounds: list[tuple[float, int]], delta: float) -> float:
    return epsilon_of([GaussianRounds(*item) for item in rounds], delta)


@pytest.mark.parametrize(("rounds", "delta"), COMPOSED, ids=str)
def test_composed_rounds_cost_what_the_losses_convolved_by_dp_accounting_do(
    rounds: list[tuple[float, int]], delta: float
) -> None:
    assert ours(rounds, delta) == pytest.approx(pld_epsilon(rounds, delta), rel=0.01)


@pytest.mark.parametrize(("rounds", "delta"), COMPOSED[1:4], ids=str)
def test_composed_rounds_cost_what_the_prv_accountant_of_opacus_says(
    rounds: list[tuple[float, int]], delta: float
) -> None:
    assert ours(rounds, delta) == pytest.approx(prv_epsilon(rounds, delta), rel=0.01)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.4, 60), st.sampled_from([1e-3, 1e-5, 1e-7]))
def test_one_round_costs_the_closed_form_and_not_less(multiplier: float, delta: float) -> None:
    found, exact = ours([(multiplier, 1)], delta), gaussian_epsilon(multiplier, delta)
    assert exact * (1 - 1e-7) - 1e-9 <= found <= exact * (1 + 1e-6) + 1e-9


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 20), ROUNDS, st.sampled_from([1e-3, 1e-5, 1e-8]))
def test_the_noise_found_for_an_epsilon_costs_at_most_that_and_hardly_less(
    epsilon: float, rounds: int, delta: float
) -> None:
    multiplier = noise_multiplier_for(epsilon, delta, rounds)
    assert epsilon * (1 - 1e-6) <= ours([(multiplier, rounds)], delta) <= epsilon


@given(st.floats(0.5, 50), ROUNDS, st.floats(0.5, 50), ROUNDS)
def test_rounds_compose_to_one_mechanism_whatever_their_order(a: float, n: int, b: float, m: int) -> None:
    first, second = GaussianRounds(a, n), GaussianRounds(b, m)
    together = effective_multiplier([first, second])
    assert together == pytest.approx(effective_multiplier([second, first]))
    assert together == pytest.approx(1 / math.sqrt(n / a**2 + m / b**2))


@given(st.floats(0.5, 50), ROUNDS)
def test_another_round_never_costs_less(multiplier: float, rounds: int) -> None:
    assert ours([(multiplier, rounds)], 1e-5) <= ours([(multiplier, rounds + 1)], 1e-5)


def test_no_rounds_cost_nothing_and_too_little_noise_costs_everything() -> None:
    assert epsilon_of([], 1e-5) == 0.0
    assert epsilon_of([GaussianRounds(2.0, 0)], 1e-5) == 0.0
    assert epsilon_of([GaussianRounds(0.01, 1)], 1e-5) == math.inf
    assert effective_multiplier([]) == math.inf


@pytest.mark.parametrize("bad", [GaussianRounds(0.0, 1), GaussianRounds(-1.0, 1), GaussianRounds(math.nan, 1)])
def test_terms_that_mean_nothing_are_refused(bad: GaussianRounds) -> None:
    with pytest.raises(PrivacyTermsInvalid):
        epsilon_of([bad], 1e-5)


@pytest.mark.parametrize("delta", [0.0, 1.0, -1e-5, math.nan])
def test_a_delta_that_means_nothing_is_refused(delta: float) -> None:
    with pytest.raises(PrivacyTermsInvalid):
        epsilon_of([GaussianRounds(1.0, 1)], delta)


@pytest.mark.parametrize(
    ("epsilon", "delta", "rounds"), [(0, 1e-5, 1), (1, 0, 1), (1, 1e-5, 0), (math.nan, 1e-5, 1), (1e-12, 1e-15, 1)]
)
def test_no_noise_is_found_for_terms_that_mean_nothing(epsilon: float, delta: float, rounds: int) -> None:
    with pytest.raises(PrivacyTermsInvalid):
        noise_multiplier_for(epsilon, delta, rounds)
