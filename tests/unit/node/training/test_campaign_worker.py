"""The node against its coordinator: nothing but the approved rounds, each once, and never more than the budget."""

from typing import Any

import numpy as np
import pytest

from federated.campaign.steps import (
    RESULT_TYPE,
    CohortRequest,
    MaskReply,
    ReceivedDocument,
    StepKind,
    StepRequest,
    UnmaskReply,
    UnmaskRequest,
    encode_document,
    pack,
    read_reply,
)
from federated.errors import (
    CampaignDecided,
)
from federated.flower.messages import TrainingRefusal, message_from_bytes, reply_of
from federated.learning.model_documents import AdditiveModel
from federated.participation.enrolment import Secret
from node.clients.training import PulledTask
from node.training.budgets import NewLimit, set_limit
from node.training.campaign_decisions import approve, refuse
from node.training.campaign_worker import TrainingWorker
from node.training.local_data import training_data
from node.training.pending_work import open_campaigns
from node.training.stores import epsilon_ledger, own_enrolments
from service.errors import PeerRefused
from tests.support.campaigns import CAMPAIGN
from tests.support.parts import keys_of, party_of
from tests.support.stage import ENTITY, Play, Stage, demo_manifest, unreachable
from tests.support.training import DATASET, budget_of
from trust import signing


def restarted(scene: Stage) -> None:
    """Let a new process of the node take over: nothing is left but what it stored."""
    scene.worker = TrainingWorker(scene.context, scene.coordinator, unreachable)


@pytest.mark.invariant(6)
def test_a_campaign_with_the_others_goes_to_its_end_for_what_was_promised(scene: Stage) -> None:
    play = scene.play(scene.approved()).finish()
    progress = play.state_machine.progress
    assert (progress.completed, progress.lost, progress.contributors) == (4, 0, ("avila", "leon", ENTITY))
    assert isinstance(play.state_machine.sums.program.finish(progress.vectors), AdditiveModel)
    assert 1.95 < scene.spent() <= 2.0
    assert scene.ledger_types() == ["training_approved", *["training_contributed"] * 4]
    with scene.context.snapshot() as session:
        assert epsilon_ledger(session).verify() == 4


@pytest.mark.invariant(6)
def test_a_node_restarted_before_every_step_ends_in_the_same_campaign(scene: Stage) -> None:
    play = scene.play(scene.approved())
    while not play.state_machine.done:
        restarted(scene)
        play.step()
    assert (play.state_machine.progress.completed, play.state_machine.progress.lost) == (4, 0)
    assert scene.ledger_types().count("training_contributed") == 4


@pytest.mark.invariant(6)
def test_every_step_asked_again_gets_the_same_bytes_also_after_a_restart(scene: Stage) -> None:
    play = scene.play(scene.approved())
    while play.state_machine.progress.round == 1:
        asked = play.asked()
        first = scene.answer(scene.coordinator.ask(asked))
        again = scene.answer(scene.coordinator.ask(asked))
        restarted(scene)
        assert first == again == scene.answer(scene.coordinator.ask(asked)) == play.step()
        assert not isinstance(first, TrainingRefusal)
    assert scene.ledger_types().count("training_contributed") == 1


def survivors(play: Play, *names: str) -> ReceivedDocument[StepRequest]:
    request = play.asked().document
    assert isinstance(request, UnmaskRequest)
    changed = request.model_copy(update={"survivors": names})
    return ReceivedDocument(changed, encode_document(changed))


@pytest.mark.invariant(6)
def test_a_second_list_of_survivors_is_refused_and_closes_the_campaign_for_good(scene: Stage) -> None:
    play = scene.play(scene.approved()).until(StepKind.UNMASK)
    asked = play.asked()
    first = scene.answer(scene.coordinator.ask(asked))
    assert isinstance(first, bytes)
    assert isinstance(read_reply(first).document, UnmaskReply)
    assert scene.answer(scene.coordinator.ask(asked)) == first
    assert scene.refused(scene.coordinator.ask(survivors(play, ENTITY, "leon"))) == "round_refused"
    restarted(scene)
    assert scene.refused(scene.coordinator.ask(asked)) == "not_open"
    assert open_campaigns(scene.context) == ()


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    "names", [(ENTITY, "leon"), ("avila", "leon"), (ENTITY, "avila", "leon", "stranger"), (ENTITY,)], ids=str
)
def test_a_list_of_survivors_that_shows_too_much_is_refused(scene: Stage, names: tuple[str, ...]) -> None:
    play = scene.play(scene.approved()).until(StepKind.UNMASK)
    assert scene.refused(scene.coordinator.ask(survivors(play, *names))) == "secure_sum_refused"
    # Nothing was disclosed; but a refusal says something too, so that it is the last.
    assert scene.refused(scene.coordinator.ask(play.asked())) == "not_open"


