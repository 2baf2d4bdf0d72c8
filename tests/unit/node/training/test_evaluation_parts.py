"""A model is judged by people never trained on, and everything it is compared with is made from the others alone."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from federated.campaign.manifest import DataSource
from node.context import NodeContext
from node.training.local_data import LocalData, training_data
from node.training.local_evaluation import LocalEvaluation, evaluate, evaluate_on
from node.training.received_releases import VerifiedRelease, fetch_release
from tests.support import campaigns
from tests.support.campaigns import CAMPAIGN
from tests.support.clock import START, FrozenClock
from tests.support.parts import COORDINATOR
from tests.support.releases import publish
from tests.support.risk import context_with_people
from tests.support.training import ScriptedCoordinator, register_demo


def verified() -> VerifiedRelease:
    envelope = campaigns.sealed()
    return VerifiedRelease(campaigns.release(envelope), campaigns.manifest())


def evaluated(*, reversed_labels: bool = False, with_outcome: float = 0.5) -> LocalEvaluation:
    """Evaluate on people of whom four in five are held out, and differ from those trained on as it is asked."""
    matrix, labels = campaigns.rows(2000)
    held_out = np.arange(2000) % 5 != 0
    if reversed_labels:
        labels[held_out] = 1.0 - labels[held_out]
    else:
        chance = np.random.default_rng(4).uniform(size=2000)
        labels = (chance < np.where(held_out, with_outcome, 0.1)).astype(np.float64)
    return evaluate_on(verified(), LocalData(matrix, labels, held_out, tuple(map(str, range(2000)))))


def test_the_entitys_own_model_learns_nothing_from_those_it_is_judged_by() -> None:
    found = evaluated(reversed_labels=True)
    assert found.auc_alone is not None
    assert found.auc_alone < 0.3  # the others taught it the contrary


def test_what_is_expected_is_fitted_to_the_others_outcomes() -> None:
    found = evaluated(with_outcome=0.9)
    assert found.observed > 0.85
    assert found.expected < 0.3


def test_the_people_evaluated_are_those_held_out() -> None:
    found = evaluated()
    assert (found.people, found.held_out) == (2000, 1600)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NodeContext]:
    made = context_with_people(tmp_path, people=0, clock=FrozenClock(START + timedelta(days=9)))
    register_demo(made, tmp_path)
    yield made
    made.close()


def test_a_node_evaluates_on_the_people_that_its_rounds_never_counted(context: NodeContext) -> None:
    script = ScriptedCoordinator(COORDINATOR, context.settings.entity)
    publish(script, CAMPAIGN, source=DataSource.TABLE)
    found = evaluate(context, script, CAMPAIGN)
    release = fetch_release(context, script, CAMPAIGN)
    with context.snapshot() as session:
        data = training_data(context, session, release.manifest)
    assert (found.people, found.held_out) == (120, int(data.held_out.sum()))
    assert found == evaluate_on(release, data)
    assert found.observed == pytest.approx(data.labels[data.held_out].mean())
