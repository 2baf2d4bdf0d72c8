"""The steps of a campaign at the node: in their order, once, on one chain, and a refusal is the last answer."""

from collections.abc import Callable

import numpy as np
import pytest

from federated.campaign.steps import (
    CohortRequest,
    MaskRequest,
    OpeningRequest,
    ReceivedDocument,
    StepKind,
    StepRequest,
    UnmaskRequest,
    WeightsRequest,
    encode_document,
    pack,
    unpack,
)
from federated.flower.messages import TrainingRefusal, message_from_bytes
from federated.participation.enrolment import Secret
from node.training.campaign_worker import TrainingWorker
from node.training.pending_work import open_campaigns
from node.training.stores import own_enrolments
from tests.support.campaigns import CAMPAIGN
from tests.support.stage import Play, Stage, unreachable


def counted(scene: Stage) -> Play:
    return scene.play(scene.approved(counts_entities=True, people_cap=3))


def received(document: StepRequest) -> ReceivedDocument[StepRequest]:
    return ReceivedDocument(document, encode_document(document))


def refused(scene: Stage, document: StepRequest) -> str:
    return scene.refused(scene.coordinator.ask(received(document)))


def test_a_campaign_that_counts_people_goes_to_its_end(scene: Stage) -> None:
    play = counted(scene).finish()
    assert (play.state_machine.progress.completed, play.state_machine.progress.lost) == (4, 0)
    assert 1.95 < scene.spent() <= 2.0


def test_the_steps_that_count_are_answered_again_with_the_same_bytes_after_a_restart(scene: Stage) -> None:
    play = counted(scene).until(StepKind.TABLE)
    while play.state_machine.progress.step is not StepKind.MASK:
        first = scene.answer(scene.coordinator.ask(play.asked()))
        scene.worker = TrainingWorker(scene.context, scene.coordinator, unreachable)
        assert isinstance(first, bytes)
        assert play.step() == first


@pytest.mark.invariant(6)
def test_without_the_count_no_sum_leaves(scene: Stage) -> None:
    play = counted(scene).until(StepKind.WEIGHTS)
    scene.cohorts[play.digest] = play.state_machine.cohort.sha256.hex()
    assert scene.refused(scene.ask(scene.coordinator.listed[0].manifest)) == "round_refused"
    assert scene.spent() == 0


@pytest.mark.invariant(6)
def test_a_table_that_the_coordinator_changed_is_refused_and_nothing_leaves_afterwards(scene: Stage) -> None:
    play = counted(scene).until(StepKind.WEIGHTS)
    request = play.asked().document
    assert isinstance(request, WeightsRequest)
    words = unpack(request.table, "<u8").astype(np.uint64)
    words[0] -= 1
    assert refused(scene, request.model_copy(update={"table": pack(words)})) == "duplicate_count_wrong"
    assert refused(scene, request) == "not_open"
    assert open_campaigns(scene.context) == ()
    with scene.context.snapshot() as session:
        enrolments = own_enrolments(scene.context, session)
        assert [enrolments.kept(CAMPAIGN, secret) for secret in Secret] == [None] * len(Secret)


@pytest.mark.invariant(6)
def test_weights_once_taken_are_not_taken_again(scene: Stage) -> None:
    play = counted(scene).until(StepKind.WEIGHTS)
    first = play.asked().document
    assert isinstance(first, WeightsRequest)
    play.until(StepKind.MASK)
    assert refused(scene, first.model_copy(update={"counted": tuple(reversed(first.counted))})) == "round_refused"


@pytest.mark.invariant(6)
def test_a_round_must_name_the_count_that_this_entity_was_told(scene: Stage) -> None:
    play = counted(scene).until(StepKind.MASK)
    request = play.asked().document
    assert isinstance(request, MaskRequest)
    assert refused(scene, request.model_copy(update={"counted_sha256": "0" * 64})) == "round_refused"


