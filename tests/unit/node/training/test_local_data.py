"""The rows of a campaign at a node: only what is declared, and nobody held out is ever trained on."""

import hmac
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typing_extensions import override

from federated.campaign.manifest import CampaignManifest, DataSource
from federated.campaign.steps import StepKind
from federated.errors import DataUnsuitable
from federated.evaluation.plan import EvaluationPlan, Slice
from federated.participation.local_sums import LocalPeople, LocalSum, LocalSums
from federated.privacy.own_noise import SHARE_ONLY, OwnNoise
from federated.tabular.features import LabelSpec, NumericFeature
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.people.model import PROFILING_OBJECTION
from node.people.store import people_store
from node.training import step_replies as step_desk
from node.training.campaign_decisions import approve
from node.training.duplicate_check import DuplicateCheck
from node.training.errors import DatasetUnknown
from node.training.local_data import LocalData, local_people, training_data
from node.training.pending_work import open_campaigns
from node.training.record_features import training_rows
from policies.training_features import load_training_features
from tests.support.campaigns import CAMPAIGN, manifest
from tests.support.clock import START, FrozenClock
from tests.support.parts import COORDINATOR
from tests.support.risk import context_with_people, question
from tests.support.stage import Stage
from tests.support.training import ScriptedCoordinator

PEOPLE = 150
DECLARED = question()
AGE = next(feature for feature in DECLARED.features if feature.name == "age")
assert isinstance(AGE, NumericFeature)
PROTECTED = load_training_features().protected[0]


def sliced(name: str, *values: str) -> EvaluationPlan:
    return EvaluationPlan.around(0.5, capacity=0.2, slices=(Slice(name=name, values=values),))


def asked(**changes: Any) -> CampaignManifest:
    """Return a campaign on the nodes' own records, with some of what it asks for changed."""
    return manifest(**{
        "features": DECLARED.features, "label": DECLARED.label, "source": DataSource.RECORDS, "dataset": "records",
        **changes,
    })  # fmt: skip


def is_held_out(key: str, data_key: bytes) -> bool:
    """Return whether a person is never trained on, by the rule of RFC 5869 and RFC 2104 apart from the product."""
    extracted = hmac.digest(b"\0" * 32, data_key, "sha256")
    expanded = hmac.digest(extracted, b"redpact held out v1\x01", "sha256")
    return int.from_bytes(hmac.digest(expanded, key.encode(), "sha256")[:8], "big") % 5 == 0


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeContext]:
    made = context_with_people(tmp_path_factory.mktemp("data"), people=PEOPLE, clock=FrozenClock(START))
    yield made
    made.close()


def read(context: NodeContext, terms: CampaignManifest) -> LocalData:
    with context.snapshot() as session:
        return training_data(context, session, terms)


def test_the_rows_of_the_records_are_those_of_the_declared_features(context: NodeContext) -> None:
    data = read(context, asked())
    with context.snapshot() as session:
        people = training_rows(people_store(context, session), load_training_features())
    assert data.keys == tuple(row.person_id for row in people)
    assert data.matrix.shape == (len(people), len(asked().columns))
    assert (np.abs(data.matrix) <= 1.0).all()
    assert list(data.labels) == [float(bool(row.label)) for row in people]
    assert 0 < data.labels.sum() < len(people)
    assert set(data.protected) == {each.name for each in load_training_features().protected}


def test_a_campaign_may_ask_for_fewer_of_the_declared_features_and_gets_no_other(context: NodeContext) -> None:
    data = read(context, asked(features=(AGE,)))
    whole = read(context, asked())
    (place,) = (index for index, column in enumerate(asked().columns) if column == "age")
    assert np.array_equal(data.matrix, whole.matrix[:, [place]])


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    "changes",
    [
        {"features": (*DECLARED.features, NumericFeature(name="person.document", min=0, max=1))},
        {"features": (*DECLARED.features, NumericFeature(name="sex", min=0, max=1))},
        {"features": (AGE.model_copy(update={"max": AGE.max + 1}),)},
        {"features": (AGE.model_copy(update={"min": AGE.min + 1}),)},
        {"label": LabelSpec(name="gender_violence", positive="1")},
        {"label": DECLARED.label.model_copy(update={"positive": "0"})},
        {"dataset": "other"},
        {"evaluation": sliced("tenure", "own", "rent")},
        {"evaluation": sliced(PROTECTED.name, *PROTECTED.values[:1])},
        {"evaluation": sliced(PROTECTED.name, *PROTECTED.values, "other")},
        {"evaluation": sliced(PROTECTED.name, *reversed(PROTECTED.values))},
    ],
    ids=[
        "undeclared",
        "protected",
        "other maximum",
        "other minimum",
        "other label",
        "label reversed",
        "other set",
        "attribute undeclared",
        "fewer values",
        "more values",
        "values in another order",
    ],
)
def test_what_is_not_declared_of_the_records_is_neither_read_nor_approved(
    context: NodeContext, changes: dict[str, Any]
) -> None:
    terms = asked(**changes)
    with pytest.raises(DataUnsuitable):
        read(context, terms)
    script = ScriptedCoordinator(COORDINATOR, context.settings.entity)
    script.offer(terms)
    with pytest.raises(DataUnsuitable):
        approve(context, script, CAMPAIGN)
    assert (script.decisions, open_campaigns(context)) == ([], ())
    with context.snapshot() as session:
        assert own_ledger(context, session).size() == 0


