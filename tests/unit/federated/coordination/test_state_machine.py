"""A whole campaign, step by step: the sums are the sums, whoever falls silent and wherever it is interrupted."""

import base64
from collections.abc import Callable

import numpy as np
import pytest

from federated.campaign.steps import (
    MaskReply,
    MaskRequest,
    StepKind,
    TagsReply,
    TagsRequest,
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
from federated.duplicates.multiplicities import pack_tags, unpack_counts
from federated.errors import CohortTooSmall, SumLost
from federated.learning.model_documents import AdditiveModel, write_model
from federated.privacy.stages import position_of
from tests.support.cohort import ENTITIES, MemoryCohort, additive_manifest, no_noise
from tests.support.duplicates import counts_of, tags_of_entities

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
    masks = [raw for _, raw in cohort.asked if isinstance(read_request(raw).document, MaskRequest)]
    assert len(masks) == 12
    assert len(set(masks)) == 3
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
    # Whoever sent its masked sum is in the sum, also when it says nothing afterwards.
    left = tuple(entity for entity in ENTITIES if entity != "leon")
    expected = ENTITIES if kind is StepKind.UNMASK else left
    for record in records:
        assert record.contributors == expected
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
    def altered(name: str, asked: str, reply: bytes) -> bytes | None:
        lost = asked == StepKind.UNMASK and getattr(read_reply(reply).document, "round", 0) == 2
        return None if lost and name in {"leon", "avila"} else reply

    cohort.altered = altered
    state_machine, records = cohort.run()
    assert [each.total != () for each in records] == [True, False, True]
    assert records[1].contributors == ENTITIES
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


class Counted:
    """A campaign that counts people across entities, up to the first round."""

    def __init__(self) -> None:
        self.cohort = MemoryCohort(additive_manifest(counts_entities=True))
        people = {entity: {"a": "00000000T", "b": f"{index:08d}X"} for index, entity in enumerate(ENTITIES)}
        self.all_tags = tags_of_entities(people)
        self.state_machine = self.cohort.state_machine()
        while self.state_machine.progress.step is not StepKind.TAGS:
            self.state_machine.accept(self.cohort.answers(self.state_machine.requests()))


def test_people_are_counted_between_the_keys_and_the_first_round() -> None:
    counted = Counted()
    asked = {entity: read_request(raw).document for entity, raw in counted.state_machine.requests().items()}
    assert sorted(asked) == list(ENTITIES)
    assert all(isinstance(request, TagsRequest) for request in asked.values())
    counted.state_machine.accept(
        {entity: encode_document(TagsReply(tags=pack_tags(sent.tags))) for entity, sent in counted.all_tags.items()}
    )
    for entity, raw in counted.state_machine.requests().items():
        request = read_request(raw).document
        assert isinstance(request, WeightsRequest)
        assert request.counted == ENTITIES
        assert unpack_counts(request.multiplicities) == counts_of(counted.all_tags)[entity]
    counted.state_machine.accept(dict.fromkeys(ENTITIES, encode_document(WeightsReply())))
    assert counted.state_machine.progress.step is StepKind.MASK
    assert counted.state_machine.progress.deliveries == {}


@pytest.mark.invariant(6)
def test_all_entities_draw_the_same_group_key_and_it_is_in_no_message() -> None:
    counted = Counted()
    (key,) = {entity.group_key for entity in counted.cohort.entities.values()}
    assert key is not None
    carried = [*(raw for _, raw in counted.cohort.asked), *counted.cohort.replies.values()]
    assert not any(base64.b64encode(key) in raw or key in raw for raw in carried)


@pytest.mark.invariant(8)
def test_tags_that_are_none_leave_their_entity_out_of_the_count() -> None:
    counted = Counted()
    tags = {entity: encode_document(TagsReply(tags=pack_tags(sent.tags))) for entity, sent in counted.all_tags.items()}
    counted.state_machine.accept({**tags, "leon": encode_document(TagsReply(tags=b"short"))})
    asked = {entity: read_request(raw).document for entity, raw in counted.state_machine.requests().items()}
    assert sorted(asked) == ["avila", "soria", "zamora"]
    with pytest.raises(CohortTooSmall):
        counted.state_machine.accept({entity: encode_document(WeightsReply()) for entity in ("avila", "soria")})


def test_a_parameter_vector_is_published_as_it_is_and_hashed_in_the_record(cohort: MemoryCohort) -> None:
    _, records = cohort.run()
    request = next(
        document
        for _, raw in cohort.asked
        if isinstance(document := read_request(raw).document, MaskRequest) and document.round == 2
    )
    assert pack(request.vector) == request.parameters
    assert len({record.parameters_sha256 for record in records}) == 3
