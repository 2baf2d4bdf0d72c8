"""An approval taken back during the run: from that commit on nothing leaves, whatever the coordinator does."""

import pytest

from federated.campaign.decision import Verdict, open_decision
from federated.errors import CampaignDecided, CampaignNotApproved
from federated.flower.messages import TrainingRefusal
from node.ledger.export import export_own_ledger
from node.training.approval_withdrawal import withdraw
from node.training.campaign_decisions import approve, deliver, list_campaigns, refuse
from node.training.decision_report import campaigns_text, withdrawn_text
from node.training.pending_work import open_campaigns, undelivered_decisions
from node.training.stores import training_guard
from policies.errors import code_sentence
from presentation.messages import in_language
from service.errors import PeerUnreachable
from tests.support.campaigns import CAMPAIGN
from tests.support.stage import ENTITY, Stage
from tests.support.training import budget_of, table_manifest

REFUSED = TrainingRefusal()


@pytest.mark.invariant(6)
def test_from_the_withdrawal_on_every_round_is_refused_also_those_answered_before(scene: Stage) -> None:
    envelope = scene.approved()
    first = scene.ask(envelope, 1)
    assert scene.reply(first) != REFUSED

    withdrawn = withdraw(scene.context, scene.coordinator, CAMPAIGN, reason="cambio de criterio")

    assert scene.reply(first) == REFUSED
    assert scene.reply(scene.ask(envelope, 2)) == REFUSED
    assert scene.ledger_types() == ["training_approved", "training_contributed", "training_withdrawn"]
    assert (withdrawn.ledger_index, withdrawn.delivered) == (2, True)
    statement = budget_of(scene.context)
    assert statement.committed == statement.spent > 0
    assert open_campaigns(scene.context) == ()


@pytest.mark.invariant(6)
def test_a_round_that_was_being_computed_does_not_leave(scene: Stage) -> None:
    envelope = scene.approved()
    asked = scene.asked(envelope)
    now = scene.clock.now()
    with scene.context.snapshot() as session:
        assert training_guard(scene.context, session).admit(asked, now).stored is None
    withdraw(scene.context, scene.coordinator, CAMPAIGN)
    with pytest.raises(CampaignNotApproved), scene.context.transaction() as session:
        training_guard(scene.context, session).record(asked, b"a sum", now)
    statement = budget_of(scene.context)
    assert statement.spent == 0


def test_the_coordinator_is_told_with_a_signed_decision(scene: Stage) -> None:
    scene.approved()
    withdraw(scene.context, scene.coordinator, CAMPAIGN, reason="no")
    key = scene.context.keys.signing.public_key
    told = [open_decision(each, entity=ENTITY, entity_key=key) for each in scene.coordinator.decisions]
    assert [each.verdict for each in told] == [Verdict.APPROVED, Verdict.WITHDRAWN]
    assert told[1].reason == "no"


@pytest.mark.invariant(6)
def test_it_is_final_and_once(scene: Stage) -> None:
    scene.approved()
    first = withdraw(scene.context, scene.coordinator, CAMPAIGN)
    assert withdraw(scene.context, scene.coordinator, CAMPAIGN) == first
    for decide in (approve, refuse):
        with pytest.raises(CampaignDecided):
            decide(scene.context, scene.coordinator, CAMPAIGN)
    assert scene.ledger_types() == ["training_approved", "training_withdrawn"]
    assert [view.decision for view in list_campaigns(scene.context, scene.coordinator)] == ["withdrawn"]
    assert "aprobación retirada" in campaigns_text(list_campaigns(scene.context, scene.coordinator), "es")


def test_only_an_approval_can_be_withdrawn(scene: Stage) -> None:
    with pytest.raises(CampaignNotApproved):
        withdraw(scene.context, scene.coordinator, CAMPAIGN)
    scene.coordinator.offer(table_manifest(ENTITY))
    refuse(scene.context, scene.coordinator, CAMPAIGN)
    with pytest.raises(CampaignDecided):
        withdraw(scene.context, scene.coordinator, CAMPAIGN)


@pytest.mark.invariant(9)
def test_with_the_coordinator_down_it_holds_at_once_and_is_told_later_in_order(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    envelope = scene.coordinator.offer(table_manifest(ENTITY))
    with monkeypatch.context() as down:
        down.setattr(scene.coordinator, "decide", _unreachable)
        approve(scene.context, scene.coordinator, CAMPAIGN)
        withdrawn = withdraw(scene.context, scene.coordinator, CAMPAIGN)
        assert not withdrawn.delivered
        assert "when it answers" in withdrawn_text(withdrawn, "en")
        assert scene.reply(scene.ask(envelope)) == REFUSED
    assert undelivered_decisions(scene.context) == (CAMPAIGN, CAMPAIGN)
    assert not list_campaigns(scene.context, scene.coordinator)[0].delivered

    deliver(scene.context, scene.coordinator)
    deliver(scene.context, scene.coordinator)

    key = scene.context.keys.signing.public_key
    told = [open_decision(each, entity=ENTITY, entity_key=key).verdict for each in scene.coordinator.decisions]
    assert told == [Verdict.APPROVED, Verdict.WITHDRAWN]
    assert undelivered_decisions(scene.context) == ()
    assert list_campaigns(scene.context, scene.coordinator)[0].delivered


def test_a_withdrawal_never_overtakes_its_approval(scene: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.coordinator.offer(table_manifest(ENTITY))
    with monkeypatch.context() as down:
        down.setattr(scene.coordinator, "decide", _unreachable)
        approve(scene.context, scene.coordinator, CAMPAIGN)
    assert not withdraw(scene.context, scene.coordinator, CAMPAIGN).delivered
    assert scene.coordinator.decisions == []
    deliver(scene.context, scene.coordinator)
    assert len(scene.coordinator.decisions) == 2


@pytest.mark.invariant(6)
def test_a_coordinator_that_takes_no_note_changes_nothing(scene: Stage) -> None:
    envelope = scene.approved()
    scene.coordinator.refusing = "decision_conflict"
    withdrawn = withdraw(scene.context, scene.coordinator, CAMPAIGN)
    scene.coordinator.refusing = ""
    assert (withdrawn.delivered, withdrawn.refused_code) == (False, "decision_conflict")
    assert in_language(code_sentence("decision_conflict"), "en") in " ".join(withdrawn_text(withdrawn, "en").split())
    assert scene.reply(scene.ask(envelope)) == REFUSED
    assert undelivered_decisions(scene.context) == ()


def test_a_withdrawal_leaves_a_ledger_that_exports(scene: Stage) -> None:
    scene.approved()
    withdraw(scene.context, scene.coordinator, CAMPAIGN)
    assert export_own_ledger(scene.context, scene.context.home / "export").size == 2


def _unreachable(*_: object) -> None:
    raise PeerUnreachable("down")
