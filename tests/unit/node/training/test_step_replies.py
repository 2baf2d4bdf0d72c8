"""The steps that count people across entities, at the node: in their order, once, and bound to the rounds."""

import pytest

from federated.campaign.steps import (
    ReceivedDocument,
    StepKind,
    StepRequest,
    UnmaskRequest,
    WeightsRequest,
    encode_document,
)
from federated.duplicates.multiplicities import pack_counts, unpack_counts
from federated.flower.messages import TrainingRefusal
from node.training.campaign_worker import TrainingWorker
from tests.support.stage import Play, Stage, unreachable


def counted(scene: Stage) -> Play:
    return scene.play(scene.approved(counts_entities=True, people_cap=3))


def ask(scene: Stage, document: StepRequest) -> bytes | TrainingRefusal:
    return scene.answer(scene.coordinator.ask(ReceivedDocument(document, encode_document(document))))


def test_a_campaign_that_counts_people_goes_to_its_end(scene: Stage) -> None:
    play = counted(scene).finish()
    assert (play.state_machine.progress.completed, play.state_machine.progress.lost) == (4, 0)
    assert 1.95 < scene.spent() <= 2.0


def test_the_steps_that_count_are_answered_again_with_the_same_bytes_after_a_restart(scene: Stage) -> None:
    play = counted(scene).until(StepKind.TAGS)
    while play.state_machine.progress.step is not StepKind.MASK:
        first = scene.answer(scene.coordinator.ask(play.asked()))
        scene.worker = TrainingWorker(scene.context, scene.coordinator, unreachable)
        assert isinstance(first, bytes)
        assert play.step() == first


@pytest.mark.invariant(6)
def test_without_the_count_no_sum_leaves(scene: Stage) -> None:
    play = counted(scene).until(StepKind.WEIGHTS)
    envelope = scene.coordinator.listed[0].manifest
    scene.cohorts[play.digest] = play.state_machine.cohort.sha256.hex()
    assert scene.reply(scene.ask(envelope)) == TrainingRefusal("round_refused")
    assert scene.spent() == 0


@pytest.mark.invariant(6)
def test_a_count_that_cannot_be_right_is_refused_and_nothing_leaves_afterwards(scene: Stage) -> None:
    play = counted(scene).until(StepKind.WEIGHTS)
    request = play.asked().document
    assert isinstance(request, WeightsRequest)
    alone = pack_counts((1,) * len(unpack_counts(request.multiplicities)))
    found = ask(scene, request.model_copy(update={"multiplicities": alone}))
    assert found in {TrainingRefusal("duplicate_count_wrong"), TrainingRefusal("duplicate_check_invalid")}
    scene.cohorts[play.digest] = play.state_machine.cohort.sha256.hex()
    assert scene.reply(scene.ask(scene.coordinator.listed[0].manifest)) == TrainingRefusal("round_refused")


@pytest.mark.invariant(6)
def test_a_sum_is_not_opened_over_more_entities_than_were_counted(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    play = counted(scene).until(StepKind.UNMASK)
    request = play.asked().document
    assert isinstance(request, UnmaskRequest)
    kept = {"counted": ["leon", "soria"], "weights": {}}
    monkeypatch.setattr("node.training.duplicate_check.DuplicateCheck._kept", lambda *_: kept)
    assert ask(scene, request) == TrainingRefusal("secure_sum_refused")
    monkeypatch.undo()
    assert isinstance(ask(scene, request), bytes)
