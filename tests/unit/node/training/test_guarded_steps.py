"""What the node checks before it reads data, accepts a cohort or answers, at the places where it does so."""

from datetime import timedelta

import pytest

from federated.campaign.steps import StepKind
from federated.errors import CodeDiffers
from federated.participation import guard
from node.training.campaign_decisions import approve
from tests.support.campaigns import CAMPAIGN
from tests.support.stage import Stage, demo_manifest
from trust.parties import EntityStatus


@pytest.mark.invariant(6)
def test_no_data_are_read_for_a_campaign_that_the_guard_does_not_let_pass(scene: Stage) -> None:
    scene.coordinator.offer(demo_manifest(code_sha256="0" * 64, dataset="unknown"))
    with pytest.raises(CodeDiffers):
        approve(scene.context, scene.coordinator, CAMPAIGN)


@pytest.mark.invariant(6)
def test_code_that_was_changed_after_the_approval_answers_no_step(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    play = scene.play(scene.approved()).until(StepKind.MASK)
    with monkeypatch.context() as changed:
        changed.setattr(guard, "code_sha256", lambda: "f" * 64)
        assert scene.refused(scene.coordinator.ask(play.asked())) == "training_code_differs"
        assert scene.spent() == 0
    assert scene.refused(scene.coordinator.ask(play.asked())) == "not_open"


@pytest.mark.invariant(6)
def test_a_cohort_with_a_suspended_entity_is_not_accepted(scene: Stage) -> None:
    play = scene.play(scene.approved()).until(StepKind.COHORT)
    task = scene.coordinator.ask(play.asked())
    scene.directory.change("avila", status=EntityStatus.SUSPENDED)
    assert scene.refused(task) == "training_message_malformed"
    scene.directory.change("avila", status=EntityStatus.ACTIVE)
    assert scene.refused(task) == "not_open"


@pytest.mark.invariant(6)
def test_no_cohort_is_accepted_by_a_directory_that_ran_out(scene: Stage) -> None:
    play = scene.play(scene.approved(ends=scene.clock.now() + timedelta(days=30))).until(StepKind.COHORT)
    task = scene.coordinator.ask(play.asked())
    scene.clock.advance(days=8)
    assert scene.refused(task) == "training_message_malformed"
