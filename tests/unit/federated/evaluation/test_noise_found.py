"""The noise that entities added of their own is seen in the sum itself, whoever the people are."""

import numpy as np
import pytest

from federated.evaluation.noise_found import noise_beside_stated
from federated.evaluation.plan import EvaluationPlan
from tests.support.measuring import PLAN, People, draw, noisy

TRIALS = 60


def factors(people: int, more: float, without_value: float = 0.0) -> list[float]:
    """Return the estimates of so many sums whose noise is `more` times the stated one."""
    found = []
    for seed in range(TRIALS):
        total, deviation = noisy(_some_without_value(draw(people, seed), without_value, seed).total(), 3.7 * more, seed)
        factor = noise_beside_stated(PLAN, total, deviation / more)
        assert factor is not None
        found.append(factor)
    return found


def _some_without_value(people: People, share: float, seed: int) -> People:
    chosen = np.random.default_rng(seed).random(people.groups.shape) < share
    return People(people.scores, people.labels, np.where(chosen, -1, people.groups), people.truth)


@pytest.mark.parametrize("more", [1.0, 2.0, 5.0])
@pytest.mark.parametrize("people", [0, 1500, 20_000])
def test_the_noise_is_told_to_within_a_fifth_whoever_the_people_are(people: int, more: float) -> None:
    found = factors(people, more)
    assert np.mean(found) == pytest.approx(more, rel=0.06)
    assert np.std(found) < more / 5


@pytest.mark.parametrize("more", [1.0, 5.0])
def test_people_of_no_public_value_overstate_it_a_little_and_never_hide_it(more: float) -> None:
    assert more * 0.94 < np.mean(factors(20_000, more, without_value=0.3)) < more * 1.5


def test_where_no_attribute_is_measured_nothing_is_said() -> None:
    plan = EvaluationPlan.around(0.2, capacity=0.15)
    total, deviation = noisy(draw(1000, 0).total(PLAN)[: plan.size], 3.7, 0, plan)
    assert noise_beside_stated(plan, total, deviation) is None
