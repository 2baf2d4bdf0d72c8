"""What a node computes with its own people, and the sizes and widths that both ends agree on."""

import numpy as np
import pytest

from federated.campaign.stage_planning import plan_stages
from federated.campaign.stage_sums import StageSums
from federated.campaign.steps import MaskRequest, pack
from federated.errors import TrainingMessageMalformed
from federated.learning.hyperparameters import ModelName, plan_model_terms
from federated.learning.model_documents import write_model
from federated.models import local_sum_for
from federated.participation.local_sums import LocalPeople, LocalSums
from federated.privacy.gaussian_noise import noise_variance
from federated.privacy.quantisation import UNITS_PER_BOUND, IntVector
from federated.privacy.stages import StageKind, position_of
from federated.tabular.features import FloatVector
from federated.tabular.rows import Rows
from tests.support import campaigns
from tests.support.cohort import additive_manifest, no_noise, people_of

MANIFEST = additive_manifest()
SUMS = StageSums(MANIFEST)
KINDS = (StageKind.EDGES, StageKind.TRAIN, StageKind.EVALUATE)


def trainer(people: LocalPeople | None = None) -> LocalSums:
    return LocalSums(MANIFEST, people or people_of(1), local_sum_for(MANIFEST))


STATE = SUMS.program.advance(SUMS.program.start(), StageKind.EDGES, 1, [UNITS_PER_BOUND * 5] * SUMS.size(KINDS[0]))
"""Of a model that has seen five people in every cell and learned nothing from them."""


def model() -> bytes:
    return write_model(SUMS.program.finish(STATE))


def parameters(kind: StageKind) -> FloatVector:
    return np.zeros(0) if kind is StageKind.EVALUATE else SUMS.program.round_parameters(STATE, kind, 1)


def request(kind: StageKind) -> MaskRequest:
    return MaskRequest(
        campaign_id=MANIFEST.campaign_id,
        manifest_sha256="0" * 64,
        previous="0" * 64,
        round=KINDS.index(kind) + 1,
        parameters=pack(parameters(kind)),
        model=model() if kind is StageKind.EVALUATE else b"",
        cohort_sha256="0" * 64,
        transcript="0" * 64,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_sum_has_the_size_that_the_coordinator_expects(kind: StageKind) -> None:
    assert trainer().exact(parameters(kind), model(), kind).shape == (SUMS.size(kind),)


@pytest.mark.invariant(7)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weight", [1.0, 0.5, 1 / 3, 0.0])
def test_a_person_moves_a_sum_by_no_more_than_its_weight_allows(kind: StageKind, weight: float) -> None:
    for seed in range(6):
        people = people_of(seed, 1, np.array([weight]))
        part = people.held_out  # the first of every four
        both = LocalPeople(part, part, np.zeros((1, 0), dtype=np.int64))
        moved = trainer(both).exact(parameters(kind), model(), kind)
        assert sum(int(x) ** 2 for x in moved) <= (weight * SUMS.sensitivity(kind)) ** 2
        assert (weight == 0.0) == (not moved.any())


@pytest.mark.invariant(7)
def test_who_is_held_out_never_moves_training_and_who_is_trained_on_never_the_evaluation() -> None:
    one, other = people_of(1), people_of(2)
    mixed = LocalPeople(one.training, other.held_out, other.groups)
    for kind in KINDS:
        same_as = other if kind is StageKind.EVALUATE else one
        assert (
            trainer(mixed).exact(parameters(kind), model(), kind)
            == trainer(same_as).exact(parameters(kind), model(), kind)
        ).all()


@pytest.mark.invariant(7)
@pytest.mark.parametrize("kind", KINDS)
def test_noise_of_the_agreed_variance_is_added_in_every_stage(kind: StageKind, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[int, int]] = []

    def noise(size: int, variance: int) -> IntVector:
        drawn.append((size, variance))
        return no_noise(size, variance) + 7

    monkeypatch.setattr("federated.participation.local_sums.discrete_gaussian", noise)
    asked = request(kind)
    position = position_of(MANIFEST.stages, asked.round)
    assert position is not None
    exact = trainer().exact(asked.vector, asked.model, kind)
    assert (trainer().noised(asked, position) == exact + 7).all()
    multiplier = MANIFEST.stages[KINDS.index(kind)].noise_multiplier
    assert drawn == [(SUMS.size(kind), noise_variance(SUMS.sensitivity(kind), multiplier, MANIFEST.noise_shares))]


def test_the_noise_of_as_many_as_must_be_honest_is_the_noise_of_the_stage() -> None:
    for number, kind in enumerate(KINDS, start=1):
        position = position_of(MANIFEST.stages, number)
        assert position is not None
        whole = position.stage.noise_multiplier * SUMS.sensitivity(kind)
        assert whole <= SUMS.deviation(position, MANIFEST.noise_shares) <= whole * 1.000_01


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_of_another_size_are_refused(kind: StageKind) -> None:
    with pytest.raises(TrainingMessageMalformed):
        trainer().exact(np.zeros(SUMS.parameters_size(kind) + 1), model(), kind)


@pytest.mark.invariant(8)
def test_a_model_that_is_none_or_of_other_features_is_not_evaluated() -> None:
    other = SUMS.program.finish(STATE)
    renamed = other.features[0].model_copy(update={"name": "income"})
    shapes = (other.shapes[0].model_copy(update={"feature": "income"}), *other.shapes[1:])  # type: ignore[union-attr] # additive
    stranger = other.model_copy(update={"features": (renamed, *other.features[1:]), "shapes": shapes})
    for data in (b"", b"{}", b"\xff", write_model(stranger)):
        with pytest.raises(TrainingMessageMalformed):
            trainer().exact(np.zeros(0), data, StageKind.EVALUATE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sum_is_that_of_each_person_alone(kind: StageKind) -> None:
    people = people_of(1)
    rows = people.held_out if kind is StageKind.EVALUATE else people.training
    alone = [
        trainer(LocalPeople(one, one, np.zeros((1, 0), dtype=np.int64))).exact(parameters(kind), model(), kind)
        for place in range(len(rows))
        for one in (rows.take(np.array([place])),)
    ]
    assert (trainer(people).exact(parameters(kind), model(), kind) == np.sum(alone, axis=0)).all()
    assert all(each.any() for each in alone)


@pytest.mark.parametrize("kind", ["logistic", "additive", "neural"])
def test_a_warm_up_runs_every_stage_on_nobody(kind: ModelName) -> None:
    terms = plan_model_terms(kind, MANIFEST.features, epsilon=2.0, delta=1e-5)
    manifest = campaigns.manifest(terms=terms, stages=plan_stages(terms, epsilon=2.0, delta=1e-5))
    seen: list[tuple[StageKind, int]] = []
    inner = local_sum_for(manifest)

    def answer(numbers: FloatVector, stage: StageKind, rows: Rows) -> IntVector:
        seen.append((stage, len(rows)))
        return inner(numbers, stage, rows)

    LocalSums(manifest, people_of(1), answer).warm_up()
    assert seen == [(stage.kind, 0) for stage in manifest.stages[:-1]]
