"""Answers to entities' requests about training, behind the wire: campaigns, decisions, tasks, results, releases."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from coordinator.training.campaign_register import Campaign
from coordinator.training.campaign_states import STATE_NAMES, CampaignState
from coordinator.training.errors import CampaignOutOfStep, CampaignUnknown, ResultRefused
from coordinator.training.stores import OpenSession, OpenStores, TrainingStores
from coordinator.training.wakeup_signal import TrainingSignals
from federated.campaign.decision import CampaignDecision
from federated.campaign.steps import RESULT_TYPE
from federated.coordination.task_store import EntityTask
from federated.coordination.transcript import Transcript
from presentation.messages import _
from service.group_commit import GroupCommit
from trust import signing
from trust.errors import PartySuspended
from trust.parties import EntityStatus, Party
from trust.signing import Envelope

MAX_WAIT_SECONDS: Final = 25.0
"""Longest time for which one call is held open."""

_CALLER_CHECK_SECONDS: Final = 5.0
"""Interval at which a held call checks that its caller is still connected."""


@dataclass(frozen=True, slots=True)
class PublishedRelease:
    """A released model, and the transcript from which it can be reproduced."""

    release: Envelope
    transcript: bytes


class TrainingRequests:
    """Answers requests about training. Every method first checks that the caller is an active entity of the network."""

    def __init__(
        self,
        *,
        transaction: OpenSession,
        commits: GroupCommit,
        snapshot: OpenSession,
        open_stores: OpenStores,
        signals: TrainingSignals,
        now: Callable[[], datetime],
    ) -> None:
        self._transaction = transaction
        self._commits = commits
        self._snapshot = snapshot
        self._open_stores = open_stores
        self._signals = signals
        self._now = now

    def campaigns(self, entity: str) -> tuple[Campaign, ...]:
        """Return the campaigns the entity is invited to, newest first.

        Raises:
            EntityUnknown, PartySuspended: the caller may not take part.
        """
        with self._snapshot() as session:
            stores = self._open_stores(session)
            _active(stores, entity)
            return stores.campaigns.visible_to(entity)

    def decide(self, entity: str, envelope: Envelope) -> CampaignDecision:
        """Store the entity's signed decision.

        Raises:
            EntityUnknown, PartySuspended: the caller may not take part.
            CampaignError, FederatedError: as `CampaignRegister.decide`.
        """
        with self._transaction() as session:
            stores = self._open_stores(session)
            return stores.campaigns.decide(envelope, _active(stores, entity), self._now())

    def pull(self, entity: str, wait_seconds: float, is_connected: Callable[[], bool]) -> tuple[EntityTask, ...]:
        """Return the entity's open tasks, waiting for the first one if there is none.

        Args:
            entity: the caller.
            wait_seconds: longest wait; at most `MAX_WAIT_SECONDS` are granted.
            is_connected: tells whether the caller still waits for the answer.

        Raises:
            EntityUnknown, PartySuspended: the caller may not take part.
        """
        end = time.monotonic() + min(wait_seconds, MAX_WAIT_SECONDS)
        while True:
            seen = self._signals.tasks.generation
            tasks = self._pending(entity)
            left = end - time.monotonic()
            if tasks or left <= 0 or self._signals.tasks.closed or not is_connected():
                return tasks
            if not self._signals.tasks.wait(seen, min(left, _CALLER_CHECK_SECONDS)) and left <= _CALLER_CHECK_SECONDS:
                return ()

    def push(self, entity: str, task_id: str, envelope: Envelope) -> None:
        """Store the entity's signed result of a task. The same task answered again changes nothing.

        In order: (1) the caller is active; (2) the task is its own; (3) the result is signed by it; (4) the task is
        still open.

        Raises:
            EntityUnknown, PartySuspended: (1). ResultRefused: (2). SignatureInvalid: (3). RoundRefused: (4).
        """
        # The results of a step arrive together: one commit serves them all.
        self._commits.run(lambda session: self._keep(self._open_stores(session), entity, task_id, envelope))
        self._signals.replies.notify()

    def release(self, entity: str, campaign_id: str) -> PublishedRelease:
        """Return the release and transcript of a campaign to which the entity was invited.

        Raises:
            EntityUnknown, PartySuspended: the caller may not take part.
            CampaignUnknown: not invited, or no such campaign.
            CampaignOutOfStep: not released.
        """
        with self._snapshot() as session:
            stores = self._open_stores(session)
            _active(stores, entity)
            campaign = stores.campaigns.get(campaign_id)
            records = stores.campaigns.transcript(campaign_id)
        if entity not in campaign.manifest.invited:
            raise CampaignUnknown(_("no existe la campaña {campaign_id!r}", campaign_id=campaign_id))
        if campaign.state is not CampaignState.RELEASED or campaign.release is None:
            raise CampaignOutOfStep(
                _(
                    "la campaña {campaign_id} está en el estado «{state}»",
                    campaign_id=campaign_id,
                    state=STATE_NAMES[campaign.state],
                ),
                remedy=_("espere a que se publique el modelo"),
            )
        return PublishedRelease(campaign.release, Transcript.of(campaign.manifest_sha256, records).to_jsonl())

    def _keep(self, stores: TrainingStores, entity: str, task_id: str, envelope: Envelope) -> None:
        # (1) active
        party = _active(stores, entity)
        # (2) its own task
        task = stores.tasks.task(task_id)
        if task is None or task.entity != entity:
            raise ResultRefused(_("{entity} no tiene la tarea {task_id!r}", entity=entity, task_id=task_id[:64]))
        # (3) signed by the caller
        key = bytes.fromhex(party.signing_key)
        payload = signing.open_envelope(envelope, payload_type=RESULT_TYPE, public_key=key)
        # (4) open, and answered once
        stores.tasks.put_reply(task_id, payload, self._now())

    def _pending(self, entity: str) -> tuple[EntityTask, ...]:
        with self._snapshot() as session:
            stores = self._open_stores(session)
            _active(stores, entity)
            return stores.tasks.pending(entity, self._now())


def _active(stores: TrainingStores, entity: str) -> Party:
    party = stores.party(entity)
    if party.status is not EntityStatus.ACTIVE:
        raise PartySuspended(
            _("{entity} está suspendida de la red", entity=entity), remedy=_("pregunte el motivo al coordinador")
        )
    return party
