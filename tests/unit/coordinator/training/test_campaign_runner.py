"""The runner: a campaign begins, is released or stops, whatever happens, and a restart goes on."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest

from coordinator.training.campaign_register import Campaign
from coordinator.training.campaign_runner import CampaignRunner, OnStep, RunnerParts
from coordinator.training.campaign_states import CampaignState, StopReason
from coordinator.training.errors import CampaignInterrupted, CampaignOutOfStep
from coordinator.training.release_publication import Correct, correct, publish
from federated.coordination.progress import Progress
from federated.coordination.state_machine import CampaignStateMachine, start
from federated.coordination.transcript import Transcript
from federated.errors import CohortTooSmall, DataUnsuitable, SumLost
from federated.learning.manual_edits import edit_in_order
from federated.learning.model_documents import edits_of
from federated.release.model_release import open_release
from federated.release.replay import require_reproducible
from tests.support.campaigns import CAMPAIGN, COORDINATOR, sealed
from tests.support.cohort import MemoryCohort, additive_manifest
from tests.support.coordination import Coordination

EVERYBODY = ("avila", "leon", "soria", "zamora")
Rounds = Callable[[Campaign, OnStep, threading.Event], Progress]
COHORT = MemoryCohort(additive_manifest())


def all_rounds(campaign: Campaign, on_step: OnStep, stopping: threading.Event) -> Progress:
    """Complete the steps that are left, in memory."""
    del stopping
    cohort = cohort_of(campaign)
    state_machine = cohort.state_machine(campaign.checkpoint or start(cohort.manifest, cohort.digest))
    while not state_machine.done:
        step(cohort, state_machine, on_step)
    return state_machine.progress


def step(cohort: MemoryCohort, state_machine: CampaignStateMachine, on_step: OnStep) -> None:
    record = state_machine.accept(cohort.answers(state_machine.requests()))
    on_step(state_machine.progress, record)


def cohort_of(campaign: Campaign) -> MemoryCohort:
    assert campaign.manifest_sha256 == COHORT.digest
    return COHORT


def interrupted(campaign: Campaign, on_step: OnStep, stopping: threading.Event) -> Progress:
    del stopping
    cohort = cohort_of(campaign)
    state_machine = cohort.state_machine()
    for _ in range(7):  # four steps form the cohort, two are the first round: in the middle of the second
        step(cohort, state_machine, on_step)
    raise CampaignInterrupted("stopping")


def losing_a_round(campaign: Campaign, on_step: OnStep, stopping: threading.Event) -> Progress:
    """Complete the steps, with nobody left to open the second round's sum."""
    del stopping
    cohort = cohort_of(campaign)
    state_machine = cohort.state_machine()
    while not state_machine.done:
        asked = state_machine.requests()
        lost = state_machine.progress.round == 2 and state_machine.progress.survivors
        record = state_machine.accept({} if lost else cohort.answers(asked))
        on_step(state_machine.progress, record)
    return state_machine.progress


def failing(error: Exception) -> Rounds:
    def run(campaign: Campaign, on_step: OnStep, stopping: threading.Event) -> Progress:
        del campaign, on_step, stopping
        raise error

    return run


class Stage(Coordination):
    """A runner over the in-memory coordinator."""

    def __init__(self) -> None:
        super().__init__()
        self.announced = 0
        for entity in EVERYBODY:
            self.join(entity)

    def propose(self, approving: tuple[str, ...] = EVERYBODY, *, review: bool = False, **changes: Any) -> None:
        envelope = sealed(additive_manifest(**changes))
        with self.work() as work:
            work.campaigns.propose(envelope, self.now(), review=review)
        for entity in approving:
            self.requests.decide(entity, self.decision(envelope, entity))

    def run(self, rounds: Rounds = all_rounds) -> Campaign:
        """Let a fresh runner look twice: once to begin, once to collect what ended."""
        parts = RunnerParts(
            transaction=self.transaction,
            snapshot=self.transaction,
            open_stores=self.open_stores,
            signer=COORDINATOR,
            now=self.now,
            run_rounds=rounds,
            announce=self.announce,
        )
        runner = CampaignRunner(parts)
        with ThreadPoolExecutor(1) as pool:
            runner.advance(pool, threading.Event())
        with ThreadPoolExecutor(1) as pool:
            runner.advance(pool, threading.Event())
        return self.campaign()

    def announce(self) -> None:
        self.announced += 1


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_decided_campaign_runs_and_its_release_verifies(stage: Stage) -> None:
    stage.propose()
    done = stage.run()
    assert done.state is CampaignState.RELEASED
    assert done.release is not None
    release, _ = open_release(done.release, manifest=done.envelope, coordinator_key=COORDINATOR.public_key)
    assert (release.rounds_completed, release.rounds_lost, release.contributors) == (3, 0, EVERYBODY)
    assert release.measurement is not None
    assert 0 < release.epsilon_spent <= release.epsilon
    assert stage.announced == 2


def test_a_campaign_that_lost_a_round_is_released_and_says_so(stage: Stage) -> None:
    stage.propose()
    done = stage.run(losing_a_round)
    assert done.state is CampaignState.RELEASED
    assert done.release is not None
    release, _ = open_release(done.release, manifest=done.envelope, coordinator_key=COORDINATOR.public_key)
    assert (release.rounds_completed, release.rounds_lost) == (3, 1)
    with stage.work() as work:
        assert [len(record.total) > 0 for record in work.campaigns.transcript(CAMPAIGN)] == [True, False, True]


