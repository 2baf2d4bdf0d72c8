"""Moves campaigns on inside ``serve``: begins those decided, runs their rounds, releases or stops them.

Everything it knows it reads from the database, so that a restart goes on where the last one ended: a running campaign
from its last completed round, whose tasks and replies are still in the message table.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Protocol

import structlog
from sqlalchemy.orm import Session

from coordinator.training.campaign_register import Campaign
from coordinator.training.campaign_states import CampaignState, StopReason
from coordinator.training.entity_requests import Workspace
from coordinator.training.errors import CampaignInterrupted, CampaignOutOfStep
from coordinator.training.release_publication import publish
from federated.campaign.code_hash import code_sha256
from federated.coordination.progress import Progress
from federated.coordination.transcript import RoundRecord
from federated.errors import CohortTooSmall, FederatedError
from trust.signing import Signer

MAX_RUNNING: Final = 4
"""Campaigns that run at once; others wait their turn."""

LOOK_SECONDS: Final = 1.0
"""How often the database is read for campaigns that another process proposed."""

_log = structlog.get_logger(__name__)

Open = Callable[[], AbstractContextManager[Session]]
OnStep = Callable[[Progress, RoundRecord | None], None]


class RunRounds(Protocol):
    """Runs the steps of a campaign that are left; see `coordinator.training.round_engine`."""

    def __call__(self, campaign: Campaign, on_step: OnStep, stopping: threading.Event, /) -> Progress:
        """Return the last progress.

        Raises:
            CohortTooSmall: too few entities were left.
            CampaignInterrupted: the process is stopping; the campaign goes on at the next start.
        """
        ...


@dataclass(frozen=True, slots=True)
class RunnerParts:
    """What the runner works with."""

    transaction: Open
    snapshot: Open
    workspace: Callable[[Session], Workspace]
    signer: Signer
    now: Callable[[], datetime]
    run_rounds: RunRounds
    announce: Callable[[], None]


class CampaignRunner:
    """The background task of the coordinator that owns every campaign's progress."""

    def __init__(self, parts: RunnerParts) -> None:
        self._parts = parts
        self._running: dict[str, Future[None]] = {}

    def run(self, stopping: threading.Event) -> None:
        """Go on until `stopping` is set."""
        pool = ThreadPoolExecutor(MAX_RUNNING, thread_name_prefix="campaign")
        try:
            while not stopping.is_set():
                self.advance(pool, stopping)
                stopping.wait(LOOK_SECONDS)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            self._running.clear()

    def advance(self, pool: ThreadPoolExecutor, stopping: threading.Event) -> None:
        """Look at every open campaign once."""
        for campaign_id in [each for each, future in self._running.items() if future.done()]:
            self._running.pop(campaign_id).result()
        with self._parts.snapshot() as session:
            waiting = [
                each for each in self._parts.workspace(session).campaigns.open_ids() if each not in self._running
            ]
        for campaign_id in waiting:
            if self.settle(campaign_id) is CampaignState.RUNNING:
                self._running[campaign_id] = pool.submit(self.finish, campaign_id, stopping)

    def settle(self, campaign_id: str) -> CampaignState:
        """Begin or stop a campaign whose decisions are closed; return its state."""
        now = self._parts.now()
        with self._parts.transaction() as session:
            register = self._parts.workspace(session).campaigns
            campaign = register.get(campaign_id)
            if campaign.state is not CampaignState.PROPOSED or not campaign.decisions_closed(now):
                return campaign.state
            wanted = campaign.manifest.minimum_cohort
            if len(campaign.approved) < wanted:
                detail = f"{len(campaign.approved)} of the {wanted} entities needed approved"
                campaign = register.stop(campaign_id, StopReason.SHORT_OF_COHORT, detail, now)
            else:
                campaign = register.begin(campaign_id, now)
        _log.info("campaign_moved", campaign=campaign_id, state=campaign.state.value)
        self._parts.announce()
        return campaign.state

    def finish(self, campaign_id: str, stopping: threading.Event) -> None:
        """Run the rounds that are left and release the model, hold it for review, or stop with the reason."""
        with self._parts.snapshot() as session:
            campaign = self._parts.workspace(session).campaigns.get(campaign_id)
        if campaign.state is not CampaignState.RUNNING:
            return
        if campaign.manifest.code_sha256 != code_sha256():
            self._stop(campaign_id, StopReason.CODE_CHANGED, "another version of the training code is installed here")
            return
        try:
            self._parts.run_rounds(campaign, partial(self._save, campaign_id), stopping)
        except CampaignInterrupted:
            return
        except CohortTooSmall as error:
            self._stop(campaign_id, StopReason.COHORT_LOST, error.message)
        except FederatedError as error:
            self._stop(campaign_id, StopReason.FAILED, f"{error.code}: {error.message}")
        except CampaignOutOfStep:
            _log.info("campaign_ended_meanwhile", campaign=campaign_id)  # stopped by a command
        else:
            self._conclude(campaign_id)

    def _save(self, campaign_id: str, progress: Progress, record: RoundRecord | None) -> None:
        with self._parts.transaction() as session:
            self._parts.workspace(session).campaigns.save_step(campaign_id, progress, record, self._parts.now())

    def _conclude(self, campaign_id: str) -> None:
        now = self._parts.now()
        with self._parts.transaction() as session:
            work = self._parts.workspace(session)
            campaign = work.campaigns.get(campaign_id)
            if campaign.state is not CampaignState.RUNNING:
                return  # stopped by a command in the last moment
            if campaign.review:
                work.grid.cancel(campaign_id, now)
                campaign = work.campaigns.hold(campaign_id)
            else:
                campaign = publish(work, campaign, self._parts.signer, now)
        _log.info("campaign_moved", campaign=campaign_id, state=campaign.state.value)
        self._parts.announce()

    def _stop(self, campaign_id: str, reason: StopReason, detail: str) -> None:
        now = self._parts.now()
        with self._parts.transaction() as session:
            work = self._parts.workspace(session)
            if work.campaigns.get(campaign_id).state is CampaignState.STOPPED:
                return  # by a command, in the last moment
            work.campaigns.stop(campaign_id, reason, detail, now)
            work.grid.cancel(campaign_id, now)
        _log.warning("campaign_stopped", campaign=campaign_id, reason=reason.value, detail=detail)
        self._parts.announce()