@pytest.mark.invariant(6)
@pytest.mark.parametrize("changes", [{"round": 2}, {"mask_request_sha256": "0" * 64}], ids=str)
def test_a_round_is_not_unmasked_without_a_contribution_or_for_another_question(
    scene: Stage, changes: dict[str, Any]
) -> None:
    play = scene.play(scene.approved()).until(StepKind.UNMASK)
    request = play.asked().document
    assert isinstance(request, UnmaskRequest)
    changed = request.model_copy(update=changes)
    asked: ReceivedDocument[StepRequest] = ReceivedDocument(changed, encode_document(changed))
    assert scene.refused(scene.coordinator.ask(asked)) == "round_refused"


@pytest.mark.invariant(6)
def test_a_second_cohort_is_refused(scene: Stage) -> None:
    play = scene.play(scene.approved()).until(StepKind.COHORT)
    first = play.asked()
    scene.answer(scene.coordinator.ask(first))
    assert isinstance(first.document, CohortRequest)
    changed = first.document.model_copy(update={"statements": tuple(reversed(first.document.statements))})
    asked: ReceivedDocument[StepRequest] = ReceivedDocument(changed, encode_document(changed))
    assert scene.refused(scene.coordinator.ask(asked)) == "round_refused"


@pytest.mark.invariant(6)
def test_a_cohort_with_a_key_that_its_entity_did_not_sign_is_refused(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    play = scene.play(scene.approved()).until(StepKind.COHORT)
    # The directory says another key than the one that signed, as it can to a node that takes its first one.
    monkeypatch.setattr("node.directory_cache.require_continuity", lambda _new, _known: None)
    scene.directory.list_party(party_of("leon", keys_of("stranger")))
    assert scene.refused(scene.coordinator.ask(play.asked())) == "training_message_malformed"


def test_no_round_is_answered_before_the_cohort_is_known(scene: Stage) -> None:
    envelope = scene.approved()
    scene.cohorts[scene.play(envelope).digest] = "0" * 64
    assert scene.refused(scene.ask(envelope)) == "round_refused"
    assert scene.spent() == 0


@pytest.mark.invariant(6)
def test_a_round_of_another_cohort_is_refused_and_costs_nothing(scene: Stage) -> None:
    envelope = scene.approved()
    assert scene.refused(scene.ask(envelope, cohort_sha256="0" * 64)) == "round_refused"
    assert scene.spent() == 0


@pytest.mark.invariant(6)
def test_when_a_campaign_is_over_its_secrets_are_erased(scene: Stage) -> None:
    envelope = scene.approved()
    scene.play(envelope).finish()
    scene.coordinator.listed[0] = type(scene.coordinator.listed[0])(envelope, "stopped")
    with scene.context.snapshot() as session:
        assert own_enrolments(scene.context, session).kept(CAMPAIGN, Secret.MASK_KEY) is not None
    scene.worker.close_ended()
    with scene.context.snapshot() as session:
        assert own_enrolments(scene.context, session).kept(CAMPAIGN, Secret.MASK_KEY) is None


@pytest.mark.invariant(6)
def test_an_approved_round_is_answered_once_paid_for_and_in_the_ledger(scene: Stage) -> None:
    envelope = scene.approved()
    task = scene.ask(envelope)

    assert scene.worker.answer_all([task], 0) == ((), 1)

    ((task_id, result),) = scene.coordinator.results
    assert task_id == task.task_id
    payload = signing.open_envelope(result, payload_type=RESULT_TYPE, public_key=scene.context.keys.signing.public_key)
    document = reply_of(message_from_bytes(payload))
    assert isinstance(document, bytes)
    assert isinstance(read_reply(document).document, MaskReply)
    assert 0 < scene.spent() < 2.0
    assert scene.ledger_types() == ["training_approved", "training_contributed"]


@pytest.mark.invariant(6)
def test_a_round_asked_again_gets_the_same_bytes_also_after_a_restart(scene: Stage) -> None:
    envelope = scene.approved()
    first = scene.answer(scene.ask(envelope))
    spent = scene.spent()

    again = scene.answer(scene.ask(envelope))
    restarted(scene)

    assert isinstance(first, bytes)
    assert first == again == scene.answer(scene.ask(envelope))
    assert scene.spent() == spent
    assert scene.ledger_types().count("training_contributed") == 1


@pytest.mark.invariant(6)
def test_a_round_asked_twice_with_other_parameters_is_refused(scene: Stage) -> None:
    envelope = scene.approved()
    scene.worker.answer(scene.ask(envelope))
    assert scene.refused(scene.ask(envelope, transcript="1" * 64)) == "round_refused"
    assert scene.ledger_types().count("training_contributed") == 1


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"round": 5}, "round_refused"),
        ({"round": 0}, "not_open"),
        ({"campaign_id": "cd" * 16}, "not_open"),
        ({"manifest_sha256": "0" * 64}, "manifest_changed"),
        ({"parameters": pack(np.full(1, np.nan))}, "training_message_malformed"),
        ({"parameters": pack(np.zeros(9))}, "training_message_malformed"),
        ({"parameters": b"123"}, "training_message_malformed"),
        ({"round": 2}, "training_message_malformed"),
    ],
)
def test_anything_but_the_approved_rounds_is_refused_and_costs_nothing(
    scene: Stage, changes: dict[str, Any], code: str
) -> None:
    envelope = scene.approved()
    assert scene.refused(scene.ask(envelope, **changes)) == code
    assert scene.spent() == 0
    assert scene.ledger_types() == ["training_approved"]


