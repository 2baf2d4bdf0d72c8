"""The runner: a campaign begins, is released or stops, whatever happens, and a restart goes on."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from coordinator.training.campaigns import Campaign
from coordinator.training.errors import CampaignInterrupted
from coordinator.training.runner import CampaignRunner, OnRound, RunnerParts
from coordinator.training.states import CampaignState, StopReason
from federated.errors import CohortTooSmall, DataUnsuitable
from federated.release import open_release
from federated.rounds import TrainingState
from tests.support.campaigns import CAMPAIGN, COORDINATOR, manifest, sealed
from tests.support.coordination import Coordination

Rounds = Callable[[Campaign, OnRound, threading.Event], TrainingState]


def all_rounds(campaign: Campaign, on_round: OnRound, stopping: threading.Event) -> TrainingState:
    """Complete the rounds that are left, at once."""
    del stopping
    state = campaign.checkpoint or TrainingState.start(campaign.manifest, campaign.manifest_sha256)
    for number in range(state.completed + 1, campaign.manifest.rounds + 1):
        state = replace(state, completed=number, average=np.ones(4), contributors=campaign.approved)
        on_round(state)
    return state


def interrupted(campaign: Campaign, on_round: OnRound, stopping: threading.Event) -> TrainingState:
    del stopping
    state = TrainingState.start(campaign.manifest, campaign.manifest_sha256)
    on_round(replace(state, completed=2, contributors=campaign.approved))
    raise CampaignInterrupted("stopping")


def failing(error: Exception) -> Rounds:
    def run(campaign: Campaign, on_round: OnRound, stopping: threading.Event) -> TrainingState:
        del campaign, on_round, stopping
        raise error

    return run


class Stage(Coordination):
    """A runner over the in-memory coordinator."""

    def __init__(self) -> None:
        super().__init__()
        self.announced = 0
        for entity in ("soria", "leon", "avila"):
            self.join(entity)

    def propose(self, approving: tuple[str, ...] = ("soria", "leon", "avila"), **changes: object) -> None:
        envelope = sealed(manifest(**changes))
        with self.work() as work:
            work.campaigns.propose(envelope, self.now())
        for entity in approving:
            self.desk.decide(entity, self.decision(envelope, entity))

    def run(self, rounds: Rounds = all_rounds) -> Campaign:
        """Let a fresh runner look twice: once to begin, once to collect what ended."""
        parts = RunnerParts(
            transaction=self.transaction,
            snapshot=self.transaction,
            workspace=self.workspace,
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
    assert (release.rounds_completed, release.contributors) == (4, ("avila", "leon", "soria"))
    assert 0 < release.epsilon_spent <= release.epsilon
    assert stage.announced == 2


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
    assert (between.state, between.rounds_completed) == (CampaignState.RUNNING, 2)
    assert stage.run().state is CampaignState.RELEASED


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CohortTooSmall("too few"), StopReason.COHORT_LOST),
        (DataUnsuitable("no data"), StopReason.FAILED),
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
