"""The noise of one entity alone, against an independent accountant; and the noise of its own that keeps a bound."""

import math

import numpy as np
import pytest
from dp_accounting.pld import privacy_loss_distribution
from hypothesis import given
from hypothesis import strategies as st

from federated.campaign.stage_planning import plan_stages
from federated.campaign.stage_sums import StageSums
from federated.errors import PrivacyTermsInvalid
from federated.participation.guard import reservation_of
from federated.participation.local_sums import LocalPeople, LocalSums
from federated.privacy.own_noise import SHARE_ONLY, OwnNoise, epsilon_alone, own_noise_for, widened, widening
from federated.privacy.quantisation import IntVector
from federated.privacy.stages import Part, Stage, StageKind, epsilon_of_stages, position_of
from federated.tabular.features import FloatVector
from federated.tabular.rows import Rows
from tests.support import campaigns

DELTA = 1e-5


def oracle(multipliers: list[float], delta: float = DELTA) -> float:
    """Return the epsilon of Gaussian rounds by Google's accountant, which composes privacy-loss distributions."""
    single = 1.0 / math.sqrt(sum(each**-2 for each in multipliers))
    loss = privacy_loss_distribution.from_gaussian_mechanism(single, value_discretization_interval=1e-3)
    return float(loss.get_epsilon_for_delta(delta))


def rounds_of(stages: tuple[Stage, ...], part: Part, scale: float) -> list[float]:
    return [each.noise_multiplier * scale for each in stages for _ in range(each.rounds) if each.kind.part is part]


@pytest.mark.invariant(6)
@pytest.mark.parametrize(("shares", "about"), [(3, 1.83), (10, 3.6), (50, 9.4), (300, 29.9)])
def test_both_figures_are_those_of_another_accountant(shares: int, about: float) -> None:
    """A stated epsilon of 1 is worth as much as the review measured once the noise of all the others is known."""
    stages = campaigns.stages(1.0, campaigns.ROUNDS)
    training = oracle(rounds_of(stages, Part.TRAINING, 1.0))
    held_out = oracle(rounds_of(stages, Part.HELD_OUT, 1.0))
    assert epsilon_of_stages(stages, DELTA) == pytest.approx(max(training, held_out), rel=5e-3)
    worst = max(oracle(rounds_of(stages, part, 1.0 / math.sqrt(shares))) for part in Part)
    assert epsilon_alone(stages, DELTA, shares) == pytest.approx(worst, rel=5e-3)
    assert worst == pytest.approx(about, rel=0.02)


@pytest.mark.invariant(6)
@given(
    shares=st.integers(1, 5000),
    limit=st.floats(0.05, 50.0),
    epsilon=st.sampled_from([0.1, 1.0, 4.0, 20.0]),
    delta=st.sampled_from([1e-3, 1e-5, 1e-9]),
)
def test_own_noise_keeps_the_bound_and_no_more_than_needed(
    shares: int, limit: float, epsilon: float, delta: float
) -> None:
    stages = plan_stages(campaigns.terms(), epsilon=epsilon, delta=delta)
    own = own_noise_for(stages, delta, shares, limit)
    assert min(own.training, own.held_out) >= 1.0
    assert epsilon_alone(stages, delta, shares, own) <= limit
    if own != SHARE_ONLY:
        less = OwnNoise(max(1.0, own.training * 0.999), max(1.0, own.held_out * 0.999))
        assert epsilon_alone(stages, delta, shares, less) > limit


def test_each_part_of_the_people_gets_only_what_it_needs() -> None:
    stages = (
        Stage(kind=StageKind.TRAIN, rounds=1, noise_multiplier=4.0),
        Stage(kind=StageKind.EVALUATE, rounds=1, noise_multiplier=400.0),
    )
    own = own_noise_for(stages, DELTA, 9, 1.5)
    assert own.training > 1.0
    assert own.held_out == 1.0
    assert own.largest == own.training


def test_what_it_costs_is_stated_for_one_and_for_all() -> None:
    alone, everybody = widening(OwnNoise(4.0, 1.0), 9)
    assert alone == pytest.approx(math.sqrt(12 / 9))
    assert everybody == pytest.approx(2.0)
    assert widening(SHARE_ONLY, 9) == (1.0, 1.0)


@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan, 51.0])
def test_a_bound_that_means_nothing_is_refused(limit: float) -> None:
    with pytest.raises(PrivacyTermsInvalid):
        own_noise_for(campaigns.stages(1.0, 4), DELTA, 3, limit)


def test_the_variance_is_rounded_up_and_bounded() -> None:
    assert widened(10, 1.0) == 10
    assert widened(10, 1.01) == 11
    with pytest.raises(PrivacyTermsInvalid):
        widened(1 << 100, 2.0)


def nothing(_parameters: FloatVector, _kind: StageKind, _people: Rows) -> IntVector:
    return np.zeros(4096, dtype=np.int64)


@pytest.mark.invariant(6)
def test_a_round_carries_the_noise_that_was_reserved() -> None:
    """By its spread: six standard errors of a sample variance of 4,096 draws are 13 %."""
    manifest = campaigns.manifest(epsilon=1.0)
    own = reservation_of(manifest, 1.1).own_noise
    assert own.training > 1.5
    nobody = Rows.of(np.zeros((0, 3)), np.zeros(0), None)
    people = LocalPeople(nobody, nobody, np.zeros((0, 0), dtype=np.int64))
    asked, position = campaigns.request(campaigns.sealed(manifest), 2).document, position_of(manifest.stages, 2)
    assert position is not None
    share = StageSums(manifest).share_variance(position)
    for noise, factor in ((SHARE_ONLY, 1.0), (own, own.training)):
        drawn = LocalSums(manifest, people, nothing, noise).noised(asked, position)  # type: ignore[arg-type]
        assert float(np.var(drawn.astype(np.float64))) == pytest.approx(share * factor, rel=0.13)
