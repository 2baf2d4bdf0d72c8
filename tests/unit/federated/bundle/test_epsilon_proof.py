"""The epsilon proof against the closed form of the Gaussian mechanism."""

import math

import pytest

from federated.bundle.campaign_facts import StageTerms
from federated.bundle.epsilon_proof import collusion_scale, epsilon_of_stages, epsilon_proof
from tests.oracles.gaussian import gaussian_delta
from tests.support.bundles import facts

TRAIN = StageTerms("train", 9, 12.0)
EVALUATE = StageTerms("evaluate", 1, 4.0, "held_out")


def test_a_person_spends_the_dearer_of_training_and_evaluation() -> None:
    both = epsilon_of_stages([TRAIN, EVALUATE], 1e-5)
    assert both == max(epsilon_of_stages([TRAIN], 1e-5), epsilon_of_stages([EVALUATE], 1e-5))
    assert epsilon_of_stages([TRAIN, StageTerms("edges", 1, 12.0)], 1e-5) > epsilon_of_stages([TRAIN], 1e-5)


@pytest.mark.invariant(7)
@pytest.mark.parametrize("memberships", [1, 2, 3])
def test_unweighted_people_pay_for_every_entity_they_are_in(memberships: int) -> None:
    """Nine rounds of multiplier 12 are one of 4; m entities make its sensitivity m times as large."""
    proof = epsilon_proof(facts(stages=(TRAIN,)))
    epsilon = proof["epsilon"]["unweighted"][str(memberships)]
    assert gaussian_delta(epsilon, 4.0 / memberships) == pytest.approx(1e-5, rel=0.02)


def test_weights_hold_the_claim_up_to_the_cap() -> None:
    weighted = epsilon_proof(facts(stages=(TRAIN,), people_cap=2))["epsilon"]["weighted"]
    assert weighted["1"] == weighted["2"] < weighted["3"]


@pytest.mark.parametrize(("colluders", "scale"), [(0, 1.0), (2, 1.0), (4, math.sqrt(4 / 6)), (8, 0.0), (9, 0.0)])
def test_colluding_entities_take_their_own_noise_away(colluders: int, scale: float) -> None:
    assert collusion_scale(facts(minimum_cohort=8, noise_shares=6), colluders) == pytest.approx(scale)


def test_a_cohort_that_colludes_altogether_has_no_epsilon() -> None:
    proof = epsilon_proof(facts(minimum_cohort=2, noise_shares=1, colluders=1))
    assert proof["epsilon"]["colluding"]["2"] is None
    assert proof["epsilon"]["colluding"]["1"] == proof["epsilon"]["colluding"]["0"]
