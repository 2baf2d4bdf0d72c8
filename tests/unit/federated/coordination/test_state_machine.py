"""A whole campaign, step by step: the sums are the sums, whoever falls silent and wherever it is interrupted."""

import base64
from collections.abc import Callable

import numpy as np
import pytest

from federated.campaign.steps import (
    MaskReply,
    MaskRequest,
    StepKind,
    UnmaskRequest,
    WeightsReply,
    WeightsRequest,
    encode_document,
    pack,
    read_reply,
    read_request,
)
from federated.coordination.progress import Progress
from federated.coordination.state_machine import CampaignStateMachine
from federated.errors import CohortTooSmall, SumLost
from federated.learning.model_documents import AdditiveModel, write_model
from federated.privacy.stages import position_of
from tests.support.cohort import ENTITIES, MemoryCohort, additive_manifest, no_noise

COUNTING = (StepKind.TABLE, StepKind.OPENING, StepKind.WEIGHTS)
STEPS = (StepKind.JOIN, StepKind.REVEAL, StepKind.MASK, StepKind.UNMASK)
"""Those of a campaign that counts nobody in which an entity can be done without."""


@pytest.fixture
def cohort(monkeypatch: pytest.MonkeyPatch) -> MemoryCohort:
    monkeypatch.setattr("federated.participation.local_sums.discrete_gaussian", no_noise)
    return MemoryCohort()


def silent(cohort: MemoryCohort, entity: str, kind: StepKind, *, round_number: int = 0) -> None:
    """Have an entity say nothing in a step, of one round or of all."""

    def altered(name: str, asked: str, reply: bytes) -> bytes | None:
        number = getattr(read_reply(reply).document, "round", 0)
        return None if (name, asked) == (entity, kind) and round_number in {0, number} else reply

    cohort.altered = altered


def test_the_sums_of_a_campaign_are_the_exact_sums_over_everybody(cohort: MemoryCohort) -> None:
    state_machine, records = cohort.run()
    assert [(each.round, each.stage) for each in records] == [(1, "edges"), (2, "train"), (3, "evaluate")]
    for record in records:
        assert record.contributors == ENTITIES
        assert list(record.total) == cohort.exact(record)
    progress = state_machine.progress
    assert (progress.completed, progress.lost, progress.contributors) == (3, 0, ENTITIES)
    assert list(progress.evaluation) == cohort.exact(records[-1])
    assert state_machine.requests() == {}


def test_with_its_noise_a_sum_differs_and_by_about_as_much_as_planned() -> None:
    cohort = MemoryCohort()
    state_machine, records = cohort.run()
    for record in records:
        position = position_of(cohort.manifest.stages, record.round)
        assert position is not None
        found = (np.array(record.total) - np.array(cohort.exact(record))) / state_machine.sums.deviation(position, 4)
        assert 0 < np.abs(found).max() < 7


def test_everybody_is_asked_the_same_in_a_round_and_no_masked_sum_is_the_bare_one(cohort: MemoryCohort) -> None:
    _, records = cohort.run()
    masks = [each for _, raw in cohort.asked if isinstance(each := read_request(raw).document, MaskRequest)]
    assert len({each.previous for each in masks}) == len(masks) == 12  # each on its own chain
    assert len({each.shared_sha256 for each in masks}) == 3
    for (entity, raw), reply in cohort.replies.items():
        document = read_reply(reply).document
        if isinstance(document, MaskReply):
            request = read_request(raw).document
            assert isinstance(request, MaskRequest)
            position = position_of(cohort.manifest.stages, request.round)
            assert position is not None
            bare = cohort.trainers[entity].exact(request.vector, request.model, position.stage.kind)
            assert (document.vector.view(np.int64) != bare).all()
    assert len(records) == 3


@pytest.mark.parametrize("kind", STEPS)
def test_who_falls_silent_in_a_step_is_done_without(cohort: MemoryCohort, kind: StepKind) -> None:
    silent(cohort, "leon", kind)
    state_machine, records = cohort.run()
    # Whoever sent its masked sum is in the sum, also when it says nothing afterwards; but then it is in no further one.
    left = tuple(entity for entity in ENTITIES if entity != "leon")
    for record in records:
        assert record.contributors == (ENTITIES if kind is StepKind.UNMASK and record.round == 1 else left)
        assert list(record.total) == cohort.exact(record)
    assert state_machine.progress.lost == 0
    asked_later = [raw for entity, raw in cohort.asked if entity == "leon"]
    if kind in {StepKind.JOIN, StepKind.REVEAL}:
        assert len(asked_later) == 1 + STEPS.index(kind)


