"""The node against its coordinator: nothing but the approved rounds, each once, and never more than the budget."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consent_ledger import signing
from consent_ledger.errors import SignatureInvalid
from consent_ledger.signing import Ed25519Signer, Envelope
from federated.errors import (
    BudgetExceeded,
    CampaignDecided,
    CodeDiffers,
    DataUnsuitable,
    EpsilonUnderstated,
    ManifestInvalid,
)
from federated.features import NumericFeature
from federated.flower.messages import TrainingRefusal, read_reply
from federated.manifest import CampaignManifest
from federated.rounds import RESULT_TYPE, Contribution
from node.rpc.training import PulledTask
from node.runtime.errors import PeerRefused, PeerUnreachable
from node.training.approvals import approve, deliver, list_campaigns, refuse
from node.training.background import open_campaigns
from node.training.budgets import NewLimit, set_limit, statements
from node.training.data import training_data
from node.training.errors import DatasetUnknown, ManifestUnknown
from node.training.worker import TrainingWorker
from node.wiring import Node
from tests.support.campaigns import CAMPAIGN, FEATURES
from tests.support.clock import START, FrozenClock
from tests.support.exchange import ExchangeNetwork
from tests.support.training import DATASET, ScriptedCoordinator, register_demo, table_manifest

ENTITY = "soria"


@dataclass
class Stage:
    """One node with a registered table, facing a scripted coordinator."""

    node: Node
    coordinator: ScriptedCoordinator
    worker: TrainingWorker
    clock: FrozenClock

    def approved(self, **changes: Any) -> Envelope:
        envelope = self.coordinator.offer(table_manifest(ENTITY, **changes))
        approve(self.node, self.coordinator, CAMPAIGN)
        return envelope

    def reply(self, task: PulledTask, manifest: CampaignManifest | None = None) -> Contribution | TrainingRefusal:
        """Answer a task and read the answer as the coordinator would."""
        return read_reply(self.worker.answer(task), manifest or table_manifest(ENTITY))

    def spent(self) -> float:
        (statement,) = statements(self.node)
        return statement.spent

    def ledger_types(self) -> list[str]:
        with self.node.snapshot() as session:
            ledger = self.node.ledger(session)
            return [json.loads(ledger.leaf(index))["type"] for index in range(ledger.size())]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    clock = FrozenClock(START)
    net = ExchangeNetwork(tmp_path, clock)
    node = net.add(ENTITY)
    register_demo(node, tmp_path)
    coordinator = ScriptedCoordinator(net.coordinator, ENTITY)
    yield Stage(node, coordinator, TrainingWorker(node, coordinator), clock)
    node.close()


@pytest.mark.invariant(6)
def test_an_approved_round_is_answered_once_paid_for_and_in_the_ledger(stage: Stage) -> None:
    envelope = stage.approved()
    task = stage.coordinator.ask(envelope)

    assert stage.worker.work_once(0) == (1, 1)

    ((task_id, result),) = stage.coordinator.results
    assert task_id == task.task_id
    payload = signing.open_envelope(result, payload_type=RESULT_TYPE, public_key=stage.node.keys.signing.public_key)
    assert isinstance(read_reply(payload, table_manifest(ENTITY)), Contribution)
    assert 0 < stage.spent() < 2.0
    assert stage.ledger_types() == ["training_approved", "training_contributed"]


@pytest.mark.invariant(6)
def test_a_round_asked_again_gets_the_same_bytes_also_after_a_restart(stage: Stage) -> None:
    envelope = stage.approved()
    first = stage.worker.answer(stage.coordinator.ask(envelope))
    spent = stage.spent()

    again = stage.worker.answer(stage.coordinator.ask(envelope))
    restarted = TrainingWorker(stage.node, stage.coordinator).answer(stage.coordinator.ask(envelope))

    assert first == again == restarted
    assert stage.spent() == spent
    assert stage.ledger_types().count("training_contributed") == 1


@pytest.mark.invariant(6)
def test_a_round_asked_twice_with_other_weights_is_refused(stage: Stage) -> None:
    envelope = stage.approved()
    stage.worker.answer(stage.coordinator.ask(envelope))
    other = stage.reply(stage.coordinator.ask(envelope, weights=np.ones(4)))
    assert other == TrainingRefusal("round_refused")
    assert stage.ledger_types().count("training_contributed") == 1


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"round": 5}, "round_refused"),
        ({"round": 0}, "round_refused"),
        ({"campaign_id": "cd" * 16}, "campaign_not_approved"),
        ({"manifest_sha256": "0" * 64}, "manifest_changed"),
        ({"weights": np.full(4, np.nan)}, "training_message_malformed"),
        ({"weights": np.zeros(9)}, "training_message_malformed"),
    ],
)
def test_anything_but_the_approved_rounds_is_refused_and_costs_nothing(
    stage: Stage, changes: dict[str, Any], code: str
) -> None:
    envelope = stage.approved()
    assert stage.reply(stage.coordinator.ask(envelope, **changes)) == TrainingRefusal(code)
    assert stage.spent() == 0
    assert stage.ledger_types() == ["training_approved"]


@pytest.mark.invariant(6)
def test_all_rounds_together_cost_what_was_promised_and_the_next_is_refused(stage: Stage) -> None:
    envelope = stage.approved()
    for number in range(1, 5):
        assert isinstance(stage.reply(stage.coordinator.ask(envelope, number)), Contribution)
    assert 1.95 < stage.spent() <= 2.0
    assert stage.reply(stage.coordinator.ask(envelope, 5)) == TrainingRefusal("round_refused")


def test_an_earlier_round_is_refused_after_a_later_one(stage: Stage) -> None:
    envelope = stage.approved()
    stage.worker.answer(stage.coordinator.ask(envelope, 2))
    assert stage.reply(stage.coordinator.ask(envelope, 1)) == TrainingRefusal("round_refused")


def test_after_the_campaigns_end_nothing_leaves(stage: Stage) -> None:
    envelope = stage.approved()
    stage.clock.advance(days=14)
    assert stage.reply(stage.coordinator.ask(envelope)) == TrainingRefusal("round_refused")


def test_a_table_that_changed_on_disk_is_not_trained_on(stage: Stage) -> None:
    envelope = stage.approved()
    path = stage.node.home / "datasets" / f"{DATASET}.csv"
    path.write_bytes(path.read_bytes() + b"soria,1,30,own\n")
    assert stage.reply(stage.coordinator.ask(envelope)) == TrainingRefusal("dataset_damaged")
    assert stage.spent() == 0


def test_a_limit_lowered_below_what_is_spent_stops_the_next_round(stage: Stage) -> None:
    envelope = stage.approved()
    stage.worker.answer(stage.coordinator.ask(envelope, 1))
    set_limit(stage.node, NewLimit(DATASET, 0.5))
    assert stage.reply(stage.coordinator.ask(envelope, 2)) == TrainingRefusal("budget_exceeded")


def test_a_malformed_task_is_left_alone_and_the_others_are_answered(stage: Stage) -> None:
    envelope = stage.approved()
    stage.coordinator.tasks.append(PulledTask("00" * 16, CAMPAIGN, b"\xff not a message"))
    stage.coordinator.ask(envelope)
    assert stage.worker.work_once(0) == (2, 1)


def test_a_result_that_comes_too_late_does_not_stop_the_worker(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    envelope = stage.approved()
    task = stage.coordinator.ask(envelope)
    stage.worker.answer(task)
    stage.coordinator.tasks = [task]
    monkeypatch.setattr(stage.coordinator, "push", _too_late)
    assert stage.worker.work_once(0) == (1, 1)


@pytest.mark.invariant(6)
def test_a_refused_campaign_gets_nothing(stage: Stage) -> None:
    envelope = stage.coordinator.offer(table_manifest(ENTITY))
    refuse(stage.node, stage.coordinator, CAMPAIGN, reason="no")
    assert stage.reply(stage.coordinator.ask(envelope)) == TrainingRefusal("campaign_not_approved")
    assert stage.ledger_types() == ["training_refused"]
    with pytest.raises(CampaignDecided):
        approve(stage.node, stage.coordinator, CAMPAIGN)


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_sha256": "0" * 64}, CodeDiffers),
        ({"epsilon": 1.0, "noise_multiplier": 0.5}, EpsilonUnderstated),
        ({"network": "other.example"}, ManifestInvalid),
        ({"features": (*FEATURES, NumericFeature(name="income", min=0, max=1))}, DataUnsuitable),
        ({"features": (NumericFeature(name="sex", min=0, max=1),)}, DataUnsuitable),
        ({"features": (NumericFeature(name="age", min=18, max=19),)}, DataUnsuitable),
        ({"dataset": "unknown"}, DatasetUnknown),
        ({"epsilon": 12.0}, BudgetExceeded),
    ],
)
def test_a_manifest_that_the_node_cannot_stand_behind_is_not_approved(
    stage: Stage, changes: dict[str, Any], error: type[Exception]
) -> None:
    stage.coordinator.offer(table_manifest(ENTITY, **changes))
    with pytest.raises(error):
        approve(stage.node, stage.coordinator, CAMPAIGN)
    assert stage.ledger_types() == []
    assert stage.coordinator.decisions == []
    assert open_campaigns(stage.node) == ()


@pytest.mark.invariant(6)
def test_a_manifest_signed_by_another_key_is_refused_before_it_is_read(stage: Stage) -> None:
    stage.coordinator.offer(table_manifest(ENTITY), signer=Ed25519Signer.generate())
    with pytest.raises(SignatureInvalid):
        approve(stage.node, stage.coordinator, CAMPAIGN)
    with pytest.raises(SignatureInvalid):
        list_campaigns(stage.node, stage.coordinator)


@pytest.mark.invariant(6)
def test_a_manifest_swapped_after_the_approval_is_shown_and_gets_nothing(stage: Stage) -> None:
    stage.approved()
    swapped = stage.coordinator.offer(table_manifest(ENTITY, rounds=8, epsilon=3.0))
    assert stage.reply(stage.coordinator.ask(swapped)) == TrainingRefusal("manifest_changed")
    assert list_campaigns(stage.node, stage.coordinator)[0].changed


def test_a_second_campaign_that_would_overspend_is_refused_as_a_whole(stage: Stage) -> None:
    set_limit(stage.node, NewLimit(DATASET, 2.5))
    stage.approved()
    stage.coordinator.offer(table_manifest(ENTITY, campaign_id="cd" * 16))
    with pytest.raises(BudgetExceeded):
        approve(stage.node, stage.coordinator, "cd" * 16)


def test_an_unknown_campaign_is_a_typed_error(stage: Stage) -> None:
    with pytest.raises(ManifestUnknown):
        approve(stage.node, stage.coordinator, CAMPAIGN)


@pytest.mark.invariant(9)
def test_a_decision_taken_while_the_coordinator_is_down_is_delivered_later_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.coordinator.offer(table_manifest(ENTITY))
    with monkeypatch.context() as down:
        down.setattr(stage.coordinator, "decide", _unreachable)
        assert not approve(stage.node, stage.coordinator, CAMPAIGN).delivered

    deliver(stage.node, stage.coordinator)
    deliver(stage.node, stage.coordinator)

    assert len(stage.coordinator.decisions) == 1
    assert stage.ledger_types() == ["training_approved"]


def test_approving_again_changes_nothing(stage: Stage) -> None:
    stage.approved()
    again = approve(stage.node, stage.coordinator, CAMPAIGN)
    assert again.delivered
    assert stage.ledger_types() == ["training_approved"]


def test_a_finished_campaign_frees_the_rounds_it_did_not_use(stage: Stage) -> None:
    envelope = stage.approved()
    stage.worker.answer(stage.coordinator.ask(envelope))
    stage.coordinator.listed[0] = type(stage.coordinator.listed[0])(envelope, "stopped")

    stage.worker.settle()

    (statement,) = statements(stage.node)
    assert statement.committed == statement.spent > 0
    assert open_campaigns(stage.node) == ()
    assert stage.reply(stage.coordinator.ask(envelope, 2)) == TrainingRefusal("campaign_not_approved")


def test_a_campaign_past_its_end_is_settled_whatever_the_coordinator_says(stage: Stage) -> None:
    stage.approved()
    stage.clock.advance(days=15)
    stage.worker.settle()
    assert open_campaigns(stage.node) == ()


def test_the_held_out_people_are_not_trained_on(stage: Stage) -> None:
    with stage.node.snapshot() as session:
        data = training_data(stage.node, session, table_manifest(ENTITY))
    assert 0 < data.held_out.sum() < len(data.labels) / 2
    assert len(data.training()[1]) + len(data.evaluation()[1]) == len(data.labels) == 120


def _too_late(*_: object) -> None:
    raise PeerRefused("over", peer_code="round_refused")


def _unreachable(*_: object) -> None:
    raise PeerUnreachable("down")


def test_the_deadline_is_kept(stage: Stage) -> None:
    stage.coordinator.offer(table_manifest(ENTITY))
    stage.clock.advance(days=8)
    with pytest.raises(CampaignDecided):
        approve(stage.node, stage.coordinator, CAMPAIGN)
