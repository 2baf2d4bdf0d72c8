"""The bound is right as often as it says, and close to the truth; it knows nothing where there is nothing."""

import numpy as np
import pytest

from tests.oracles.separate_canaries import separate_epsilon, separate_mu

CANARIES = 1 << 14


def drawn(mu: float, canaries: int = CANARIES, seed: int = 1) -> tuple[list[float], list[bool]]:
    chooser = np.random.default_rng(seed)
    inside = chooser.random(canaries) < 0.5
    return (chooser.normal(size=canaries) + mu * inside).tolist(), inside.tolist()


@pytest.mark.parametrize("mu", [0.3, 0.925, 2.0])
def test_it_is_below_the_truth_and_close_to_it(mu: float) -> None:
    found = [separate_mu(*drawn(mu, seed=seed), confidence=1 - 1e-5) for seed in range(20)]
    assert max(found) <= mu
    assert np.mean(found) > mu - 0.2


def test_it_is_wrong_no_more_often_than_it_says() -> None:
    wrong = sum(separate_mu(*drawn(0.5, 2000, seed), confidence=0.9) > 0.5 for seed in range(400))
    assert wrong < 400 * 0.14


def test_nothing_is_disproved_by_noise_or_by_one_outcome() -> None:
    scores, inside = drawn(0.0)
    assert separate_epsilon(scores, inside, 1e-5, 1 - 1e-5) == 0.0
    assert separate_epsilon(scores, [True] * CANARIES, 1e-5, 0.95) == 0.0
    assert separate_epsilon(scores, [False] * CANARIES, 1e-5, 0.95) == 0.0
