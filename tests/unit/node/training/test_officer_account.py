"""The officer's account: what was asked, what was decided and by which policy, what left, what it cost."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import update

from federated.campaign.decision_policy import make_policy
from federated.storage.tables import SpendRow
from node.training.approval_withdrawal import withdraw
from node.training.closure_finding import check_campaigns
from node.training.decision_policies import decide_listed, set_policy
from node.training.errors import ManifestUnknown
from node.training.officer_account import training_account
from node.training.officer_account_report import account_document, account_text
from service.findings import Level
from tests.support.campaigns import CAMPAIGN
from tests.support.clock import START
from tests.support.stage import ENTITY, Stage
from tests.support.training import table_manifest


def test_a_run_is_told_from_question_to_withdrawal(scene: Stage) -> None:
    envelope = scene.approved()
    sent = [each for number in (1, 2) if isinstance(each := scene.answer(scene.ask(envelope, number)), bytes)]
    withdraw(scene.context, scene.coordinator, CAMPAIGN, reason="cambio de criterio")
    scene.coordinator.reachable = False  # nobody is asked

    account = training_account(scene.context)

    (campaign,) = account.campaigns
    assert [each.verdict.value for each in campaign.decisions] == ["approved", "withdrawn"]
    assert [each.sha256 for each in campaign.rounds] == [hashlib.sha256(each).hexdigest() for each in sent]
    assert [each.size for each in campaign.rounds] == [len(each) for each in sent]
    assert [each.ledger_index for each in campaign.rounds] == [1, 2]
    assert 0 < float(campaign.rounds[0].epsilon_after) < float(campaign.rounds[1].epsilon_after)
    text = " ".join(account_text(account, "es").split())  # however the terminal breaks its lines
    assert "aprobación retirada" in text
    assert "cambio de criterio" in text
    assert "ofrecer apoyo" in text
    assert "por una persona" in text
    assert "What left" in account_text(account, "en")
    (document,) = account_document(account, "en")["campaigns"]
    assert (document["standing"], len(document["rounds"])) == ("withdrawn", 2)


def test_a_decision_by_policy_names_it(scene: Stage) -> None:
    set_policy(scene.context, make_policy(name="never", action="refuse", epsilon=1.0, until=START + timedelta(days=9)))
    scene.coordinator.offer(table_manifest(ENTITY))
    decide_listed(scene.context, scene.coordinator, set())
    text = " ".join(account_text(training_account(scene.context, CAMPAIGN), "es").split())
    assert "por la política «never»" in text
    assert "outside epsilon" in text
    assert "Nada." in text


@pytest.mark.invariant(6)
def test_bytes_that_are_not_those_of_the_ledger_are_shown_as_a_fault(scene: Stage) -> None:
    envelope = scene.approved()
    scene.worker.answer(scene.ask(envelope))
    with scene.context.transaction() as session:
        session.execute(update(SpendRow).values(reply=b"other bytes"))
    account = training_account(scene.context)
    assert account.campaigns[0].rounds[0].ledger_index is None
    assert "⚠" in account_text(account, "es")


def test_nothing_decided_is_said_and_an_unknown_campaign_is_a_typed_error(scene: Stage) -> None:
    assert "no ha decidido" in account_text(training_account(scene.context), "es")
    with pytest.raises(ManifestUnknown):
        training_account(scene.context, CAMPAIGN)


@pytest.mark.invariant(6)
def test_a_campaign_that_a_refusal_closed_is_told_with_the_step_and_the_reason(scene: Stage) -> None:
    envelope = scene.approved()
    scene.worker.answer(scene.ask(envelope))
    assert check_campaigns(scene.context).level is Level.OK
    assert scene.refused(scene.ask(envelope, transcript="1" * 64)) == "round_refused"
    account = training_account(scene.context)
    text = " ".join(account_text(account, "es").split())
    assert "se pidió el paso mask-1 y este nodo no contestó (round_refused)" in text
    assert "Why it was closed here" in account_text(account, "en")
    (document,) = account_document(account, "en")["campaigns"]
    assert document["closed_by_refusal"]["step"] == "mask-1"
    finding = check_campaigns(scene.context)
    assert (finding.level, "mask-1" in finding.detail) == (Level.WARNING, True)
    scene.clock.advance(days=91)
    assert check_campaigns(scene.context).level is Level.OK
