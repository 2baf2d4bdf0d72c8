"""A hostile coordinator at the node's gate (invariant 6)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from consent_ledger.errors import SignatureInvalid
from consent_ledger.signing import Ed25519Signer, Envelope
from federated.budget import EpsilonLedger
from federated.decision import Verdict
from federated.errors import (
    BudgetExceeded,
    CampaignDecided,
    CampaignNotApproved,
    CodeDiffers,
    EpsilonUnderstated,
    FederatedError,
    ManifestChanged,
    ManifestInvalid,
    MessageMalformed,
    RoundRefused,
)
from federated.guard import NodeGuard
from federated.manifest import manifest_sha256
from federated.rounds import RoundRequest
from federated.sql_store import SqlBudgetStore, SqlCampaignStore
from federated.tables import CampaignRow
from tests.support import campaigns
from tests.support.campaigns import CAMPAIGN, DATASET
from tests.support.clock import START

pytestmark = pytest.mark.invariant(6)


@pytest.fixture
def opened() -> Iterator[Session]:
    with campaigns.session() as session:
        yield session


@pytest.fixture
def guard(opened: Session) -> NodeGuard:
    return campaigns.guard(opened)


@pytest.fixture
def approved(guard: NodeGuard) -> Envelope:
    envelope = campaigns.sealed()
    guard.approve(envelope, campaigns.decision(envelope), DATASET, START)
    return envelope


def test_an_approved_round_is_admitted_and_its_answer_stays(guard: NodeGuard, approved: Envelope) -> None:
    request = campaigns.request(approved)
    assert guard.admit(request, START).stored is None
    assert guard.record(request, b"answer", START) == b"answer"
    assert guard.admit(request, START).stored == b"answer"
    assert guard.record(request, b"fresh noise", START) == b"answer"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"network": "other.example"}, ManifestInvalid),
        ({"invited": ("leon", "avila")}, ManifestInvalid),
        ({"code_sha256": "0" * 64}, CodeDiffers),
        ({"noise_multiplier": 1.0}, EpsilonUnderstated),
        ({"rounds": 5, "noise_multiplier": campaigns.manifest().noise_multiplier}, EpsilonUnderstated),
        ({"epsilon": 1.9, "noise_multiplier": campaigns.manifest().noise_multiplier}, EpsilonUnderstated),
        ({"noise_shares": 2}, ManifestInvalid),
        ({"epsilon": 8.0}, BudgetExceeded),
    ],
    ids=str,
)
def test_terms_that_break_a_promise_cannot_be_approved(
    guard: NodeGuard, opened: Session, changes: dict[str, Any], error: type[FederatedError]
) -> None:
    envelope = campaigns.sealed(campaigns.manifest(**changes))
    with pytest.raises(error):
        guard.approve(envelope, campaigns.decision(envelope), DATASET, START)
    assert SqlCampaignStore(opened).all() == ()
    assert EpsilonLedger(SqlBudgetStore(opened)).statement(DATASET).committed == 0.0


def test_a_manifest_signed_by_somebody_else_is_not_even_read(guard: NodeGuard) -> None:
    with pytest.raises(SignatureInvalid):
        guard.review(campaigns.sealed(signer=Ed25519Signer.generate()), START)


def test_after_the_deadline_nothing_is_approved(guard: NodeGuard) -> None:
    with pytest.raises(CampaignDecided):
        guard.review(campaigns.sealed(), START + timedelta(days=7))


def test_only_the_entitys_own_decision_on_this_manifest_counts(guard: NodeGuard) -> None:
    envelope, other = campaigns.sealed(), campaigns.sealed(campaigns.manifest(name="Another"))
    for decision in (campaigns.decision(other), campaigns.decision(envelope, Verdict.REFUSED)):
        with pytest.raises(ManifestChanged):
            guard.approve(envelope, decision, DATASET, START)


def test_a_decision_is_final_and_repeating_it_changes_nothing(guard: NodeGuard, approved: Envelope) -> None:
    guard.approve(approved, campaigns.decision(approved), DATASET, START)
    with pytest.raises(CampaignDecided):
        guard.refuse(approved, campaigns.decision(approved, Verdict.REFUSED), START)


def test_a_refused_or_unknown_campaign_gets_nothing(guard: NodeGuard) -> None:
    envelope = campaigns.sealed()
    with pytest.raises(CampaignNotApproved):
        guard.admit(campaigns.request(envelope), START)
    guard.refuse(envelope, campaigns.decision(envelope, Verdict.REFUSED), START)
    with pytest.raises(CampaignNotApproved):
        guard.admit(campaigns.request(envelope), START)


def test_a_campaign_with_understated_epsilon_may_still_be_refused(guard: NodeGuard) -> None:
    envelope = campaigns.sealed(campaigns.manifest(noise_multiplier=0.5))
    guard.refuse(envelope, campaigns.decision(envelope, Verdict.REFUSED), START)
    with pytest.raises(CampaignNotApproved):
        guard.admit(campaigns.request(envelope), START)


def test_a_round_under_a_changed_manifest_is_refused(guard: NodeGuard, approved: Envelope) -> None:
    changed = campaigns.sealed(campaigns.manifest(learning_rate=9.0))
    assert manifest_sha256(changed) != manifest_sha256(approved)
    with pytest.raises(ManifestChanged):
        guard.admit(campaigns.request(changed), START)


@pytest.mark.parametrize("round_number", [0, 5, 500, -1])
def test_rounds_that_were_not_approved_are_refused(guard: NodeGuard, approved: Envelope, round_number: int) -> None:
    with pytest.raises(RoundRefused):
        guard.admit(campaigns.request(approved, round_number), START)


def test_all_the_rounds_approved_are_answered_and_not_one_more(guard: NodeGuard, approved: Envelope) -> None:
    for round_number in range(1, 5):
        guard.record(campaigns.request(approved, round_number), b"answer", START)
    with pytest.raises(RoundRefused):
        guard.record(campaigns.request(approved, 5), b"answer", START)
    with pytest.raises(RoundRefused):
        guard.record(campaigns.request(approved, 1, (1.0, 0.0, 0.0, 0.0)), b"answer", START)


@pytest.mark.parametrize("weights", [(0.0,) * 3, (0.0,) * 5, (np.nan,) * 4, (np.inf,) * 4, (1e300,) * 4])
def test_weights_that_do_not_fit_the_model_are_refused(
    guard: NodeGuard, approved: Envelope, weights: tuple[float, ...]
) -> None:
    with pytest.raises(MessageMalformed):
        guard.admit(campaigns.request(approved, weights=weights), START)


def test_after_its_end_a_campaign_gets_nothing(guard: NodeGuard, approved: Envelope) -> None:
    with pytest.raises(RoundRefused):
        guard.admit(campaigns.request(approved), START + timedelta(days=14))


def test_code_that_changed_since_the_approval_contributes_nothing(approved: Envelope, opened: Session) -> None:
    with pytest.raises(CodeDiffers):
        campaigns.guard(opened, code="1" * 64).admit(campaigns.request(approved), START)


@pytest.mark.usefixtures("approved")
def test_a_campaign_swapped_on_this_machines_own_disk_is_noticed(guard: NodeGuard, opened: Session) -> None:
    swapped = campaigns.sealed(campaigns.manifest(rounds=4, name="Swapped"))
    row = opened.get_one(CampaignRow, CAMPAIGN)
    row.manifest, row.manifest_sha256 = swapped.to_json(), manifest_sha256(swapped)
    request = RoundRequest(CAMPAIGN, manifest_sha256(swapped), 1, np.zeros(4))
    with pytest.raises(ManifestChanged):
        guard.admit(request, START)