@pytest.mark.parametrize("kind", [StepKind.JOIN, StepKind.REVEAL, StepKind.COHORT, StepKind.MASK])
def test_below_the_minimum_the_campaign_stops(cohort: MemoryCohort, kind: StepKind) -> None:
    def altered(name: str, asked: str, reply: bytes) -> bytes | None:
        return None if asked == kind and name in {"leon", "avila"} else reply

    cohort.altered = altered
    state_machine = cohort.state_machine()
    with pytest.raises(CohortTooSmall):
        cohort.run(state_machine)
    assert state_machine.progress.completed == 0
    assert state_machine.progress.step is kind


def test_a_round_whose_unmasking_fails_is_recorded_as_lost_and_passed_over(cohort: MemoryCohort) -> None:
    lost = {"leon", "avila"}

    def altered(name: str, asked: str, reply: bytes) -> bytes | None:
        if asked == StepKind.UNMASK and getattr(read_reply(reply).document, "round", 0) == 2 and name in lost:
            lost.remove(name)  # it answers when it is asked again
            return None
        return reply

    cohort.altered = altered
    state_machine, records = cohort.run()
    assert [each.total != () for each in records] == [True, False, True]
    assert [each.contributors for each in records] == [ENTITIES] * 3  # the others waited for both
    assert (state_machine.progress.completed, state_machine.progress.lost) == (3, 1)
    assert isinstance(state_machine.sums.program.finish(state_machine.progress.vectors), AdditiveModel)


def test_without_the_sum_that_the_model_is_built_on_there_is_no_campaign(cohort: MemoryCohort) -> None:
    silent(cohort, "leon", StepKind.UNMASK)
    inner = cohort.altered
    cohort.altered = lambda name, asked, reply: (
        None if (name, asked) == ("avila", "unmask") else inner(name, asked, reply)
    )
    with pytest.raises(SumLost):
        cohort.run()


def _garbage(_reply: bytes) -> bytes:
    return b"\xff not a document"


def _of_another_step(_reply: bytes) -> bytes:
    return encode_document(WeightsReply())


def _of_another_round(reply: bytes) -> bytes:
    document = read_reply(reply).document
    return encode_document(document.model_copy(update={"round": 99}))


def _too_short(reply: bytes) -> bytes:
    document = read_reply(reply).document
    assert isinstance(document, MaskReply)
    return encode_document(document.model_copy(update={"masked": document.masked[:-8]}))


def _not_whole(reply: bytes) -> bytes:
    document = read_reply(reply).document
    assert isinstance(document, MaskReply)
    return encode_document(document.model_copy(update={"masked": document.masked[:-1]}))


def _without_shares(reply: bytes) -> bytes:
    document = read_reply(reply).document
    assert isinstance(document, MaskReply)
    return encode_document(document.model_copy(update={"shares": {}}))


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    "damage", [_garbage, _of_another_step, _of_another_round, _too_short, _not_whole, _without_shares]
)
def test_a_masked_sum_that_is_none_is_set_aside_and_the_others_are_summed(
    cohort: MemoryCohort, damage: Callable[[bytes], bytes]
) -> None:
    cohort.altered = lambda name, asked, reply: damage(reply) if (name, asked) == ("leon", "mask") else reply
    _, records = cohort.run()
    for record in records:
        assert "leon" not in record.contributors
        assert list(record.total) == cohort.exact(record)


@pytest.mark.invariant(8)
@pytest.mark.parametrize("damage", [_garbage, _of_another_step, _of_another_round])
def test_an_unmasking_that_is_none_is_set_aside(cohort: MemoryCohort, damage: Callable[[bytes], bytes]) -> None:
    cohort.altered = lambda name, asked, reply: damage(reply) if (name, asked) == ("leon", "unmask") else reply
    state_machine, records = cohort.run()
    assert state_machine.progress.lost == 0
    assert all(list(record.total) == cohort.exact(record) for record in records)


