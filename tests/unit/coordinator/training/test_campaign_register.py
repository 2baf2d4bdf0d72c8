"""The register: decisions are the entity's own, final and in time; states move by the table only."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from coordinator.training.campaign_states import TRANSITIONS, CampaignEvent, CampaignState, StopReason, after
from coordinator.training.errors import CampaignOutOfStep, CampaignUnknown, DecisionConflict
from federated.campaign.decision import Verdict
from federated.campaign.steps import StepKind
from federated.coordination.progress import Progress
from federated.coordination.state_machine import start
from federated.coordination.transcript import RoundRecord, chained
from federated.errors import ManifestInvalid
from tests.support.campaigns import CAMPAIGN, manifest, sealed
from tests.support.coordination import Coordination
from trust.errors import SignatureInvalid
from trust.signing import Envelope


@pytest.fixture
def stage() -> Coordination:
    made = Coordination()
    for entity in ("soria", "leon", "avila", "stranger"):
        made.join(entity)
    return made


@pytest.fixture
def envelope(stage: Coordination) -> Envelope:
    made = sealed()
    with stage.work() as work:
        work.campaigns.propose(made, stage.now())
    return made


def decide(stage: Coordination, envelope: Envelope, entity: str, verdict: Verdict = Verdict.APPROVED) -> None:
    stage.requests.decide(entity, stage.decision(envelope, entity, verdict))


def begin(stage: Coordination, envelope: Envelope) -> Progress:
    for entity in ("soria", "leon", "avila"):
        decide(stage, envelope, entity)
    with stage.work() as work:
        campaign = work.campaigns.begin(CAMPAIGN, stage.now())
    return start(campaign.manifest, campaign.manifest_sha256)


def test_no_event_moves_a_campaign_but_those_of_the_table() -> None:
    for state, event in product(CampaignState, CampaignEvent):
        if (state, event) in TRANSITIONS:
            assert after(state, event) is TRANSITIONS[state, event]
        else:
            with pytest.raises(CampaignOutOfStep):
                after(state, event)


def test_decisions_are_counted_by_entity(stage: Coordination, envelope: Envelope) -> None:
    decide(stage, envelope, "soria")
    decide(stage, envelope, "leon", Verdict.REFUSED)
    campaign = stage.campaign()
    assert (campaign.approved, campaign.refused, campaign.undecided) == (("soria",), ("leon",), ("avila",))
    assert not campaign.decisions_closed(stage.now())


def test_the_same_decision_twice_changes_nothing_and_the_opposite_is_refused(
    stage: Coordination, envelope: Envelope
) -> None:
    decide(stage, envelope, "soria")
    decide(stage, envelope, "soria")
    with pytest.raises(DecisionConflict):
        decide(stage, envelope, "soria", Verdict.REFUSED)
    assert stage.campaign().approved == ("soria",)


def test_nobody_decides_for_another(stage: Coordination, envelope: Envelope) -> None:
    with pytest.raises(SignatureInvalid):
        stage.requests.decide("leon", stage.decision(envelope, "soria"))
    stage.keys["leon"] = stage.keys["soria"]
    stage.parties["leon"] = stage.parties["leon"].model_copy(update={"signing_key": stage.parties["soria"].signing_key})
    with pytest.raises(ManifestInvalid):
        stage.requests.decide("leon", stage.decision(envelope, "soria"))


def test_who_was_not_invited_sees_and_decides_nothing(stage: Coordination, envelope: Envelope) -> None:
    assert stage.requests.campaigns("stranger") == ()
    with pytest.raises(CampaignUnknown):
        decide(stage, envelope, "stranger")
    with pytest.raises(CampaignUnknown):
        stage.requests.release("stranger", CAMPAIGN)


def test_a_decision_on_other_bytes_is_refused(stage: Coordination, envelope: Envelope) -> None:
    del envelope
    with pytest.raises(CampaignUnknown):
        decide(stage, sealed(manifest(rounds=5)), "soria")


def test_after_the_deadline_nobody_decides(stage: Coordination, envelope: Envelope) -> None:
    stage.clock.advance(days=7)
    with pytest.raises(CampaignOutOfStep):
        decide(stage, envelope, "soria")
    assert stage.campaign().decisions_closed(stage.now())


def test_it_begins_only_with_its_cohort(stage: Coordination, envelope: Envelope) -> None:
    decide(stage, envelope, "soria")
    stage.clock.advance(days=7)
    with pytest.raises(CampaignOutOfStep), stage.work() as work:
        work.campaigns.begin(CAMPAIGN, stage.now())
    assert stage.campaign().state is CampaignState.PROPOSED


def record(number: int = 1, total: tuple[int, ...] = (-(2**63), 2**63 - 1)) -> RoundRecord:
    return RoundRecord(number, "means", ("avila", "leon", "soria"), "a" * 64, total)


def test_the_progress_after_a_step_comes_back_exactly_and_never_goes_back(
    stage: Coordination, envelope: Envelope
) -> None:
    begun = begin(stage, envelope)
    progress = replace(begun, round=3, vectors={"weights": np.array([0.1 + 0.2])}, step=StepKind.UNMASK)
    stage.clock.advance(minutes=5)
    with stage.work() as work:
        work.campaigns.save_step(CAMPAIGN, progress, None, stage.now())
    campaign = stage.campaign()
    assert campaign.checkpoint is not None
    assert campaign.checkpoint.to_json() == progress.to_json()
    assert (campaign.rounds_completed, campaign.saved) == (2, stage.now())
    with pytest.raises(CampaignOutOfStep), stage.work() as work:
        work.campaigns.save_step(CAMPAIGN, replace(progress, round=2), None, stage.now())
    assert stage.campaign().rounds_completed == 2


def test_the_transcript_comes_back_in_order_and_to_the_last_unit(stage: Coordination, envelope: Envelope) -> None:
    progress = begin(stage, envelope)
    records = (record(1), record(2, ()), record(3))
    for each in records:
        progress = replace(progress, round=each.round + 1, transcript=chained(progress.transcript, each))
        with stage.work() as work:
            work.campaigns.save_step(CAMPAIGN, progress, each, stage.now())
    with stage.work() as work:
        assert work.campaigns.transcript(CAMPAIGN) == records
        assert work.campaigns.transcript("cd" * 16) == ()


def test_a_stopped_campaign_takes_no_rounds(stage: Coordination, envelope: Envelope) -> None:
    state = begin(stage, envelope)
    with stage.work() as work:
        stopped = work.campaigns.stop(CAMPAIGN, StopReason.COHORT_LOST, "x" * 5000, stage.now())
    assert len(stopped.stop_detail) == 1000
    with pytest.raises(CampaignOutOfStep), stage.work() as work:
        work.campaigns.save_step(CAMPAIGN, replace(state, round=2), record(), stage.now())
    with pytest.raises(CampaignOutOfStep), stage.work() as work:
        work.campaigns.stop(CAMPAIGN, StopReason.FAILED, "", stage.now())
