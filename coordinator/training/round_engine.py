"""The engine that runs a campaign's rounds on the network's own Flower grid. The only place that loads Flower."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from coordinator.training.campaign_register import Campaign
from coordinator.training.campaign_runner import OnStep
from coordinator.training.campaign_states import STATE_NAMES, CampaignState
from coordinator.training.errors import CampaignInterrupted, CampaignOutOfStep
from coordinator.training.stores import OpenSession, OpenStores
from coordinator.training.wakeup_signal import TrainingSignals
from federated.coordination.progress import Progress
from federated.coordination.task_store import TaskStore
from presentation.messages import _
from service.extras import require_training

if TYPE_CHECKING:
    from federated.flower.server_app import CampaignRun

_LONGEST_WAIT_SECONDS: Final = 1.0
"""Longest delay that a lost wake-up can cause."""


class ReplyWaiter:
    """Waits for replies, also noticing one that came between two waits."""

    def __init__(
        self, signals: TrainingSignals, stopping: threading.Event, require_running: Callable[[], None]
    ) -> None:
        """Bind the waiter to one campaign's thread.

        Args:
            signals: those of the process.
            stopping: set when the process stops.
            require_running: raises when another process ended the campaign; called when no reply came.
        """
        self._signals = signals
        self._stopping = stopping
        self._require_running = require_running
        self._seen = signals.replies.generation

    def wait(self, replies: int, seconds: float) -> None:
        """Return after so many replies since the last call, or after `seconds`, or after one second.

        Raises:
            CampaignInterrupted: the process is stopping.
            CampaignOutOfStep: the campaign was stopped by a command.
        """
        # A reply stored after the last call's end counts: it moved the generation past `_seen`.
        came = self._signals.replies.wait(self._seen, min(seconds, _LONGEST_WAIT_SECONDS), changes=replies)
        self._seen = self._signals.replies.generation
        if self._stopping.is_set() or self._signals.replies.closed:
            raise CampaignInterrupted(
                _("el coordinador se está deteniendo"),
                remedy=_("la campaña continuará cuando el coordinador arranque de nuevo"),
            )
        if not came:
            self._require_running()


@dataclass(frozen=True, slots=True)
class RoundEngine:
    """Implements `coordinator.training.campaign_runner.RunRounds`.

    Attributes:
        step_seconds: longest wait of a step for entities that do not answer.
    """

    transaction: OpenSession
    snapshot: OpenSession
    open_stores: OpenStores
    signals: TrainingSignals
    now: Callable[[], datetime]
    step_seconds: float

    def __call__(self, campaign: Campaign, on_step: OnStep, stopping: threading.Event) -> Progress:
        """Run the remaining steps and return the last progress.

        Raises:
            CohortTooSmall: too few entities answered.
            CampaignInterrupted: the process is stopping.
            CampaignOutOfStep: the campaign was stopped by a command.
            ExtraMissing: this coordinator cannot train; the campaign waits until it can.
        """
        require_training()
        # Flower takes a second to load: not before a campaign runs.
        from federated.flower.durable_grid import DurableGrid, GridEngine  # noqa: PLC0415 - see above
        from federated.flower.server_app import run_campaign  # noqa: PLC0415 - see above

        waiter = ReplyWaiter(self.signals, stopping, partial(self._require_running, campaign.campaign_id))
        engine = GridEngine(
            open_store=self._open_store,
            read_store=self._read_store,
            changed=self.signals.tasks.notify,
            wait=waiter.wait,
            now=self.now,
        )
        grid = DurableGrid(campaign.campaign_id, campaign.approved, engine, ttl_seconds=self.step_seconds)
        run = campaign_run(campaign, on_step, self._key_of, self.step_seconds)
        return run_campaign(run, grid, campaign.checkpoint)

    def _require_running(self, campaign_id: str) -> None:
        with self.snapshot() as session:
            state = self.open_stores(session).campaigns.get(campaign_id).state
        if state is not CampaignState.RUNNING:
            raise CampaignOutOfStep(
                _(
                    "la campaña {campaign_id} está en el estado «{state}»",
                    campaign_id=campaign_id,
                    state=STATE_NAMES[state],
                )
            )

    def _key_of(self, entity: str) -> bytes:
        with self.snapshot() as session:
            return bytes.fromhex(self.open_stores(session).party(entity).signing_key)

    @contextmanager
    def _open_store(self) -> Iterator[TaskStore]:
        with self.transaction() as session:
            yield self.open_stores(session).tasks

    @contextmanager
    def _read_store(self) -> Iterator[TaskStore]:
        with self.snapshot() as session:
            yield self.open_stores(session).tasks


def campaign_run(
    campaign: Campaign, on_step: OnStep, key_of: Callable[[str], bytes], step_seconds: float
) -> "CampaignRun":
    """Return the terms of a campaign as Flower's app takes them, for any grid."""
    from federated.coordination.cohort_forming import CampaignSetup  # noqa: PLC0415 - Flower takes a second to load
    from federated.flower.server_app import CampaignRun  # noqa: PLC0415 - Flower takes a second to load

    terms = CampaignSetup(campaign.manifest, campaign.manifest_sha256, campaign.approved, key_of)
    return CampaignRun(terms=terms, on_step=on_step, step_seconds=step_seconds)
