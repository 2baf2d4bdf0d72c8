"""The task of ``serve`` that advances campaigns: begins the decided ones, runs their rounds, releases or stops them.

All state is read from the database, so that a restart continues where the last run ended: a running campaign goes on
from its last completed step, with the tasks and replies that are stored.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Protocol

import structlog

from coordinator.training.campaign_register import Campaign
from coordinator.training.campaign_states import CampaignState, StopReason
from coordinator.training.errors import CampaignInterrupted, CampaignOutOfStep
from coordinator.training.release_publication import publish
from coordinator.training.stores import OpenSession, OpenStores
from federated.campaign.code_hash import code_sha256
from federated.coordination.progress import Progress
from federated.coordination.transcript import RoundRecord
from federated.errors import CohortTooSmall, FederatedError, SumImpossible, SumLost
from presentation.messages import _, plural
from trust.signing import Signer

MAX_RUNNING: Final = 4
"""Campaigns that run at once; further ones wait."""

POLL_SECONDS: Final = 1.0
"""Interval at which the database is read for campaigns that another process proposed."""

_log = structlog.get_logger(__name__)

OnStep = Callable[[Progress, RoundRecord | None], None]


class RunRounds(Protocol):
    """Runs the remaining steps of a campaign; see `coordinator.training.round_engine`."""

    def __call__(self, campaign: Campaign, on_step: OnStep, stopping: threading.Event, /) -> Progress:
        """Return the last progress.

        Raises:
            CohortTooSmall: too few entities answered.
            CampaignInterrupted: the process is stopping; the campaign continues at the next start.
        """
        ...


@dataclass(frozen=True, slots=True)
class RunnerParts:
    """The collaborators of the runner.

    Attributes:
        transaction: opens a unit of work.
        snapshot: opens a consistent read.
        open_stores: opens the stores inside either.
        signer: signs releases.
        now: the present time.
        run_rounds: runs the rounds of a campaign.
        announce: tells nodes that campaigns changed.
    """

    transaction: OpenSession
    snapshot: OpenSession
    open_stores: OpenStores
    signer: Signer
    now: Callable[[], datetime]
    run_rounds: RunRounds
    announce: Callable[[], None]


class CampaignRunner:
    """Advances every open campaign; the only writer of their progress."""

    def __init__(self, parts: RunnerParts) -> None:
        self._parts = parts
        self._running: dict[str, Future[None]] = {}

    def run(self, stopping: threading.Event) -> None:
        """Advance campaigns until `stopping` is set."""
        pool = ThreadPoolExecutor(MAX_RUNNING, thread_name_prefix="campaign")
        try:
            while not stopping.is_set():
                self.advance(pool, stopping)
                stopping.wait(POLL_SECONDS)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            self._running.clear()

    def advance(self, pool: ThreadPoolExecutor, stopping: threading.Event) -> None:
        """Check every open campaign once, and start those whose rounds are due."""
        for campaign_id in [each for each, future in self._running.items() if future.done()]:
            self._running.pop(campaign_id).result()
        with self._parts.snapshot() as session:
            open_ids = self._parts.open_stores(session).campaigns.open_ids()
        waiting = [each for each in open_ids if each not in self._running]
        for campaign_id in waiting:
            if self.settle(campaign_id) is CampaignState.RUNNING:
                self._running[campaign_id] = pool.submit(self.finish, campaign_id, stopping)

    def settle(self, campaign_id: str) -> CampaignState:
        """Begin or stop a campaign whose decisions are closed; return its state."""
        now = self._parts.now()
        with self._parts.transaction() as session:
            register = self._parts.open_stores(session).campaigns
            campaign = register.get(campaign_id)
            if campaign.state is not CampaignState.PROPOSED or not campaign.decisions_closed(now):
                return campaign.state
            if len(campaign.approved) < campaign.manifest.minimum_cohort:
                detail = plural(
                    "aprobó {n} entidad; hacen falta {minimum}",
                    "aprobaron {n} entidades; hacen falta {minimum}",
                    len(campaign.approved),
                    minimum=campaign.manifest.minimum_cohort,
                )
                campaign = register.stop(campaign_id, StopReason.SHORT_OF_COHORT, detail, now)
            else:
                campaign = register.begin(campaign_id, now)
        _log.info("campaign_moved", campaign=campaign_id, state=campaign.state.value)
        self._parts.announce()
        return campaign.state

    def finish(self, campaign_id: str, stopping: threading.Event) -> None:
        """Run the remaining rounds and release the model, hold it for review, or stop with the reason."""
        with self._parts.snapshot() as session:
            campaign = self._parts.open_stores(session).campaigns.get(campaign_id)
        if campaign.state is not CampaignState.RUNNING:
            return
        if campaign.manifest.code_sha256 != code_sha256():
            self._stop(campaign_id, StopReason.CODE_CHANGED, _("aquí está instalada otra versión del código"))
            return
        try:
            self._parts.run_rounds(campaign, partial(self._save, campaign_id), stopping)
        except CampaignInterrupted:
            return
        except FederatedError as error:
            self._stop(campaign_id, *_reason(error))
        except CampaignOutOfStep:
            _log.info("campaign_ended_meanwhile", campaign=campaign_id)  # stopped by a command
        else:
            self._conclude(campaign_id)

    def _save(self, campaign_id: str, progress: Progress, record: RoundRecord | None) -> None:
        with self._parts.transaction() as session:
            self._parts.open_stores(session).campaigns.save_step(campaign_id, progress, record, self._parts.now())

    def _conclude(self, campaign_id: str) -> None:
        now = self._parts.now()
        with self._parts.transaction() as session:
            stores = self._parts.open_stores(session)
            campaign = stores.campaigns.get(campaign_id)
            if campaign.state is not CampaignState.RUNNING:
                return  # stopped by a command meanwhile
            if campaign.review:
                stores.tasks.cancel(campaign_id, now)
                campaign = stores.campaigns.hold(campaign_id)
            else:
                campaign = publish(stores, campaign, self._parts.signer, now)
        _log.info("campaign_moved", campaign=campaign_id, state=campaign.state.value)
        self._parts.announce()

    def _stop(self, campaign_id: str, reason: StopReason, detail: str) -> None:
        now = self._parts.now()
        with self._parts.transaction() as session:
            stores = self._parts.open_stores(session)
            if stores.campaigns.get(campaign_id).state is CampaignState.STOPPED:
                return  # by a command meanwhile
            stores.campaigns.stop(campaign_id, reason, detail, now)
            stores.tasks.cancel(campaign_id, now)
        _log.warning("campaign_stopped", campaign=campaign_id, reason=reason.value, detail=detail)
        self._parts.announce()


def _reason(error: FederatedError) -> tuple[StopReason, str]:
    if isinstance(error, CohortTooSmall | SumLost):
        return StopReason.COHORT_LOST, error.message
    if isinstance(error, SumImpossible):
        return StopReason.IMPOSSIBLE_SUM, error.message
    return StopReason.FAILED, f"{error.code}: {error.message}"
