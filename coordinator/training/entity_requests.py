"""What entities may ask about training, behind the wire: campaigns, decisions, tasks, results, releases."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from coordinator.training.campaign_register import Campaign, CampaignRegister
from coordinator.training.campaign_states import CampaignState
from coordinator.training.errors import CampaignOutOfStep, CampaignUnknown, ResultRefused
from coordinator.training.wakeup_signal import Signal
from federated.campaign.decision import CampaignDecision
from federated.campaign.steps import RESULT_TYPE
from federated.coordination.task_store import EntityTask, TaskStore
from federated.coordination.transcript import Transcript
from presentation.messages import _
from service.group_commit import GroupCommit
from trust import signing
from trust.errors import PartySuspended
from trust.parties import EntityStatus, Party
from trust.signing import Envelope

MAX_WAIT_SECONDS: Final = 25.0
"""How long one call may be held open."""

_LOOK_UP_SECONDS: Final = 5.0
"""How often a held call looks whether its caller is still there."""


@dataclass(frozen=True, slots=True)
class TrainingSignals:
    """Wake-ups between the threads of one process. The database is the truth; these only save time."""

    tasks: Signal = field(default_factory=Signal)
    replies: Signal = field(default_factory=Signal)

    def close(self) -> None:
        """Let everybody go: the process is stopping."""
        self.tasks.close()
        self.replies.close()


@dataclass(frozen=True, slots=True)
class Workspace:
    """One unit of work with the stores that training needs."""

    campaigns: CampaignRegister
    grid: TaskStore
    party: Callable[[str], Party]


@dataclass(frozen=True, slots=True)
class Published:
    """A released model, and the transcript from which it can be made again."""

    release: Envelope
    transcript: bytes


Open = Callable[[], AbstractContextManager[Session]]


class EntityRequests:
    """Answers entities. Every method first checks that the caller is an active entity of the network."""

    def __init__(
        self,
        *,
        transaction: Open,
        commits: GroupCommit,
        snapshot: Open,
        workspace: Callable[[Session], Workspace],
        signals: TrainingSignals,
        now: Callable[[], datetime],
    ) -> None:
        self._transaction = transaction
        self._commits = commits
        self._snapshot = snapshot
        self._workspace = workspace
        self._signals = signals
        self._now = now

    def campaigns(self, entity: str) -> tuple[Campaign, ...]:
        """Return the campaigns the entity is invited to, newest first.

        Raises:
            EntityUnknown, PartySuspended: the caller may not take part.
        """
        with self._snapshot() as session:
            work = self._workspace(session)
            _active(work, entity)
            return work.campaigns.visible_to(entity)

    def decide(self, entity: str, envelope: Envelope) -> CampaignDecision:
        """Store the entity's signed decision.

        Raises:
            EntityUnknown, PartySuspended: the caller may not take part.
            and as `CampaignRegister.decide`.
        """
        with self._transaction() as session:
            work = self._workspace(session)
            return work.campaigns.decide(envelope, _active(work, entity), self._now())

    def pull(self, entity: str, wait_seconds: float, still_there: Callable[[], bool]) -> tuple[EntityTask, ...]:
        """Return the entity's open tasks, waiting for the first one if there is none.

        Args:
            entity: the caller.
            wait_seconds: longest wait; at most 25 s are given.
            still_there: tells whether the caller still waits for the answer.

        Raises:
            EntityUnknown, PartySuspended: the caller may not take part.
        """
        end = time.monotonic() + min(wait_seconds, MAX_WAIT_SECONDS)
        while True:
            seen = self._signals.tasks.generation
            tasks = self._pending(entity)
            left = end - time.monotonic()
            if tasks or left <= 0 or self._signals.tasks.closed or not still_there():
                return tasks
            if not self._signals.tasks.wait(seen, min(left, _LOOK_UP_SECONDS)) and left <= _LOOK_UP_SECONDS:
                return ()

    def push(self, entity: str, task_id: str, envelope: Envelope) -> None:
        """Store the entity's signed result of a task. The same task answered again changes nothing.

        In order: (1) the caller is active; (2) the task is its own; (3) the result is signed by it; (4) the task is
        still open.

        Raises:
            EntityUnknown, PartySuspended: (1). ResultRefused: (2). SignatureInvalid: (3). RoundRefused: (4).
        """
        # A step's results come all at once: together they wait for the disk once.
        self._commits.run(lambda session: self._keep(self._workspace(session), entity, task_id, envelope))
        self._signals.replies.notify()

    def release(self, entity: str, campaign_id: str) -> Published:
        """Return what was published of a campaign the entity was invited to.

        Raises:
            EntityUnknown, PartySuspended: the caller may not take part.
            CampaignUnknown: not invited, or no such campaign.
            CampaignOutOfStep: not released.
        """
        with self._snapshot() as session:
            work = self._workspace(session)
            _active(work, entity)
            campaign = work.campaigns.get(campaign_id)
            records = work.campaigns.transcript(campaign_id)
        if entity not in campaign.manifest.invited:
            raise CampaignUnknown(_("no existe la campaña {campaign_id!r}", campaign_id=campaign_id))
        if campaign.state is not CampaignState.RELEASED or campaign.release is None:
            raise CampaignOutOfStep(
                _(
                    "la campaña {campaign_id} está en el estado «{state}»",
                    campaign_id=campaign_id,
                    state=campaign.state,
                ),
                remedy=_("espere a que se publique el modelo"),
            )
        return Published(campaign.release, Transcript.of(campaign.manifest_sha256, records).to_jsonl())

    def _keep(self, work: Workspace, entity: str, task_id: str, envelope: Envelope) -> None:
        # (1) active
        party = _active(work, entity)
        # (2) its own task
        task = work.grid.task(task_id)
        if task is None or task.entity != entity:
            raise ResultRefused(_("{entity} no tiene la tarea {task_id!r}", entity=entity, task_id=task_id[:64]))
        # (3) signed by the caller
        key = bytes.fromhex(party.signing_key)
        payload = signing.open_envelope(envelope, payload_type=RESULT_TYPE, public_key=key)
        # (4) open, and answered once
        work.grid.put_reply(task_id, payload, self._now())

    def _pending(self, entity: str) -> tuple[EntityTask, ...]:
        with self._snapshot() as session:
            work = self._workspace(session)
            _active(work, entity)
            return work.grid.pending(entity, self._now())


def _active(work: Workspace, entity: str) -> Party:
    party = work.party(entity)
    if party.status is not EntityStatus.ACTIVE:
        raise PartySuspended(
            _("{entity} está suspendida de la red", entity=entity), remedy=_("pregunte el motivo al coordinador")
        )
    return party
