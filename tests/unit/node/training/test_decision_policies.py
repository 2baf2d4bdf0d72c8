"""Standing policies at the node: applied by the service, named in the reason, and never past the guard."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from consent_ledger.log.bodies import PolicyChangedBody, TrainingDecisionBody, read_body
from consent_ledger.log.entry import Leaf
from federated.campaign.decision import Verdict, open_decision
from federated.campaign.decision_policy import DecisionPolicy, make_policy
from node.ledger.own import own_ledger
from node.training import service_loops as background
from node.training.budgets import NewLimit, set_limit
from node.training.campaign_decisions import list_campaigns
from node.training.decision_policies import decide_listed, list_policies, remove_policy, set_policy
from node.training.decision_policy_report import change_text, policies_text
from node.training.errors import PolicyUnknown
from node.training.pending_work import has_policies
from node.training.service_loops import decide_by_policies
from tests.support.campaigns import CAMPAIGN
from tests.support.clock import START
from tests.support.stage import ENTITY, Stage
from tests.support.training import approving, table_manifest
from tests.support.waiting import PATIENCE_SECONDS


def approval(**changes: Any) -> DecisionPolicy:
    stated: dict[str, Any] = {
        "models": ["logistic"],
        "features": ["age", "tenure"],
        "epsilon": 2.0,
        "minimum_cohort": 1,
        "rounds": 6,
        "budget_left": 0.5,
        "until": START + timedelta(days=90),
    }
    return approving(**(stated | changes))


def body_at(scene: Stage, index: int) -> object:
    with scene.context.snapshot() as session:
        ledger = own_ledger(scene.context, session)
        (stored,) = ledger.store.bodies(index, index + 1)
        return read_body(Leaf.parse(ledger.leaf(index)).type, stored.body)


@pytest.mark.invariant(6)
def test_a_covered_campaign_is_approved_by_a_signed_decision_that_names_the_policy(scene: Stage) -> None:
    change = set_policy(scene.context, approval())
    scene.coordinator.offer(table_manifest(ENTITY))

    (decided,) = decide_listed(scene.context, scene.coordinator, set())

    assert (decided.verdict, decided.delivered) == (Verdict.APPROVED, True)
    (envelope,) = scene.coordinator.decisions
    told = open_decision(envelope, entity=ENTITY, entity_key=scene.context.keys.signing.public_key)
    assert told.reason == "policy usual"
    assert scene.ledger_types() == ["policy_changed", "training_approved"]
    changed, taken = body_at(scene, 0), body_at(scene, 1)
    assert isinstance(changed, PolicyChangedBody)
    assert (changed.policy, changed.new_sha256) == ("training.standing", change.sha256)
    assert isinstance(taken, TrainingDecisionBody)
    assert taken.decided_by == "policy:usual"
    assert decide_listed(scene.context, scene.coordinator, set()) == ()


def test_what_no_policy_covers_waits_for_a_person(scene: Stage) -> None:
    set_policy(scene.context, approval(epsilon=1.0))
    scene.coordinator.offer(table_manifest(ENTITY))
    assert decide_listed(scene.context, scene.coordinator, set()) == ()
    assert [view.decision for view in list_campaigns(scene.context, scene.coordinator)] == ["undecided"]


def test_a_refusal_says_outside_which_limits(scene: Stage) -> None:
    set_policy(scene.context, make_policy(name="never", action="refuse", epsilon=1.0, until=START + timedelta(days=1)))
    scene.coordinator.offer(table_manifest(ENTITY))
    (decided,) = decide_listed(scene.context, scene.coordinator, set())
    assert decided.verdict is Verdict.REFUSED
    (envelope,) = scene.coordinator.decisions
    told = open_decision(envelope, entity=ENTITY, entity_key=scene.context.keys.signing.public_key)
    assert told.reason == "policy never: outside epsilon"


def test_the_budget_that_must_be_left_counts_what_is_promised(scene: Stage) -> None:
    set_policy(scene.context, approval())
    set_limit(scene.context, NewLimit(2.4))
    scene.coordinator.offer(table_manifest(ENTITY))
    assert decide_listed(scene.context, scene.coordinator, set()) == ()
    set_limit(scene.context, NewLimit(2.6))
    assert len(decide_listed(scene.context, scene.coordinator, set())) == 1


@pytest.mark.invariant(6)
@pytest.mark.parametrize("changes", [{"code_sha256": "0" * 64}, {"network": "other.example"}], ids=str)
def test_a_policy_gets_nothing_past_the_guard_and_does_not_try_for_ever(scene: Stage, changes: dict[str, Any]) -> None:
    set_policy(scene.context, approval())
    scene.coordinator.offer(table_manifest(ENTITY, **changes))
    left_to_people: set[str] = set()
    assert decide_listed(scene.context, scene.coordinator, left_to_people) == ()
    assert left_to_people == {CAMPAIGN}
    assert scene.coordinator.decisions == []
    assert scene.ledger_types() == ["policy_changed"]


def test_after_the_deadline_nothing_is_decided(scene: Stage) -> None:
    set_policy(scene.context, approval())
    scene.coordinator.offer(table_manifest(ENTITY))
    scene.clock.advance(days=8)
    assert decide_listed(scene.context, scene.coordinator, set()) == ()


def test_the_running_service_applies_them(scene: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = threading.Event()
    monkeypatch.setattr(background, "POLICY_SECONDS", 0.01)
    scene.coordinator.offer(table_manifest(ENTITY))
    assert not has_policies(scene.context)
    scene.coordinator.reachable = False
    set_policy(scene.context, approval())
    thread = threading.Thread(target=decide_by_policies, args=(scene.context, scene.coordinator, stopping))
    thread.start()
    scene.coordinator.reachable = True
    for _ in range(500):
        if scene.coordinator.decisions:
            break
        stopping.wait(0.02)
    stopping.set()
    thread.join(PATIENCE_SECONDS)
    assert len(scene.coordinator.decisions) == 1


def test_policies_are_set_replaced_listed_and_removed_each_in_the_ledger_once(scene: Stage) -> None:
    assert "una persona" in policies_text(list_policies(scene.context), "es")
    first = set_policy(scene.context, approval())
    assert set_policy(scene.context, approval()).ledger_index is None
    second = set_policy(scene.context, approval(epsilon=1.5))
    assert first.sha256 != second.sha256
    (kept,) = list_policies(scene.context)
    assert kept.epsilon == 1.5
    assert "épsilon como mucho: 1,5" in policies_text([kept], "es")
    assert "approves by itself" in change_text(second, "en", removed=False)
    removed = remove_policy(scene.context, "usual")
    assert "quitada" in change_text(removed, "es", removed=True)
    assert scene.ledger_types() == ["policy_changed"] * 3
    with pytest.raises(PolicyUnknown):
        remove_policy(scene.context, "usual")


def test_a_refusal_without_limits_is_shown_as_what_it_is(scene: Stage) -> None:
    policy = make_policy(name="none", action="refuse", dataset="records", until=START + timedelta(days=1))
    assert "everything in its scope" in policies_text([policy], "en")
    assert "records" in policies_text([policy], "en")
    by_age = make_policy(name="age", action="refuse", features=["age"], until=START + timedelta(days=1))
    assert "Edad" in policies_text([by_age], "es")
    assert scene.ledger_types() == []
