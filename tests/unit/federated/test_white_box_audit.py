"""Invariant 7: the epsilon claimed is not below what an audit with full sight of the mechanism measures.

And the audit has teeth: each way of breaking the promise is noticed.
"""

import math

import numpy as np
import pytest
import torch

from federated import noise, training
from federated.accountant import GaussianRounds, epsilon_of
from federated.errors import PrivacyTermsInvalid
from federated.features import FloatVector
from federated.manifest import CampaignManifest
from federated.models import logistic, persample
from federated.rounds import COUNT_UNITS, GRID_STEPS, IntVector
from federated.training import SENSITIVITY, LocalTrainer
from tests.oracles.gaussian import audited_epsilon
from tests.support import campaigns

MANY, SOME = 5000, 800
"""Trials for measuring how much leaks, and for noticing that far too much does."""

PEOPLE = 5
WEIGHTS: FloatVector = np.zeros(4)


def measured(manifest: CampaignManifest, trials: int = SOME) -> float:
    """Run one round with and without one more person, the one who shows most, and audit the answers."""
    matrix, labels = campaigns.rows(PEOPLE)
    person = np.array([[1.0, 1.0, 0.0]])
    wider, more = np.vstack([matrix, person]), np.append(labels, 1.0)
    request = campaigns.request(campaigns.sealed(manifest))
    # What this person adds without any noise is the direction in which to look.
    towards = np.append(
        logistic.clipped_sum(WEIGHTS, wider, more, manifest.clipping_bound)
        - logistic.clipped_sum(WEIGHTS, matrix, labels, manifest.clipping_bound),
        COUNT_UNITS,
    ).astype(np.float64)
    towards /= np.linalg.norm(towards)

    def projections(trainer: LocalTrainer) -> list[float]:
        return [float(trainer.contribute("soria", request).total @ towards) for _ in range(trials)]

    without = _trainer(manifest, matrix, labels)
    return audited_epsilon(projections(without), projections(_trainer(manifest, wider, more)), manifest.delta)


def _trainer(manifest: CampaignManifest, matrix: "FloatVector", labels: FloatVector) -> LocalTrainer:
    exact = logistic.clipped_sum(WEIGHTS, matrix, labels, manifest.clipping_bound)
    return LocalTrainer(manifest, matrix, labels, clipped_sum=lambda *_: exact)


@pytest.fixture
def manifest() -> CampaignManifest:
    return campaigns.manifest(epsilon=4.0, rounds=1)


def claimed(manifest: CampaignManifest) -> float:
    return epsilon_of([GaussianRounds(manifest.noise_multiplier, manifest.rounds)], manifest.delta)


@pytest.mark.invariant(7)
def test_the_epsilon_claimed_is_not_below_what_is_measured_and_not_far_above(manifest: CampaignManifest) -> None:
    found = measured(manifest, MANY)
    assert 0.5 * manifest.epsilon < found <= claimed(manifest) <= manifest.epsilon


@pytest.mark.invariant(7)
def test_noise_switched_off_is_noticed(manifest: CampaignManifest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "discrete_gaussian", lambda size, *_: np.zeros(size, dtype=np.int64))
    assert measured(manifest) > 2 * claimed(manifest)


@pytest.mark.invariant(7)
def test_noise_of_half_the_size_is_noticed(manifest: CampaignManifest, monkeypatch: pytest.MonkeyPatch) -> None:
    real = noise.noise_variance
    monkeypatch.setattr(training, "noise_variance", lambda *terms: real(*terms) // 4)
    assert measured(manifest) > claimed(manifest)


@pytest.mark.invariant(7)
def test_a_share_of_the_noise_alone_is_noticed(manifest: CampaignManifest) -> None:
    shared = manifest.model_copy(update={"noise_shares": 4})
    assert measured(shared) > claimed(manifest)


@pytest.mark.invariant(7)
def test_clipping_switched_off_is_noticed(manifest: CampaignManifest, monkeypatch: pytest.MonkeyPatch) -> None:
    def unclipped(rows: torch.Tensor, bound: float, *_: object) -> torch.Tensor:
        return (rows * (GRID_STEPS / bound)).to(torch.int64)

    monkeypatch.setattr(persample, "clip_to_grid", unclipped)
    assert measured(manifest) > claimed(manifest)


@pytest.mark.invariant(7)
def test_two_entities_never_add_the_same_noise(manifest: CampaignManifest) -> None:
    trainer = _trainer(manifest, *campaigns.rows(PEOPLE))
    request = campaigns.request(campaigns.sealed(manifest))
    first, second = (trainer.contribute(entity, request).total for entity in ("soria", "leon"))
    assert (first != second).any()


def test_the_sensitivity_covers_a_clipped_gradient_and_the_count() -> None:
    assert math.hypot(GRID_STEPS, COUNT_UNITS) <= SENSITIVITY < math.hypot(GRID_STEPS, COUNT_UNITS) + 2


def test_without_noise_no_terms_exist(manifest: CampaignManifest) -> None:
    silent = manifest.model_copy(update={"noise_multiplier": 0.0})
    with pytest.raises(PrivacyTermsInvalid):
        _total(silent)


def _total(manifest: CampaignManifest) -> IntVector:
    return _trainer(manifest, *campaigns.rows(2)).contribute("soria", campaigns.request(campaigns.sealed())).total