def test_the_transcript_that_is_kept_is_the_one_that_the_release_names(stage: Stage) -> None:
    stage.propose()
    done = stage.run()
    assert done.release is not None
    release, _ = open_release(done.release, manifest=done.envelope, coordinator_key=COORDINATOR.public_key)
    transcript = Transcript.start(done.manifest_sha256)
    with stage.work() as work:
        for record in work.campaigns.transcript(CAMPAIGN):
            transcript = transcript.append(record)
    assert transcript.head == release.transcript_sha256


def test_a_campaign_still_being_decided_waits(stage: Stage) -> None:
    stage.propose(approving=("soria", "leon"))
    assert stage.run().state is CampaignState.PROPOSED


def test_at_the_deadline_a_sufficient_cohort_begins_and_a_short_one_stops(stage: Stage) -> None:
    stage.propose(approving=("soria",))
    stage.clock.advance(days=7)
    stopped = stage.run()
    assert (stopped.state, stopped.stop_reason) == (CampaignState.STOPPED, StopReason.SHORT_OF_COHORT)


def test_an_interrupted_campaign_goes_on_from_its_last_round(stage: Stage) -> None:
    stage.propose()
    between = stage.run(interrupted)
    assert (between.state, between.rounds_completed) == (CampaignState.RUNNING, 1)
    assert stage.run().state is CampaignState.RELEASED


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CohortTooSmall("too few"), StopReason.COHORT_LOST),
        (DataUnsuitable("no data"), StopReason.FAILED),
        (SumLost("the first sum"), StopReason.COHORT_LOST),
    ],
)
def test_a_campaign_that_cannot_go_on_stops_with_the_reason(stage: Stage, error: Exception, reason: StopReason) -> None:
    stage.propose()
    stopped = stage.run(failing(error))
    assert (stopped.state, stopped.stop_reason) == (CampaignState.STOPPED, reason)
    assert str(error) in stopped.stop_detail


def test_a_defect_is_not_taken_for_an_end(stage: Stage) -> None:
    stage.propose()
    with pytest.raises(ZeroDivisionError):
        stage.run(failing(ZeroDivisionError("a defect")))
    assert stage.campaign().state is CampaignState.RUNNING


def test_other_code_than_the_manifest_names_is_never_run(stage: Stage) -> None:
    stage.propose(code_sha256="0" * 64)
    stopped = stage.run(failing(AssertionError("must not run")))
    assert (stopped.state, stopped.stop_reason) == (CampaignState.STOPPED, StopReason.CODE_CHANGED)
    assert stopped.campaign_id == CAMPAIGN


def test_a_model_to_be_reviewed_waits_and_is_released_with_its_corrections(stage: Stage) -> None:
    stage.propose(review=True)
    held = stage.run()
    assert (held.state, held.release, held.edits) == (CampaignState.IN_REVIEW, None, ())
    assert stage.run().state is CampaignState.IN_REVIEW  # whatever the runner looks at
    with stage.work() as work:
        for direction in (1, -1):
            correct(work, CAMPAIGN, in_order(direction), stage.now())
        done = publish(work, work.campaigns.get(CAMPAIGN), COORDINATOR, stage.now())
        transcript = Transcript.of(done.manifest_sha256, work.campaigns.transcript(CAMPAIGN))
    assert done.state is CampaignState.RELEASED
    assert done.release is not None
    release, _ = open_release(done.release, manifest=done.envelope, coordinator_key=COORDINATOR.public_key)
    assert [each.how for each in edits_of(release.model)] == ["monotone:+1", "monotone:-1"]
    require_reproducible(release, done.manifest, done.manifest_sha256, transcript.to_jsonl())


def in_order(direction: Literal[-1, 1]) -> Correct:
    return lambda model: edit_in_order(model, "age", direction, reason="the law says so")


def test_only_a_model_in_review_is_corrected(stage: Stage) -> None:
    stage.propose()
    stage.run()
    with stage.work() as work, pytest.raises(CampaignOutOfStep):
        correct(work, CAMPAIGN, in_order(1), stage.now())
    with stage.work() as work, pytest.raises(CampaignOutOfStep):
        work.campaigns.amend(CAMPAIGN, ())


@pytest.mark.parametrize("error", [None, CohortTooSmall("too few"), CampaignOutOfStep("it ended")])
def test_a_campaign_that_was_stopped_by_a_command_stays_stopped(stage: Stage, error: Exception | None) -> None:
    def stopped_meanwhile(campaign: Campaign, on_step: OnStep, stopping: threading.Event) -> Progress:
        progress = all_rounds(campaign, on_step, stopping)
        with stage.work() as work:
            work.campaigns.stop(CAMPAIGN, StopReason.WITHDRAWN, "enough", stage.now())
        if error is not None:
            raise error
        return progress

    stage.propose()
    ended = stage.run(stopped_meanwhile)
    assert (ended.state, ended.stop_reason, ended.stop_detail) == (
        CampaignState.STOPPED,
        StopReason.WITHDRAWN,
        "enough",
    )
    assert ended.release is None
