"""The background work of training: pull tasks from the coordinator, and answer those that the guard admits.

A refused task is answered too, without the reason, so that the coordinator need not wait.
"""

import threading
from collections.abc import Sequence
from typing import Final

import structlog

from federated.campaign.manifest import manifest_sha256, open_manifest
from federated.campaign.steps import RESULT_TYPE
from federated.errors import TrainingMessageMalformed
from federated.flower.client_app import handle_message
from federated.flower.messages import refusal
from federated.storage.sql_campaigns import SqlCampaignStore
from node.clients.training import PulledTask, TrainingClient
from node.context import NodeContext
from node.ledger.witnessing.errors import LedgerContradicted
from node.training.campaign_decisions import deliver
from node.training.cohort_steps import Refresh
from node.training.errors import TrainingError
from node.training.pending_work import IDLE_SECONDS, open_campaigns, open_campaigns_in
from node.training.received_releases import RECALLED, RELEASED, fetch_missing
from node.training.reply_times import PaddedTimes
from node.training.step_replies import StepReplies, warm_up
from node.training.stores import epsilon_ledger, own_enrolments
from service.errors import PeerRefused
from trust import signing

WAIT_SECONDS: Final = 20.0
"""Longest time for which the coordinator may hold a call for tasks."""

FINAL_STATES: Final = frozenset({RELEASED, RECALLED, "stopped"})

_log = structlog.get_logger(__name__)


class TrainingWorker:
    """Answers the tasks of every campaign that this entity approved and that has not ended.

    Attributes:
        times: pads the time after which a reply or a refusal leaves.
    """

    def __init__(self, context: NodeContext, client: TrainingClient, refresh: Refresh) -> None:
        self._context = context
        self._client = client
        self._replies = StepReplies(context, refresh)
        self._prepared: set[str] = set()
        self.times = PaddedTimes()

    def run(self, stopping: threading.Event) -> None:
        """Work until `stopping` is set or no approved campaign is open."""
        while not stopping.is_set() and (campaigns := open_campaigns(self._context)):
            for campaign_id in campaigns:
                self.prepare(campaign_id)
            deliver(self._context, self._client)
            self.answer_while_asked(stopping)
            if not stopping.is_set():
                self.close_ended()

    def answer_while_asked(self, stopping: threading.Event) -> None:
        """Answer step after step, until the coordinator has no task for `WAIT_SECONDS`."""
        tasks = self._client.pull(WAIT_SECONDS)
        while tasks and not stopping.is_set():
            tasks, answered = self.answer_all(tasks, WAIT_SECONDS)
            if not answered:
                stopping.wait(IDLE_SECONDS)  # tasks that cannot be answered must not keep this node busy
                return

    def prepare(self, campaign_id: str) -> None:
        """Load the data and libraries that would delay the first round, once for a campaign."""
        if campaign_id in self._prepared:
            return
        self._prepared.add(campaign_id)
        key = bytes.fromhex(self._context.settings.coordinator_key)
        with self._context.snapshot() as session:
            record = SqlCampaignStore(session).get(campaign_id)
            if record is not None:
                warm_up(self._context, session, open_manifest(record.manifest, coordinator_key=key))

    def answer_all(self, tasks: Sequence[PulledTask], wait_seconds: float) -> tuple[tuple[PulledTask, ...], int]:
        """Answer tasks; return the next ones, pulled with the last delivery, and the number answered."""
        following: tuple[PulledTask, ...] = ()
        answered = 0
        for position, task in enumerate(tasks, start=1):
            begun = self.times.begin()
            try:
                result = self.answer(task)
            except TrainingMessageMalformed as error:
                _log.warning("task_malformed", task=task.task_id, message=error.message)
                continue
            self.times.wait(begun)
            following = self._send(task.task_id, result, wait_seconds if position == len(tasks) else 0.0)
            answered += 1
        return following, answered

    def answer(self, task: PulledTask) -> bytes:
        """Return the bytes that answer a task: a reply, durable and paid for, or a refusal.

        Raises:
            TrainingMessageMalformed: the task is not readable.
            RuntimeFault, TrustError, LedgerUnwitnessed: this node has a fault; nothing is answered.
        """
        try:
            return handle_message(task.message, self._replies.answer)
        except (TrainingError, LedgerContradicted) as error:
            _log.warning("step_refused", task=task.task_id, code=error.code)
            return refusal(task.message)

    def close_ended(self) -> None:
        """Close campaigns that have ended: free the unused rest of their budget, and fetch their models.

        A campaign has ended when the coordinator lists it so or its time is up. A false listing only costs the
        coordinator this entity's contributions.
        """
        key = bytes.fromhex(self._context.settings.coordinator_key)
        listed = self._client.campaigns()
        states = {manifest_sha256(each.manifest): each.state for each in listed}
        now, released = self._context.clock.now(), []
        with self._context.transaction() as session:
            budget, store = epsilon_ledger(session), SqlCampaignStore(session)
            for campaign_id in open_campaigns_in(session):
                record = store.get(campaign_id)
                if record is None:
                    continue
                manifest = open_manifest(record.manifest, coordinator_key=key)
                state = states.get(record.manifest_sha256, "")
                if state in FINAL_STATES or now >= manifest.ends:
                    budget.close(campaign_id, now)
                    own_enrolments(self._context, session).erase(campaign_id)
                    self._replies.forget(campaign_id)
                    released += [campaign_id] if state == RELEASED else []
        fetch_missing(self._context, self._client, released)

    def _send(self, task_id: str, result: bytes, wait_seconds: float) -> tuple[PulledTask, ...]:
        # Signed only now, as the result is durable already.
        try:
            return self._client.push(
                task_id, signing.seal(RESULT_TYPE, result, self._context.keys.signing), wait_seconds
            )
        except PeerRefused as error:
            # Too late, for instance: the privacy stays spent, and the campaign continues without this contribution.
            _log.warning("result_refused", task=task_id, code=error.peer_code)
            return ()
