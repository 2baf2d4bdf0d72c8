"""Proposing: public figures only, entities that can take part, values in range, or a typed error."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from coordinator.training.errors import CampaignInvalid
from coordinator.training.proposal import (
    LearningProblem,
    Proposal,
    PublicFigures,
    checked_source,
    compose,
    parse_duration,
    records_problem,
    table_problem,
)
from coordinator.training.proposal_command import Source
from federated.campaign.manifest import CampaignManifest, DataSource
from federated.errors import PrivacyTermsInvalid, SchemaInvalid
from federated.privacy.stages import StageKind, epsilon_of_stages
from policies.training_features import load_training_features
from tests.support.campaigns import FEATURES, LABEL, NETWORK
from tests.support.clock import START
from tests.support.coordination import Coordination
from trust.parties import EntityKind, EntityStatus


def composed(question: LearningProblem | None = None, **changes: Any) -> CampaignManifest:
    stage = Coordination()
    for entity in ("avila", "leon", "soria"):
        stage.join(entity)
    stage.join("zamora", status=EntityStatus.SUSPENDED)
    stage.parties["friends"] = stage.join("friends").model_copy(update={"kind": EntityKind.COLLABORATOR})
    content: dict[str, Any] = {
        "name": "Prueba",
        "epsilon": 2.0,
        "delta": 1e-5,
        "minimum_cohort": 3,
        "decide_within": timedelta(days=1),
        "train_within": timedelta(days=1),
    }
    asked = question or table_problem("demo", FEATURES, LABEL)
    return compose(Proposal(**(content | changes)), asked, list(stage.parties.values()), network=NETWORK, now=START)


def test_everybody_who_can_take_part_is_invited_by_default() -> None:
    assert composed().invited == ("avila", "leon", "soria")


@pytest.mark.parametrize("entity", ["zamora", "friends", "nobody"])
def test_who_cannot_take_part_cannot_be_invited(entity: str) -> None:
    with pytest.raises(CampaignInvalid, match=entity):
        composed(invited=(entity,))


@pytest.mark.parametrize("model", ["logistic", "additive", "neural", "auto"])
def test_the_noise_is_what_the_claimed_epsilon_needs(model: str) -> None:
    made = composed(model=model)
    assert 1.99 < epsilon_of_stages(made.stages, made.delta) <= 2.0
    assert made.stages[-1].kind is StageKind.EVALUATE
    assert made.purpose == "support_only"
    assert model in {made.model, "auto"}


def test_noise_is_split_over_those_of_the_cohort_who_are_not_assumed_to_tell_theirs() -> None:
    assert (composed().minimum_cohort, composed().noise_shares) == (3, 2)
    assert composed(colluders=2).noise_shares == 1
    with pytest.raises(CampaignInvalid):
        composed(colluders=3)


def test_records_are_counted_across_entities_and_measured_by_protected_attribute() -> None:
    made, chosen = composed(records_problem()), load_training_features()
    assert made.counts_entities
    assert [each.name for each in made.evaluation.slices] == [each.name for each in chosen.protected]
    assert not {each.name for each in made.evaluation.slices} & {each.name for each in made.features}
    table = composed()
    assert not table.counts_entities
    assert table.evaluation.slices == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"minimum_cohort": 4},
        {"minimum_cohort": 2},
        {"figures": PublicFigures(people=0)},
        {"figures": PublicFigures(rate=1.0)},
        {"figures": PublicFigures(capacity=0.0)},
        {"people_cap": 0},
        {"epsilon": 21.0},
        {"invited": ("leon", "soria")},
    ],
    ids=str,
)
def test_values_out_of_range_are_typed_errors(changes: dict[str, Any]) -> None:
    with pytest.raises((CampaignInvalid, PrivacyTermsInvalid)):
        composed(**changes)


@pytest.mark.parametrize("changes", [{"epsilon": 0.0}, {"epsilon": float("nan")}, {"delta": 1.0}, {"model": "oracle"}])
def test_terms_no_accountant_can_work_with_are_typed_errors(changes: dict[str, Any]) -> None:
    with pytest.raises(PrivacyTermsInvalid):
        composed(**changes)


def test_the_records_problem_is_what_policies_declares() -> None:
    problem, chosen = records_problem(), load_training_features()
    assert [feature.name for feature in problem.features] == [feature.name for feature in chosen.features]
    assert problem.label.name == chosen.label.name


@pytest.mark.parametrize(
    ("text", "duration"), [("45m", timedelta(minutes=45)), ("12h", timedelta(hours=12)), (" 7d ", timedelta(days=7))]
)
def test_durations_are_read(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "7", "7w", "0m", "-1d", "1.5h", "999999d"])
def test_other_texts_are_no_durations(text: str) -> None:
    with pytest.raises(CampaignInvalid):
        parse_duration(text)


def test_sources_are_named(tmp_path: Path) -> None:
    assert checked_source("table") is DataSource.TABLE
    with pytest.raises(CampaignInvalid):
        checked_source("cloud")
    with pytest.raises(CampaignInvalid):
        Source(DataSource.TABLE).problem()
    with pytest.raises(CampaignInvalid):
        Source(DataSource.RECORDS, dataset="demo").problem()
    with pytest.raises(CampaignInvalid):
        table_problem("records", FEATURES, LABEL)
    with pytest.raises(SchemaInvalid):
        Source(DataSource.TABLE, tmp_path / "missing.yaml", "demo").problem()