@pytest.mark.invariant(6)
def test_the_tables_are_opened_for_one_list(scene: Stage) -> None:
    play = counted(scene).until(StepKind.OPENING)
    request = play.asked().document
    assert isinstance(request, OpeningRequest)
    assert isinstance(scene.answer(scene.coordinator.ask(received(request))), bytes)
    other = request.model_copy(update={"survivors": tuple(reversed(request.survivors))})
    assert refused(scene, other) == "round_refused"


@pytest.mark.invariant(6)
def test_a_sum_is_not_opened_over_more_entities_than_were_counted(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    play = counted(scene).until(StepKind.UNMASK)
    request = play.asked().document
    assert isinstance(request, UnmaskRequest)
    kept = {"counted": ["leon", "soria"], "weights": {}}
    monkeypatch.setattr("node.training.duplicate_check.DuplicateCheck._kept", lambda *_: kept)
    assert refused(scene, request) == "secure_sum_refused"


@pytest.mark.invariant(6)
def test_a_step_off_the_chain_is_refused(scene: Stage) -> None:
    play = scene.play(scene.approved()).until(StepKind.MASK)
    request = play.asked().document
    assert refused(scene, request.model_copy(update={"previous": "0" * 64})) == "round_refused"


@pytest.mark.invariant(6)
def test_a_step_before_the_last_is_refused_also_on_the_chain(scene: Stage) -> None:
    play = scene.play(scene.approved()).until(StepKind.COHORT)
    cohort = play.asked().document
    assert isinstance(cohort, CohortRequest)
    play.until(StepKind.MASK)
    earlier = cohort.model_copy(update={"previous": scene.head(CAMPAIGN), "statements": cohort.statements[:1]})
    assert refused(scene, earlier) == "round_refused"


def _another_model(request: MaskRequest) -> MaskRequest:
    return request.model_copy(update={"model": b"{}"})


def _another_transcript(request: MaskRequest) -> MaskRequest:
    return request.model_copy(update={"transcript": "1" * 64})


@pytest.mark.invariant(6)
@pytest.mark.parametrize("change", [_another_model, _another_transcript])
def test_a_refusal_is_durable_named_and_the_last_answer(
    scene: Stage, change: Callable[[MaskRequest], MaskRequest]
) -> None:
    play = scene.play(scene.approved()).until(StepKind.MASK, 2)
    spent, mask = scene.spent(), play.asked().document
    assert isinstance(mask, MaskRequest)
    play.step()
    request = play.asked().document
    assert refused(scene, change(mask)) == "round_refused"
    closure = scene.closed()
    assert closure is not None
    assert (closure.step, closure.code) == ("mask-2", "round_refused")
    scene.worker = TrainingWorker(scene.context, scene.coordinator, unreachable)
    assert scene.answer(scene.coordinator.ask(received(request))) == TrainingRefusal()
    assert scene.spent() > spent  # what left stays spent
    assert scene.closed() == closure


def test_a_step_that_comes_after_the_end_closes_the_campaign_without_a_finding(scene: Stage) -> None:
    play = scene.play(scene.approved()).until(StepKind.MASK)
    asked = play.asked()
    scene.clock.advance(days=14)
    assert scene.refused(scene.coordinator.ask(asked)) == "not_open"
    assert open_campaigns(scene.context) == ()
    assert scene.closed() is None


@pytest.mark.invariant(6)
def test_every_refusal_looks_the_same_to_the_coordinator(scene: Stage) -> None:
    play = counted(scene).until(StepKind.WEIGHTS)
    request = play.asked().document
    assert isinstance(request, WeightsRequest)
    first = scene.worker.answer(scene.coordinator.ask(received(request.model_copy(update={"table": b"\0" * 8}))))
    second = scene.worker.answer(scene.coordinator.ask(received(request)))
    assert message_from_bytes(first).error == message_from_bytes(second).error
    assert len(first) == len(second)
