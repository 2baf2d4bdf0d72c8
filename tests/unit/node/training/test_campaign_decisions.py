"""Deciding on a campaign: what the node cannot stand behind is not approved, and decisions arrive."""

from typing import Any

import pytest

from federated.errors import (
    BudgetExceeded,
    CampaignDecided,
    CodeDiffers,
    DataUnsuitable,
    EpsilonUnderstated,
    ManifestInvalid,
)
from federated.tabular.features import NumericFeature
from node.training.budgets import NewLimit, set_limit
from node.training.campaign_decisions import approve, deliver, list_campaigns
from node.training.errors import DatasetUnknown, ManifestUnknown
from node.training.pending_work import open_campaigns
from service.errors import PeerUnreachable
from tests.support.campaigns import CAMPAIGN, FEATURES
from tests.support.cohort import additive_stages
from tests.support.stage import Stage, demo_manifest
from trust.errors import SignatureInvalid
from trust.signing import Ed25519Signer


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_sha256": "0" * 64}, CodeDiffers),
        ({"epsilon": 1.0, "stages": additive_stages(2.0, 2)}, EpsilonUnderstated),
        ({"network": "other.example"}, ManifestInvalid),
        ({"features": (*FEATURES, NumericFeature(name="income", min=0, max=1))}, DataUnsuitable),
        ({"features": (NumericFeature(name="sex", min=0, max=1),)}, DataUnsuitable),
        ({"features": (NumericFeature(name="age", min=18, max=19),)}, DataUnsuitable),
        ({"dataset": "unknown"}, DatasetUnknown),
        ({"epsilon": 12.0}, BudgetExceeded),
    ],
)
def test_a_manifest_that_the_node_cannot_stand_behind_is_not_approved(
    scene: Stage, changes: dict[str, Any], error: type[Exception]
) -> None:
    scene.coordinator.offer(demo_manifest(**changes))
    with pytest.raises(error):
        approve(scene.context, scene.coordinator, CAMPAIGN)
    assert scene.ledger_types() == []
    assert scene.coordinator.decisions == []
    assert open_campaigns(scene.context) == ()


@pytest.mark.invariant(6)
def test_a_manifest_signed_by_another_key_is_refused_before_it_is_read(scene: Stage) -> None:
    scene.coordinator.offer(demo_manifest(), signer=Ed25519Signer.generate())
    with pytest.raises(SignatureInvalid):
        approve(scene.context, scene.coordinator, CAMPAIGN)
    with pytest.raises(SignatureInvalid):
        list_campaigns(scene.context, scene.coordinator)


@pytest.mark.invariant(6)
def test_a_manifest_swapped_after_the_approval_is_shown_and_gets_nothing(scene: Stage) -> None:
    scene.approved()
    swapped = scene.coordinator.offer(demo_manifest(passes=3, epsilon=3.0))
    assert scene.refused(scene.ask(swapped)) == "not_open"
    closure = scene.closed()
    assert closure is not None
    assert (closure.step, closure.code) == ("join", "manifest_changed")
    assert list_campaigns(scene.context, scene.coordinator)[0].changed


def test_a_second_campaign_that_would_overspend_is_refused_as_a_whole(scene: Stage) -> None:
    set_limit(scene.context, NewLimit(2.5))
    scene.approved()
    scene.coordinator.offer(demo_manifest(campaign_id="cd" * 16))
    with pytest.raises(BudgetExceeded):
        approve(scene.context, scene.coordinator, "cd" * 16)


def test_an_unknown_campaign_is_a_typed_error(scene: Stage) -> None:
    with pytest.raises(ManifestUnknown):
        approve(scene.context, scene.coordinator, CAMPAIGN)


@pytest.mark.invariant(9)
def test_a_decision_taken_while_the_coordinator_is_down_is_delivered_later_once(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.coordinator.offer(demo_manifest())
    with monkeypatch.context() as down:
        down.setattr(scene.coordinator, "decide", _unreachable)
        assert not approve(scene.context, scene.coordinator, CAMPAIGN).delivered

    deliver(scene.context, scene.coordinator)
    deliver(scene.context, scene.coordinator)

    assert len(scene.coordinator.decisions) == 1
    assert scene.ledger_types() == ["training_approved"]


def test_approving_again_changes_nothing(scene: Stage) -> None:
    scene.approved()
    again = approve(scene.context, scene.coordinator, CAMPAIGN)
    assert again.delivered
    assert scene.ledger_types() == ["training_approved"]


def test_the_deadline_is_kept(scene: Stage) -> None:
    scene.coordinator.offer(demo_manifest())
    scene.clock.advance(days=8)
    with pytest.raises(CampaignDecided):
        approve(scene.context, scene.coordinator, CAMPAIGN)


def _unreachable(*_: object) -> None:
    raise PeerUnreachable("down")