def test_without_anybody_in_the_cohort_there_is_nothing_to_take_part_with(tmp_path: Path) -> None:
    empty = context_with_people(tmp_path, people=0)
    with pytest.raises(DatasetUnknown):
        read(empty, asked())
    empty.close()


def test_one_person_in_five_is_held_out_by_the_key_alone_in_every_campaign(context: NodeContext) -> None:
    data = read(context, asked())
    assert list(data.held_out) == [is_held_out(key, context.keys.data_key) for key in data.keys]
    assert 0 < data.held_out.sum() < len(data.keys) / 3
    other = read(context, asked(campaign_id="cd" * 16, features=(AGE,)))
    assert (other.keys, list(other.held_out)) == (data.keys, list(data.held_out))


@pytest.mark.invariant(6)
def test_everybody_is_either_trained_on_or_held_out(context: NodeContext) -> None:
    data = read(context, asked())
    chosen = load_training_features().protected
    slices = tuple(Slice(name=each.name, values=each.values) for each in chosen)
    plan = EvaluationPlan.around(0.5, capacity=0.2, slices=slices)
    weights = np.linspace(0.1, 1.0, len(data.keys))
    people = local_people(data, asked(evaluation=plan), weights)
    for rows, part in ((people.training, ~data.held_out), (people.held_out, data.held_out)):
        assert np.array_equal(rows.matrix, data.matrix[part])
        assert np.array_equal(rows.labels, data.labels[part])
        assert np.array_equal(rows.weights, weights[part])
    own = [data.protected[each.name][int(index)] for each in chosen[:1] for index in np.flatnonzero(data.held_out)]
    assert [chosen[0].values[place] if place >= 0 else None for place in people.groups[:, 0]] == own
    for (matrix, labels), part in ((data.training(), ~data.held_out), (data.evaluation(), data.held_out)):
        assert np.array_equal(matrix, data.matrix[part])
        assert np.array_equal(labels, data.labels[part])


class Watched(LocalSums):
    """The trainer that the node uses, and the people that it was given."""

    given: list[LocalPeople]

    @override
    def __init__(
        self, manifest: CampaignManifest, people: LocalPeople, answer: LocalSum, own: OwnNoise = SHARE_ONLY
    ) -> None:
        super().__init__(manifest, people, answer, own)
        self.given.append(people)


@pytest.fixture
def trainers(monkeypatch: pytest.MonkeyPatch) -> list[LocalPeople]:
    """Give the people of every trainer that a node makes from now on."""
    found: list[LocalPeople] = []
    monkeypatch.setattr(Watched, "given", found, raising=False)
    monkeypatch.setattr(step_desk, "LocalSums", Watched)
    return found


@pytest.mark.invariant(6)
def test_a_round_is_answered_from_those_who_are_not_held_out(scene: Stage, trainers: list[LocalPeople]) -> None:
    play = scene.play(scene.approved()).until(StepKind.MASK)
    assert trainers == []
    play.step()
    data = read(scene.context, play.manifest)
    (people,) = trainers
    assert 0 < data.held_out.sum() < len(data.keys) / 2
    assert np.array_equal(people.training.matrix, data.matrix[~data.held_out])
    assert np.array_equal(people.held_out.matrix, data.matrix[data.held_out])
    assert len(people.training) + len(people.held_out) == len(data.keys)


@pytest.mark.invariant(6)
def test_whoever_is_in_several_entities_weighs_less_in_every_round(
    scene: Stage, trainers: list[LocalPeople], monkeypatch: pytest.MonkeyPatch
) -> None:
    play = scene.play(scene.approved(counts_entities=True, people_cap=3)).until(StepKind.MASK)
    monkeypatch.setattr(DuplicateCheck, "weights", lambda _self, _enrolments, _terms, people: np.full(len(people), 0.5))
    play.step()
    (people,) = trainers
    assert set(people.training.weights) == set(people.held_out.weights) == {0.5}


def test_whoever_objects_to_profiling_has_no_row_in_a_campaign(tmp_path: Path) -> None:
    made = context_with_people(tmp_path, people=PEOPLE)
    before = read(made, asked())
    with made.transaction() as session:
        store = people_store(made, session)
        record = next(record for person, record in store.records() if person.person_id == before.keys[0])
        objecting = replace(record, fields={**record.fields, PROFILING_OBJECTION: True})
        store.save([objecting], made.clock.now())
    after = read(made, asked())
    assert set(before.keys) - set(after.keys) == {before.keys[0]}
    assert len(after.matrix) == len(after.labels) == len(before.keys) - 1
    made.close()
