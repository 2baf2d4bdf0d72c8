"""What a node adds to a sum, for every model: exact, bounded to the last unit, and proof against hostile parameters."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.errors import DataUnsuitable, TrainingMessageMalformed
from federated.learning.hyperparameters import ModelName, plan_model_terms
from federated.learning.program_factory import program_for
from federated.models import local_model_for
from federated.privacy.stages import StageKind
from federated.tabular.features import FloatVector
from federated.tabular.rows import Rows
from tests.support.learning import FEATURES, people

KINDS: tuple[ModelName, ...] = ("logistic", "additive", "neural")
TERMS = {kind: plan_model_terms(kind, FEATURES, epsilon=1.0, delta=1e-5) for kind in KINDS}
PROGRAMS = {kind: program_for(FEATURES, TERMS[kind]) for kind in KINDS}
LOCAL_MODELS = {kind: local_model_for(FEATURES, TERMS[kind]) for kind in KINDS}
STAGES = [(kind, stage.kind) for kind in KINDS for stage in PROGRAMS[kind].stages]
COLUMNS = 6


def asked(kind: ModelName, stage: StageKind, seed: int = 0) -> FloatVector:
    """Return parameters that some round after the first could publish."""
    program, draw = PROGRAMS[kind], np.random.default_rng(seed)
    state = program.start()
    first = program.stages[0].kind
    if stage is first:
        return program.round_parameters(state, stage, 1)
    counts = LOCAL_MODELS[kind].local_sum(program.round_parameters(state, first, 1), first, people(500, seed))
    state = program.advance(state, first, 1, counts.tolist())
    for number in (1, 2, 3):
        noise = draw.normal(0, 3e7, program.sum_size(stage)).astype(np.int64)
        state = program.advance(state, stage, number, noise.tolist())
    return program.round_parameters(state, stage, 4)


def length(total: Any) -> float:
    return float(sum(int(number) ** 2 for number in total.tolist()))


@pytest.mark.invariant(7)
@pytest.mark.parametrize(("kind", "stage"), STAGES)
@settings(max_examples=60, deadline=None)
@given(
    row=st.lists(st.floats(-1, 1), min_size=COLUMNS, max_size=COLUMNS),
    label_and_weight=st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1e-7, 1 / 3, 0.5, 1.0])),
    seed=st.integers(0, 20),
)
def test_one_person_is_never_longer_than_the_sensitivity_times_their_weight(
    kind: ModelName, stage: StageKind, row: list[float], label_and_weight: tuple[float, float], seed: int
) -> None:
    label, weight = label_and_weight
    person = Rows.of(np.array([row]), np.array([label]), np.array([weight]))
    total = LOCAL_MODELS[kind].local_sum(asked(kind, stage, seed), stage, person)
    assert length(total) <= (weight * PROGRAMS[kind].sensitivity(stage)) ** 2


@pytest.mark.invariant(7)
@pytest.mark.parametrize(("kind", "stage"), STAGES)
def test_somebody_in_two_categories_at_once_adds_no_more(kind: ModelName, stage: StageKind) -> None:
    person = Rows.of(np.ones((1, COLUMNS)), np.array([1.0]))
    total = LOCAL_MODELS[kind].local_sum(asked(kind, stage), stage, person)
    assert length(total) <= PROGRAMS[kind].sensitivity(stage) ** 2


@pytest.mark.parametrize(("kind", "stage"), STAGES)
def test_a_sum_is_exactly_the_sum_of_its_people(kind: ModelName, stage: StageKind) -> None:
    rows, parameters = people(40), asked(kind, stage)
    whole = LOCAL_MODELS[kind].local_sum(parameters, stage, rows)
    alone = [LOCAL_MODELS[kind].local_sum(parameters, stage, rows.take(np.array([index]))) for index in range(40)]
    assert whole.dtype == np.int64
    assert (whole == np.sum(alone, axis=0)).all()


@pytest.mark.parametrize(("kind", "stage"), STAGES)
def test_sizes_are_as_the_program_says(kind: ModelName, stage: StageKind) -> None:
    program, parameters = PROGRAMS[kind], asked(kind, stage)
    assert parameters.shape == (program.parameters_size(stage),)
    empty = people(1).take(np.zeros(1, dtype=np.bool_))
    total = LOCAL_MODELS[kind].local_sum(parameters, stage, empty)
    assert total.shape == (program.sum_size(stage),)
    assert not total.any()


@pytest.mark.invariant(8)
@pytest.mark.parametrize(("kind", "stage"), STAGES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_hostile_parameters_are_refused_or_stay_within_the_sensitivity(
    kind: ModelName, stage: StageKind, data: st.DataObject
) -> None:
    parameters = asked(kind, stage)
    for index in data.draw(st.lists(st.integers(0, max(len(parameters) - 1, 0)), max_size=4)):
        if len(parameters):
            parameters[index] = data.draw(st.floats(allow_nan=True, allow_infinity=True))
    person = people(1, data.draw(st.integers(0, 50)))
    try:
        total = LOCAL_MODELS[kind].local_sum(parameters, stage, person)
    except TrainingMessageMalformed:
        return
    assert length(total) <= PROGRAMS[kind].sensitivity(stage) ** 2


@pytest.mark.invariant(8)
@pytest.mark.parametrize(("kind", "stage"), STAGES)
def test_parameters_sums_and_rows_of_another_size_are_refused(kind: ModelName, stage: StageKind) -> None:
    program, parameters = PROGRAMS[kind], asked(kind, stage)
    with pytest.raises(TrainingMessageMalformed):
        LOCAL_MODELS[kind].local_sum(np.append(parameters, 0.0), stage, people(3))
    with pytest.raises(DataUnsuitable):
        LOCAL_MODELS[kind].local_sum(parameters, stage, Rows.of(np.zeros((3, 2)), np.zeros(3)))
    with pytest.raises(TrainingMessageMalformed):
        program.advance(program.start(), stage, 1, [0] * (program.sum_size(stage) + 1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_stage_that_the_model_does_not_have_is_refused(kind: ModelName) -> None:
    other = StageKind.MEANS if kind == "additive" else StageKind.EDGES
    with pytest.raises(TrainingMessageMalformed, match="stage"):
        LOCAL_MODELS[kind].local_sum(np.zeros(0), other, people(3))