@pytest.mark.invariant(6)
def test_after_the_rounds_that_were_promised_the_next_is_refused(scene: Stage) -> None:
    envelope = scene.approved()
    for number in range(1, 5):
        assert isinstance(scene.reply(scene.ask(envelope, number)), MaskReply)
    assert 1.95 < scene.spent() <= 2.0
    assert scene.refused(scene.ask(envelope, 5)) == "round_refused"


def test_an_earlier_round_is_refused_after_a_later_one(scene: Stage) -> None:
    envelope = scene.approved()
    scene.worker.answer(scene.ask(envelope, 2))
    assert scene.refused(scene.ask(envelope, 1)) == "round_refused"


def test_after_the_campaigns_end_nothing_leaves(scene: Stage) -> None:
    envelope = scene.approved()
    scene.clock.advance(days=14)
    assert scene.refused(scene.ask(envelope)) == "not_open"


def test_a_table_that_changed_on_disk_is_not_trained_on(scene: Stage) -> None:
    envelope = scene.approved()
    path = scene.context.home / "datasets" / f"{DATASET}.csv"
    path.write_bytes(path.read_bytes() + b"soria,1,30,own,h\n")
    assert scene.refused(scene.ask(envelope)) == "dataset_damaged"
    assert scene.spent() == 0


def test_a_limit_lowered_below_what_is_spent_stops_the_next_round(scene: Stage) -> None:
    envelope = scene.approved()
    scene.worker.answer(scene.ask(envelope, 1))
    set_limit(scene.context, NewLimit(scene.spent()))
    assert scene.refused(scene.ask(envelope, 2)) == "budget_exceeded"


def test_a_malformed_task_is_left_alone_and_the_others_are_answered(scene: Stage) -> None:
    envelope = scene.approved()
    tasks = [PulledTask("00" * 16, CAMPAIGN, b"\xff not a message"), scene.ask(envelope)]
    assert scene.worker.answer_all(tasks, 0) == ((), 1)


def test_a_result_that_comes_too_late_does_not_stop_the_worker(scene: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    envelope = scene.approved()
    task = scene.ask(envelope)
    scene.worker.answer(task)
    monkeypatch.setattr(scene.coordinator, "push", _too_late)
    assert scene.worker.answer_all([task], 0) == ((), 1)


@pytest.mark.invariant(6)
def test_a_refused_campaign_gets_nothing(scene: Stage) -> None:
    envelope = scene.coordinator.offer(demo_manifest())
    refuse(scene.context, scene.coordinator, CAMPAIGN, reason="no")
    assert scene.refused(scene.ask(envelope)) == "not_open"
    assert scene.ledger_types() == ["training_refused"]
    with pytest.raises(CampaignDecided):
        approve(scene.context, scene.coordinator, CAMPAIGN)


def test_a_finished_campaign_frees_the_rounds_it_did_not_use(scene: Stage) -> None:
    envelope = scene.approved()
    scene.worker.answer(scene.ask(envelope))
    scene.coordinator.listed[0] = type(scene.coordinator.listed[0])(envelope, "stopped")

    scene.worker.close_ended()

    statement = budget_of(scene.context)
    assert statement.committed == statement.spent > 0
    assert open_campaigns(scene.context) == ()
    assert scene.refused(scene.ask(envelope, 2)) == "not_open"


def test_a_campaign_past_its_end_is_settled_whatever_the_coordinator_says(scene: Stage) -> None:
    scene.approved()
    scene.clock.advance(days=15)
    scene.worker.close_ended()
    assert open_campaigns(scene.context) == ()


def test_the_held_out_people_are_not_trained_on(scene: Stage) -> None:
    with scene.context.snapshot() as session:
        data = training_data(scene.context, session, demo_manifest())
    assert 0 < data.held_out.sum() < len(data.labels) / 2
    assert len(data.training()[1]) + len(data.evaluation()[1]) == len(data.labels) == 120


def _too_late(*_: object) -> None:
    raise PeerRefused("over", peer_code="round_refused")
