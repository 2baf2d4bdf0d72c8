"""Judging a released model at home: by people never trained on, beside what the entity could do alone."""

from datetime import timedelta

import numpy as np
import pytest

from federated.learning.model_documents import LinearModel
from federated.release.model_release import ModelRelease
from node.training.errors import EvaluationImpossible
from node.training.local_data import LocalData
from node.training.local_evaluation import evaluate_on
from node.training.received_releases import VerifiedRelease
from tests.support.campaigns import CAMPAIGN, manifest, rows
from tests.support.clock import START


def verified(weights: tuple[float, ...], intercept: float = -4.0) -> VerifiedRelease:
    terms = manifest()
    model = LinearModel(features=terms.features, weights=weights, intercept=intercept, reference=(0.0, 0.5, 0.5))
    values = {
        "campaign_id": CAMPAIGN,
        "manifest_sha256": "0" * 64,
        "network": terms.network,
        "model": model,
        "epsilon": 2.0,
        "epsilon_spent": 2.0,
        "delta": 1e-5,
        "rounds_completed": 6,
        "rounds_lost": 0,
        "contributors": ["avila", "leon", "soria"],
        "people_estimate": 10.0,
        "transcript_sha256": "0" * 64,
        "measurement": None,
        "released": START,
        "expires": START + timedelta(days=365),
    }
    return VerifiedRelease(ModelRelease.model_validate(values), terms)


def data(people: int = 2000) -> LocalData:
    matrix, labels = rows(people)
    return LocalData(matrix, labels, np.arange(people) % 5 == 0, tuple(map(str, range(people))))


def test_a_good_model_is_seen_to_be_good_and_its_rate_is_put_right() -> None:
    found = evaluate_on(verified((3.0, -1.0, 1.0)), data())
    assert (found.people, found.held_out) == (2000, 400)
    assert found.auc > 0.8
    assert found.auc_alone == pytest.approx(found.auc, abs=0.05)
    assert found.expected == pytest.approx(found.observed, abs=0.06)


def test_a_model_that_knows_nothing_is_seen_to_know_nothing() -> None:
    assert evaluate_on(verified((0.0, 0.0, 0.0)), data()).auc == 0.5


def test_one_outcome_only_cannot_be_judged() -> None:
    given = data()
    same = LocalData(given.matrix, np.zeros_like(given.labels), given.held_out, given.keys)
    with pytest.raises(EvaluationImpossible):
        evaluate_on(verified((1.0, 0.0, 0.0)), same)