def restarted(cohort: MemoryCohort, state_machine: CampaignStateMachine) -> CampaignStateMachine:
    return cohort.state_machine(Progress.from_json(state_machine.progress.to_json()))


@pytest.mark.parametrize("places", [{place} for place in range(10)] + [set(range(14))], ids=str)
def test_a_restart_between_any_two_steps_ends_in_the_same_model(cohort: MemoryCohort, places: set[int]) -> None:
    whole, records = cohort.run()
    again, found, step = MemoryCohort(cohort.manifest), [], 0  # other keys, and so other masks
    state_machine = again.state_machine()
    while not state_machine.done:
        record = state_machine.accept(again.answers(state_machine.requests()))
        found += [record] if record is not None else []
        if step in places:
            state_machine = restarted(again, state_machine)
        step += 1
    assert found == records
    assert state_machine.progress.transcript == whole.progress.transcript
    models = [each.sums.program.finish(each.progress.vectors) for each in (whole, state_machine)]
    assert write_model(models[0]) == write_model(models[1])


def test_after_a_restart_the_survivors_of_a_round_stay_the_same(cohort: MemoryCohort) -> None:
    silent(cohort, "leon", StepKind.MASK, round_number=1)
    state_machine = cohort.state_machine()
    for _ in range(5):
        state_machine.accept(cohort.answers(state_machine.requests()))
    assert state_machine.progress.survivors == ("avila", "soria", "zamora")
    cohort.altered = lambda _name, _asked, reply: reply  # it is back
    state_machine = restarted(cohort, state_machine)
    assert sorted(state_machine.requests()) == ["avila", "soria", "zamora"]
    state_machine.accept(cohort.answers(state_machine.requests()))
    asked = read_request(state_machine.requests()["soria"]).document
    assert isinstance(asked, UnmaskRequest)
    assert asked.survivors == ("avila", "soria", "zamora")
    record = state_machine.accept(cohort.answers(state_machine.requests()))
    assert record is not None
    assert list(record.total) == cohort.exact(record)
    assert "leon" in state_machine.requests()


def test_a_masked_sum_that_does_not_come_back_after_a_restart_loses_its_round_and_not_the_campaign(
    cohort: MemoryCohort,
) -> None:
    state_machine = cohort.state_machine()
    while (state_machine.progress.round, state_machine.progress.step) != (2, StepKind.UNMASK):
        state_machine.accept(cohort.answers(state_machine.requests()))
    state_machine = restarted(cohort, state_machine)
    silent(cohort, "leon", StepKind.MASK, round_number=2)
    state_machine, records = cohort.run(state_machine)
    assert [(each.round, each.total != ()) for each in records] == [(2, False), (3, True)]
    assert state_machine.progress.lost == 1


def test_there_are_never_more_steps_than_it_says(cohort: MemoryCohort) -> None:
    state_machine, left = cohort.state_machine(), []
    while not state_machine.done:
        left.append(state_machine.steps_left)
        state_machine.accept(cohort.answers(state_machine.requests()))
    assert all(count >= len(left) - place for place, count in enumerate(left))
    assert state_machine.steps_left <= 1


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> MemoryCohort:
    """Return a cohort in which one person is in two entities, and somebody else in each."""
    monkeypatch.setattr("federated.participation.local_sums.discrete_gaussian", no_noise)
    monkeypatch.setattr("federated.participation.table_replies.dummy_bins", lambda *_: frozenset())
    cohort = MemoryCohort(additive_manifest(counts_entities=True, people_estimate=4000))
    for index, entity in enumerate(ENTITIES):
        documents = {"b": f"{index:08d}X"} | ({"a": "00000000T"} if entity in {"avila", "soria"} else {})
        cohort.counters[entity].documents = documents
    return cohort


def test_people_are_counted_between_the_keys_and_the_first_round(counting: MemoryCohort) -> None:
    state_machine, records = counting.run()
    assert counting.counters["soria"].weights == {"a": 0.5, "b": 1.0}
    assert counting.counters["leon"].weights == {"b": 1.0}
    asked = [read_request(raw).document for _, raw in counting.asked]
    counts = {each.shared_sha256 for each in asked if isinstance(each, WeightsRequest)}
    assert counts == {each.counted_sha256 for each in asked if isinstance(each, MaskRequest)}
    assert [each.contributors for each in records] == [ENTITIES] * 3
    assert state_machine.progress.table == b""


