"""The bounds from one run are bounds, are of use, and are what brute force finds where that is possible."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from tests.oracles.gaussian import gaussian_epsilon
from tests.oracles.one_run import (
    Guesses,
    Inverse,
    approximate_epsilon,
    approximate_inverse,
    approximate_p_value,
    disproves,
    gaussian_inverse,
    guess,
    one_run_epsilon,
)

DELTA = 1e-5
SURE = 0.95


def gaussian_guesses(multiplier: float, canaries: int, made: int, seed: int) -> Guesses:
    """One run of the Gaussian mechanism on orthogonal canaries of length 1, each seen in its own direction."""
    chance = np.random.default_rng(seed)
    coins = chance.random(canaries) < 0.5
    scores = coins + chance.normal(0, multiplier, canaries)
    return guess(scores.tolist(), coins.tolist(), made)


def most_likely(made: int, canaries: int, correct: int, lines: list[tuple[float, float]]) -> float:
    """The greatest probability of `correct` or more that a linear program finds.

    Args:
        made: guesses.
        canaries: coins.
        correct: right guesses, at least.
        lines: the trade-off bound 1 - f as (intercept, slope) of straight lines, whose least is taken.
    """
    count = np.arange(made + 1)
    rows, limits = [], []
    for first in range(made):
        right = np.where(count >= first + 1, count, 0) / canaries
        wrong = np.where(count >= first, made - count, 0) / canaries
        for intercept, slope in lines:
            rows.append(right - slope * wrong)
            limits.append(intercept)
    found = optimize.linprog(-(count >= correct).astype(float), rows, limits, [np.ones(made + 1)], [1.0])
    return float(-found.fun)


def least_disproved(made: int, canaries: int, correct: int, inverse: Inverse) -> float:
    """The least probability that the recursion rules out, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        ruled_out = disproves(Guesses(canaries, made, correct), inverse, 1 - middle)
        low, high = (low, middle) if ruled_out else (middle, high)
    return high


