"""A released model is tried on the entity's own held-out people; a harmful one is used by the officer's word only."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from federated.campaign.manifest import CampaignManifest, DataSource
from node.context import NodeContext
from node.training.errors import ModelHarmful, TrialAcceptable
from node.training.local_data import LocalData
from node.training.model_trial import (
    ModelTrial,
    TrialVerdict,
    accept_despite_trial,
    require_harmless,
    trial_of,
    tried_on,
)
from node.training.model_trial_report import trial_text
from node.training.received_releases import VerifiedRelease
from tests.support import campaigns
from tests.support.clock import START, FrozenClock
from tests.support.parts import SignedDirectory, context_of
from tests.support.training import DATASET, register_demo
from trust.parties import EntityKind

TABLE = campaigns.manifest(source=DataSource.TABLE, dataset=DATASET)
TURNED: Mapping[str, object] = {"weights": (-1.0, 0.5, -0.25), "intercept": -0.125}
BLUNT: Mapping[str, object] = {"weights": (0.0, -0.02, 0.02)}


def verified(changes: Mapping[str, object] | None = None, manifest: CampaignManifest = TABLE) -> VerifiedRelease:
    release = campaigns.release(campaigns.sealed(manifest))
    return VerifiedRelease(
        release.model_copy(update={"model": campaigns.MODEL.model_copy(update=changes or {})}), manifest
    )


def data(people: int = 2000) -> LocalData:
    matrix, labels = campaigns.rows(people)
    return LocalData(matrix, labels, np.arange(people) % 5 == 0, tuple(map(str, range(people))))


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NodeContext]:
    made = context_of("soria", tmp_path / "soria", SignedDirectory(FrozenClock(START), {"soria": EntityKind.AGENT}))
    register_demo(made, tmp_path, people=800)
    yield made
    made.close()


def test_a_model_that_serves_is_used_and_its_trial_is_made_once(context: NodeContext) -> None:
    require_harmless(context, verified())
    first = trial_of(context, verified())
    assert first.verdict is TrialVerdict.ACCEPTABLE
    # Stored: what is asked again is not computed again, even of another model under this id.
    assert trial_of(context, verified(TURNED)) == first
    with pytest.raises(TrialAcceptable):
        accept_despite_trial(context, verified(), "why not")


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [({}, "acceptable"), (TURNED, "worse_than_chance"), (BLUNT, "worse_than_own")],
    ids=["good", "turned", "blunt"],
)
def test_a_turned_or_blunted_model_is_found_by_the_people_it_was_not_trained_on(
    changes: dict[str, object], verdict: str
) -> None:
    assert tried_on(verified(changes), data()).verdict == verdict


def test_too_few_people_prove_nothing_against_a_model() -> None:
    assert tried_on(verified(TURNED), data(10)).verdict is TrialVerdict.UNTRIED
    assert tried_on(verified(BLUNT), data(60)).verdict is TrialVerdict.UNTRIED


def test_a_harmful_model_is_not_used_until_the_officer_says_so_in_the_ledger(context: NodeContext) -> None:
    harmful = verified(TURNED)
    with pytest.raises(ModelHarmful):
        require_harmless(context, harmful)
    with pytest.raises(ModelHarmful):  # as stored, too
        require_harmless(context, harmful)
    index = accept_despite_trial(context, harmful, "se revisa con la Gerencia")
    assert accept_despite_trial(context, harmful, "otra vez") == index == 0
    require_harmless(context, harmful)
    assert trial_of(context, harmful).accepted


def test_without_the_data_here_nothing_speaks_against_a_model(context: NodeContext) -> None:
    elsewhere = campaigns.manifest(source=DataSource.TABLE, dataset="other")
    assert trial_of(context, verified(TURNED, elsewhere)).verdict is TrialVerdict.UNTRIED


def test_the_trial_is_told_in_words() -> None:
    told = [
        trial_text(tried_on(verified(changes), data()), lang)
        for changes in ({}, TURNED, BLUNT)
        for lang in ("es", "en")
    ]
    assert len(set(told)) == 6
    assert "peor que el azar" in told[2]
    assert "worse than chance" in told[3]
    untried = ModelTrial("ab" * 16, TrialVerdict.UNTRIED, None)
    assert "too few people" in trial_text(untried, "en")