@pytest.mark.invariant(5)
def test_the_sum_of_the_tables_is_no_table_to_the_coordinator(counting: MemoryCohort) -> None:
    state_machine = counting.state_machine()
    while state_machine.progress.step is not StepKind.WEIGHTS:
        state_machine.accept(counting.answers(state_machine.requests()))
    found = np.frombuffer(state_machine.progress.table, dtype=np.uint8)
    assert np.bincount(found, minlength=256).max() < 3 * len(found) / 256  # a table is zero nearly everywhere


@pytest.mark.parametrize("kind", COUNTING)
def test_who_falls_silent_in_the_count_is_not_counted_or_done_without(counting: MemoryCohort, kind: StepKind) -> None:
    silent(counting, "leon", kind)
    _state_machine, records = counting.run()
    left = tuple(entity for entity in ENTITIES if entity != "leon")
    assert {record.contributors for record in records} == {left}
    assert counting.counters["soria"].weights == {"a": 0.5, "b": 1.0}


@pytest.mark.invariant(6)
def test_all_entities_draw_the_same_group_key_and_it_is_in_no_message(counting: MemoryCohort) -> None:
    counting.run()
    (key,) = {entity.group_key for entity in counting.entities.values()}
    assert key is not None
    carried = [*(raw for _, raw in counting.asked), *counting.replies.values()]
    assert not any(base64.b64encode(key) in raw or key in raw for raw in carried)


@pytest.mark.invariant(8)
def test_a_count_that_does_not_open_ends_the_campaign_with_words(counting: MemoryCohort) -> None:
    gone = {"leon", "zamora"}
    counting.altered = lambda name, asked, reply: None if asked == "opening" and name in gone else reply
    with pytest.raises(SumLost, match=r"recuento|count"):
        counting.run()


@pytest.mark.parametrize("place", range(11))
def test_a_restart_in_the_count_ends_in_the_same_weights(counting: MemoryCohort, place: int) -> None:
    state_machine, step = counting.state_machine(), 0
    while not state_machine.done:
        state_machine.accept(counting.answers(state_machine.requests()))
        if step == place:
            state_machine = restarted(counting, state_machine)
        step += 1
    assert counting.counters["avila"].weights == {"a": 0.5, "b": 1.0}
    assert (state_machine.progress.lost, state_machine.progress.contributors) == (0, ENTITIES)


def test_who_missed_a_step_is_asked_the_same_bytes_again_and_is_in_the_next_round(cohort: MemoryCohort) -> None:
    silent(cohort, "leon", StepKind.MASK, round_number=1)
    state_machine = cohort.state_machine()
    while state_machine.progress.step is not StepKind.MASK:
        state_machine.accept(cohort.answers(state_machine.requests()))
    missed = state_machine.requests()["leon"]
    state_machine.accept(cohort.answers(state_machine.requests()))
    state_machine = restarted(cohort, state_machine)
    cohort.altered = lambda _name, _asked, reply: reply  # it is back
    state_machine.accept(cohort.answers(state_machine.requests()))  # the masked sums of the others, again
    assert state_machine.requests()["leon"] == missed
    _state_machine, records = cohort.run(state_machine)
    assert "leon" not in records[0].contributors
    assert all("leon" in record.contributors for record in records[1:])


def test_who_refused_a_step_is_asked_no_other(cohort: MemoryCohort) -> None:
    state_machine = cohort.state_machine()
    while state_machine.progress.step is not StepKind.MASK:
        state_machine.accept(cohort.answers(state_machine.requests()))
    answers = cohort.answers(state_machine.requests())
    del answers["leon"]
    state_machine.accept(answers, declined=["leon"])
    while not state_machine.done:
        assert "leon" not in state_machine.requests()
        state_machine.accept(cohort.answers(state_machine.requests()))


def test_a_parameter_vector_is_published_as_it_is_and_hashed_in_the_record(cohort: MemoryCohort) -> None:
    _, records = cohort.run()
    request = next(
        document
        for _, raw in cohort.asked
        if isinstance(document := read_request(raw).document, MaskRequest) and document.round == 2
    )
    assert pack(request.vector) == request.parameters
    assert len({record.parameters_sha256 for record in records}) == 3
