"""A hostile coordinator at the node's gate (invariant 6)."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from federated.budget.epsilon_ledger import EpsilonLedger
from federated.campaign.decision import Verdict
from federated.campaign.manifest import CampaignManifest, manifest_sha256
from federated.campaign.steps import (
    ReceivedDocument,
    StepRequest,
    pack,
)
from federated.errors import (
    BudgetExceeded,
    CampaignDecided,
    CampaignNotApproved,
    CodeDiffers,
    EpsilonUnderstated,
    FederatedError,
    ManifestChanged,
    ManifestInvalid,
    RoundRefused,
    TrainingMessageMalformed,
)
from federated.participation.guard import GuardSettings, NodeGuard
from federated.privacy.stages import Stage, StageKind
from federated.storage.sql_budget import SqlBudgetStore
from federated.storage.sql_campaigns import SqlCampaignStore
from federated.storage.tables import CampaignRow
from federated.tabular.features import NumericFeature
from tests.support import campaigns
from tests.support.campaigns import CAMPAIGN, ENTITY, AskedGuard
from tests.support.clock import START
from tests.support.guarded_steps import every_step, unmask
from trust.errors import SignatureInvalid
from trust.signing import Ed25519Signer, Envelope

pytestmark = pytest.mark.invariant(6)


@pytest.fixture
def opened() -> Iterator[Session]:
    with campaigns.session() as session:
        yield session


@pytest.fixture
def guard(opened: Session) -> AskedGuard:
    return campaigns.guard(opened)


@pytest.fixture
def approved(guard: AskedGuard) -> Envelope:
    envelope = campaigns.sealed()
    guard.approve(envelope, campaigns.decision(envelope), START)
    guard.set_up(envelope)
    return envelope


def test_no_step_is_answered_before_the_approval_or_after_a_refusal(guard: AskedGuard) -> None:
    envelope = campaigns.sealed()
    _all_refused(guard, every_step(guard, envelope), CampaignNotApproved)
    guard.refuse(envelope, campaigns.decision(envelope, Verdict.REFUSED), START)
    _all_refused(guard, every_step(guard, envelope), CampaignNotApproved)


def test_no_step_is_answered_after_the_end(guard: AskedGuard, approved: Envelope) -> None:
    _all_refused(guard, every_step(guard, approved), RoundRefused, START + timedelta(days=14))


def _all_refused(
    guard: NodeGuard, steps: Iterable[ReceivedDocument[StepRequest]], error: type[FederatedError], now: Any = START
) -> None:
    for asked in steps:
        with pytest.raises(error):
            guard.admit(asked, now)
        with pytest.raises(error):
            guard.record(asked, b"answer", now)


def test_no_step_of_a_closed_campaign_is_answered(guard: AskedGuard, approved: Envelope, opened: Session) -> None:
    first = guard.request(approved)
    guard.record(first, b"answer", START)
    EpsilonLedger(SqlBudgetStore(opened)).close(CAMPAIGN, START)
    steps = [*every_step(guard, approved), guard.request(approved, 2), unmask(guard, approved, first)]
    _all_refused(guard, steps, CampaignNotApproved)


def test_no_step_is_answered_under_a_manifest_that_changed(guard: AskedGuard, approved: Envelope) -> None:
    changed = campaigns.sealed(campaigns.manifest(name="Changed"))
    assert manifest_sha256(changed) != manifest_sha256(approved)
    _all_refused(guard, every_step(guard, changed), ManifestChanged)


def test_a_round_is_unmasked_for_one_list_of_survivors(guard: AskedGuard, approved: Envelope) -> None:
    asked = guard.request(approved)
    guard.record(asked, b"masked", START)
    first, second = unmask(guard, approved, asked), unmask(guard, approved, asked, (ENTITY, "leon"))
    assert guard.admit(first, START).stored is None
    assert guard.record(first, b"unmasked", START) == b"unmasked"
    assert guard.admit(first, START).stored == b"unmasked"
    assert guard.record(first, b"fresh", START) == b"unmasked"
    _all_refused(guard, [second], RoundRefused)


def test_a_second_list_asked_before_the_first_answer_is_kept_is_refused_when_it_is_kept(
    guard: AskedGuard, approved: Envelope
) -> None:
    asked = guard.request(approved)
    guard.record(asked, b"masked", START)
    first, second = unmask(guard, approved, asked), unmask(guard, approved, asked, (ENTITY, "leon"))
    assert guard.admit(first, START).stored is guard.admit(second, START).stored is None
    guard.record(first, b"unmasked", START)
    with pytest.raises(RoundRefused):
        guard.record(second, b"unmasked", START)


def test_what_this_entity_did_not_contribute_to_is_not_unmasked(guard: AskedGuard, approved: Envelope) -> None:
    asked = guard.request(approved)
    _all_refused(guard, [unmask(guard, approved, asked)], RoundRefused)
    guard.record(asked, b"masked", START)
    _all_refused(guard, [unmask(guard, approved, asked, round_number=2)], RoundRefused)


def test_a_round_is_not_unmasked_for_another_question_than_the_one_masked(
    guard: AskedGuard, approved: Envelope
) -> None:
    guard.record(guard.request(approved), b"masked", START)
    other = guard.request(approved, transcript="1" * 64)
    with pytest.raises(RoundRefused):
        guard.admit(unmask(guard, approved, other), START)


@pytest.mark.invariant(6)
def test_noise_that_needs_everybodys_share_is_not_approved(guard: NodeGuard) -> None:
    """Each participant knows its own share: what protects against it must be there without."""
    envelope = campaigns.sealed(campaigns.manifest(noise_shares=3, minimum_cohort=3))
    with pytest.raises(ManifestInvalid):
        guard.review(envelope, START)


def test_a_cohort_smaller_than_this_nodes_own_floor_is_not_approved(opened: Session) -> None:
    pinned = GuardSettings(campaigns.NETWORK, ENTITY, campaigns.NODE.public_key, campaigns.COORDINATOR.public_key, 4)
    strict = AskedGuard(opened, pinned, campaigns.ledger(opened))
    envelope = campaigns.sealed()
    with pytest.raises(ManifestInvalid):
        strict.approve(envelope, campaigns.decision(envelope), START)
    larger = campaigns.sealed(campaigns.manifest(minimum_cohort=4, invited=(ENTITY, "leon", "avila", "zamora")))
    strict.approve(larger, campaigns.decision(larger), START)


def test_a_floor_that_was_raised_stops_the_campaigns_below_it(approved: Envelope, opened: Session) -> None:
    pinned = GuardSettings(campaigns.NETWORK, ENTITY, campaigns.NODE.public_key, campaigns.COORDINATOR.public_key, 4)
    strict = AskedGuard(opened, pinned, EpsilonLedger(SqlBudgetStore(opened)))
    with pytest.raises(ManifestInvalid):
        strict.admit(strict.request(approved), START)


def test_an_approved_round_is_admitted_and_its_answer_stays(guard: AskedGuard, approved: Envelope) -> None:
    request = guard.request(approved)
    assert guard.admit(request, START).stored is None
    assert guard.record(request, b"answer", START) == b"answer"
    assert guard.admit(request, START).stored == b"answer"
    assert guard.record(request, b"fresh noise", START) == b"answer"


def noisier(factor: float, *, kind: StageKind = StageKind.TRAIN, rounds: int = 0) -> tuple[Stage, ...]:
    """Return the honest stages with the noise of one of them multiplied, and so many more rounds in it."""
    return tuple(
        stage
        if stage.kind is not kind
        else Stage(kind=kind, rounds=stage.rounds + rounds, noise_multiplier=stage.noise_multiplier * factor)
        for stage in campaigns.manifest().stages
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"network": "other.example"}, ManifestInvalid),
        ({"invited": ("leon", "avila", "zamora")}, ManifestInvalid),
        ({"code_sha256": "0" * 64}, CodeDiffers),
        ({"stages": noisier(0.5)}, EpsilonUnderstated),
        ({"stages": noisier(0.999)}, EpsilonUnderstated),
        ({"terms": campaigns.terms(5), "stages": noisier(1.0, rounds=1)}, EpsilonUnderstated),
        ({"stages": noisier(0.5, kind=StageKind.EVALUATE)}, EpsilonUnderstated),
        ({"epsilon": 1.9, "stages": campaigns.stages(2.0, 4)}, EpsilonUnderstated),
        ({"epsilon": 8.0}, BudgetExceeded),
    ],
    ids=str,
)
def test_terms_that_break_a_promise_cannot_be_approved(
    guard: AskedGuard, opened: Session, changes: dict[str, Any], error: type[FederatedError]
) -> None:
    envelope = campaigns.sealed(campaigns.manifest(**changes))
    with pytest.raises(error):
        guard.approve(envelope, campaigns.decision(envelope), START)
    assert SqlCampaignStore(opened).all() == ()
    assert EpsilonLedger(SqlBudgetStore(opened)).statement().committed == 0.0


@pytest.mark.parametrize(
    "stages",
    [noisier(1.0, rounds=1), noisier(1.0, kind=StageKind.EVALUATE, rounds=1), noisier(1.0)[1:], noisier(1.0)[:-1], ()],
)
def test_stages_that_are_not_those_of_the_model_are_no_manifest(guard: AskedGuard, stages: tuple[Stage, ...]) -> None:
    content = campaigns.manifest()
    forged = CampaignManifest.model_construct(**{**dict(content), "stages": stages})
    with pytest.raises(ManifestInvalid):
        guard.review(campaigns.sealed(forged), START)


def test_a_manifest_signed_by_somebody_else_is_not_even_read(guard: AskedGuard) -> None:
    with pytest.raises(SignatureInvalid):
        guard.review(campaigns.sealed(signer=Ed25519Signer.generate()), START)


def test_after_the_deadline_nothing_is_approved(guard: AskedGuard) -> None:
    with pytest.raises(CampaignDecided):
        guard.review(campaigns.sealed(), START + timedelta(days=7))


def test_only_the_entitys_own_decision_on_this_manifest_counts(guard: AskedGuard) -> None:
    envelope, other = campaigns.sealed(), campaigns.sealed(campaigns.manifest(name="Another"))
    for decision in (campaigns.decision(other), campaigns.decision(envelope, Verdict.REFUSED)):
        with pytest.raises(ManifestChanged):
            guard.approve(envelope, decision, START)


def test_a_decision_is_final_and_repeating_it_changes_nothing(guard: AskedGuard, approved: Envelope) -> None:
    guard.approve(approved, campaigns.decision(approved), START)
    with pytest.raises(CampaignDecided):
        guard.refuse(approved, campaigns.decision(approved, Verdict.REFUSED), START)


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    "changes",
    [
        {"stages": noisier(1.1)},
        {"stages": noisier(1.1, kind=StageKind.EVALUATE)},
        {"epsilon": 2.1, "stages": campaigns.stages(2.0, 4)},
        {"delta": 1e-4, "stages": campaigns.stages(2.0, 4)},
    ],
    ids=str,
)
def test_noise_that_does_not_follow_from_the_terms_is_refused(guard: AskedGuard, changes: dict[str, Any]) -> None:
    """A manifest that contradicts itself claims something that it does not do, even where it does more."""
    envelope = campaigns.sealed(campaigns.manifest(**changes))
    with pytest.raises(ManifestInvalid, match="follows from"):
        guard.review(envelope, START)


def test_a_campaign_with_understated_epsilon_may_still_be_refused(guard: AskedGuard) -> None:
    envelope = campaigns.sealed(campaigns.manifest(stages=noisier(0.5)))
    guard.refuse(envelope, campaigns.decision(envelope, Verdict.REFUSED), START)
    with pytest.raises(CampaignNotApproved):
        guard.admit(guard.request(envelope), START)


@pytest.mark.parametrize(
    "changes",
    [
        {"terms": campaigns.terms().model_copy(update={"learning_rate": 9.0})},
        {"features": (*campaigns.FEATURES, NumericFeature(name="income", min=0, max=1))},
        {"invited": (ENTITY, "leon", "avila", "zamora")},
        {"rounds": 5, "epsilon": 2.1},
        {"noise_shares": 1},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_round_under_other_terms_than_the_ones_approved_is_refused(
    guard: AskedGuard, approved: Envelope, changes: dict[str, Any]
) -> None:
    changed = campaigns.sealed(campaigns.manifest(**changes))
    assert manifest_sha256(changed) != manifest_sha256(approved)
    with pytest.raises(ManifestChanged):
        guard.admit(guard.request(changed), START)


@pytest.mark.parametrize("round_number", [0, 7, 500, -1])
def test_rounds_that_were_not_approved_are_refused(guard: AskedGuard, approved: Envelope, round_number: int) -> None:
    with pytest.raises(RoundRefused):
        guard.admit(guard.request(approved, round_number), START)


def test_all_the_rounds_approved_are_answered_and_not_one_more(guard: AskedGuard, approved: Envelope) -> None:
    rounds = campaigns.manifest().rounds
    for round_number in range(1, rounds + 1):
        guard.record(guard.request(approved, round_number), b"answer", START)
    with pytest.raises(RoundRefused):
        guard.record(guard.request(approved, rounds + 1), b"answer", START)
    with pytest.raises(RoundRefused):
        guard.record(guard.request(approved, 2, parameters=pack(np.ones(7))), b"answer", START)
    with pytest.raises(RoundRefused):
        guard.record(guard.request(approved, 1, cohort_sha256="1" * 64), b"answer", START)


def test_a_round_that_was_passed_over_is_not_answered_any_more(guard: AskedGuard, approved: Envelope) -> None:
    guard.record(guard.request(approved, 2), b"answer", START)
    with pytest.raises(RoundRefused):
        guard.admit(guard.request(approved, 1), START)


@pytest.mark.parametrize(
    ("round_number", "numbers"),
    [
        (1, (0.0,)),
        (2, (0.0,) * 6),
        (2, (0.0,) * 8),
        (2, (np.nan,) * 7),
        (2, (np.inf,) * 7),
        (2, (1e300,) * 7),
        (6, (0.0,)),
    ],
)
def test_parameters_that_do_not_fit_the_model_are_refused(
    guard: AskedGuard, approved: Envelope, round_number: int, numbers: tuple[float, ...]
) -> None:
    with pytest.raises(TrainingMessageMalformed):
        guard.admit(guard.request(approved, round_number, parameters=pack(np.array(numbers))), START)


def test_parameters_that_are_no_whole_numbers_of_bytes_are_refused(guard: AskedGuard, approved: Envelope) -> None:
    with pytest.raises(TrainingMessageMalformed):
        guard.admit(guard.request(approved, 2, parameters=b"123"), START)


def test_code_that_changed_since_the_approval_contributes_nothing(approved: Envelope, opened: Session) -> None:
    guard = campaigns.guard(opened, code="1" * 64)
    with pytest.raises(CodeDiffers):
        guard.admit(guard.request(approved), START)


@pytest.mark.usefixtures("approved")
def test_a_campaign_swapped_on_this_machines_own_disk_is_noticed(guard: AskedGuard, opened: Session) -> None:
    swapped = campaigns.sealed(campaigns.manifest(name="Swapped"))
    row = opened.get_one(CampaignRow, CAMPAIGN)
    row.manifest, row.manifest_sha256 = swapped.to_json(), manifest_sha256(swapped)
    with pytest.raises(ManifestChanged):
        guard.admit(guard.request(swapped), START)