@pytest.mark.parametrize(("made", "canaries"), [(4, 4), (8, 8), (6, 12)])
@pytest.mark.parametrize(("epsilon", "delta"), [(0.1, 0.0), (1.0, 0.0), (1.0, 0.01), (2.0, 0.1)])
def test_the_recursion_finds_what_a_linear_program_finds(
    made: int, canaries: int, epsilon: float, delta: float
) -> None:
    lines = [(delta, math.exp(epsilon)), (1 - (1 - delta) * math.exp(-epsilon), math.exp(-epsilon))]
    inverse = approximate_inverse(epsilon, delta)
    for correct in range(made // 2 + 1, made + 1):
        exact = most_likely(made, canaries, correct, lines)
        assert least_disproved(made, canaries, correct, inverse) == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("mu", [0.5, 1.5])
def test_the_recursion_for_the_gaussian_is_the_linear_program_of_its_tangents(mu: float) -> None:
    points = np.linspace(-6, 6, 601)  # the tangents to Phi(z + mu) over Phi(z)
    slopes = np.exp((points**2 - (points + mu) ** 2) / 2)
    intercepts = stats.norm.cdf(points + mu) - slopes * stats.norm.cdf(points)
    lines = list(zip(intercepts.tolist(), slopes.tolist(), strict=True))
    for correct in (5, 6, 7, 8):
        exact = most_likely(8, 8, correct, lines)
        assert least_disproved(8, 8, correct, gaussian_inverse(mu)) == pytest.approx(exact, abs=1e-3)


@pytest.mark.parametrize("correct", [5, 7, 10])
def test_no_bound_is_below_what_a_real_mechanism_does(correct: int) -> None:
    """Randomised response and the Gaussian mechanism, each with independent canaries, whose counts are binomial."""
    epsilon, mu = 1.0, 1.0
    response = float(stats.binom.sf(correct - 1, 10, 1 / (1 + math.exp(-epsilon))))
    assert approximate_p_value(Guesses(10, 10, correct), epsilon, 0.0) == pytest.approx(response)
    assert least_disproved(10, 10, correct, approximate_inverse(epsilon, 0.0)) >= response - 1e-9
    gaussian = float(stats.binom.sf(correct - 1, 10, stats.norm.cdf(mu / 2)))
    assert least_disproved(10, 10, correct, gaussian_inverse(mu)) >= gaussian - 1e-9


@pytest.mark.parametrize(("made", "correct"), [(100, 80), (1000, 731), (5000, 4999)])
def test_for_randomised_response_the_bound_is_that_of_clopper_and_pearson(made: int, correct: int) -> None:
    share = float(stats.beta.ppf(1 - SURE, correct, made - correct + 1))
    expected = math.log(share / (1 - share))
    assert approximate_epsilon(Guesses(made, made, correct), 0.0, SURE) == pytest.approx(expected, abs=1e-6)


def test_delta_weakens_what_guesses_prove_by_what_it_is_worth() -> None:
    # By hand for one canary: right with probability q, and with two deltas more where that was wrong.
    q = 1 / (1 + math.exp(-1.0))
    assert approximate_p_value(Guesses(1, 1, 1), 1.0, 0.1) == pytest.approx(q + 2 * 0.1 * (1 - q))
    bounds = [approximate_epsilon(Guesses(1000, 1000, 800), delta, SURE) for delta in (0.0, 1e-5, 1e-3)]
    assert bounds == sorted(bounds, reverse=True)


@pytest.mark.parametrize("multiplier", [0.5, 1.0, 2.0])
def test_for_the_gaussian_mechanism_the_bound_is_below_the_truth_and_above_half_of_it(multiplier: float) -> None:
    truth = gaussian_epsilon(multiplier, DELTA)
    found = one_run_epsilon(gaussian_guesses(multiplier, 5000, 1000, seed=7), DELTA, SURE)
    assert 0.5 * truth <= found <= truth


def test_the_older_bound_is_valid_and_looser() -> None:
    guesses = gaussian_guesses(1.0, 5000, 1000, seed=7)
    older = approximate_epsilon(guesses, DELTA, SURE)
    assert 0 < older < one_run_epsilon(guesses, DELTA, SURE)


def test_the_bound_exceeds_the_truth_no_more_often_than_it_says() -> None:
    truth = gaussian_epsilon(1.0, DELTA)
    runs = [one_run_epsilon(gaussian_guesses(1.0, 300, 100, seed), DELTA, 0.8) for seed in range(60)]
    assert sum(found > truth for found in runs) <= 0.2 * len(runs)


def test_without_noise_the_bound_is_huge_and_from_pure_chance_there_is_none() -> None:
    silent = gaussian_guesses(1e-9, 5000, 4000, seed=7)
    assert silent.correct == 4000
    assert one_run_epsilon(silent, DELTA, SURE) > 10
    assert approximate_epsilon(silent, 0.0, SURE) > 7
    deaf = gaussian_guesses(1e9, 5000, 5000, seed=7)
    assert one_run_epsilon(deaf, DELTA, SURE) == approximate_epsilon(deaf, DELTA, SURE) == 0


def test_a_claim_of_half_the_epsilon_is_disproved() -> None:
    """What an audit is for: noise of half the size under an unchanged claim."""
    claimed = gaussian_epsilon(1.0, DELTA)
    assert one_run_epsilon(gaussian_guesses(0.5, 5000, 1000, seed=7), DELTA, SURE) > claimed


def test_guesses_are_taken_from_both_ends() -> None:
    assert guess([0.9, 0.1, 0.5, 0.8], [True, False, False, False], 2) == Guesses(4, 2, 2)
    assert guess([0.9, 0.1, 0.5, 0.8], [True, False, False, False], 3) == Guesses(4, 3, 2)
    assert guess([0.9, 0.1], [False, True], 2) == Guesses(2, 2, 0)
