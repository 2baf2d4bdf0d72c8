"""The background work of training: ask the coordinator for tasks, answer those that the guard admits.

A round goes in this order, and no step can be skipped:

- (1) the guard admits the round, from what is stored here and never from what the coordinator repeats;
- (2) an answer already stored is sent again as it is; nothing is computed;
- (3) otherwise the installed code computes one from the people to train on;
- (4) the guard checks once more and spends the budget; the answer's bytes, the spend and the ledger entry become
  durable in one transaction;
- (5) only then is it signed and sent.

Whatever the guard refuses is answered with the code of the reason, so that the coordinator need not wait.
"""

import hashlib
import threading
from typing import Final

import numpy as np
import structlog
from sqlalchemy.orm import Session

from consent_ledger import signing
from consent_ledger.bodies import TrainingContributedBody
from consent_ledger.entry import EntryType, NewEntry
from federated.errors import FederatedError, MessageMalformed
from federated.flower.client_app import answer
from federated.flower.messages import read_request, refusal
from federated.guard import Admission
from federated.manifest import CampaignManifest, manifest_sha256, open_manifest
from federated.models import trainer_for
from federated.rounds import RESULT_TYPE, RoundRequest
from federated.sql_store import SqlCampaignStore
from federated.training import LocalTrainer
from node.rpc.training import PulledTask, TrainingClient
from node.runtime.errors import PeerRefused
from node.training.approvals import decimal, deliver
from node.training.background import IDLE_SECONDS, open_campaigns, open_in
from node.training.data import training_data
from node.training.errors import TrainingError
from node.training.releases import fetch_missing
from node.wiring import Node

WAIT_SECONDS: Final = 20.0
"""How long the coordinator may hold a call for tasks."""

FINAL_STATES: Final = frozenset({"released", "stopped"})

_log = structlog.get_logger(__name__)


class TrainingWorker:
    """Works for every campaign that this entity approved and that has not ended."""

    def __init__(self, node: Node, client: TrainingClient) -> None:
        self._node = node
        self._client = client
        self._trainers: dict[str, LocalTrainer] = {}
        self._prepared: set[str] = set()

    def run(self, stopping: threading.Event) -> None:
        """Go on until `stopping` is set or there is no campaign left to work for."""
        while not stopping.is_set() and (campaigns := open_campaigns(self._node)):
            for campaign_id in campaigns:
                self.prepare(campaign_id)
            deliver(self._node, self._client)
            self.work_while_asked(stopping)
            if not stopping.is_set():
                self.settle()

    def work_while_asked(self, stopping: threading.Event) -> None:
        """Answer round after round, until the coordinator has nothing to ask for a while."""
        while not stopping.is_set():
            pulled, answered = self.work_once(WAIT_SECONDS)
            if not answered:
                if pulled:
                    stopping.wait(IDLE_SECONDS)  # tasks that nobody could answer must not keep this node busy
                return

    def prepare(self, campaign_id: str) -> None:
        """Do, once, what would make the first rounds slow: read the data and compute what each round will cost.

        Data that cannot be read are no reason to stop here: the round that asks for them is refused with the code.
        """
        if campaign_id in self._prepared:
            return
        self._prepared.add(campaign_id)
        key = bytes.fromhex(self._node.settings.coordinator_key)
        with self._node.snapshot() as session:
            record = SqlCampaignStore(session).get(campaign_id)
            if record is None:
                return
            manifest = open_manifest(record.manifest, coordinator_key=key)
            try:
                trainer = self._trainer(session, manifest)
                # Thrown away: it only loads what the libraries load at their first use.
                trainer.contribute(self._node.settings.entity, _first_request(manifest, record.manifest_sha256))
            except (FederatedError, TrainingError) as error:
                _log.warning("data_unreadable", campaign=campaign_id, code=error.code)
            self._node.epsilon_ledger(session).forecast(campaign_id)

    def work_once(self, wait_seconds: float) -> tuple[int, int]:
        """Ask for tasks once and answer them; return how many there were, and how many were answered."""
        tasks, answered = self._client.pull(wait_seconds), 0
        for task in tasks:
            try:
                result = self.answer(task)
            except MessageMalformed as error:
                _log.warning("task_malformed", task=task.task_id, message=error.message)
                continue
            self._send(task.task_id, result)
            answered += 1
        return len(tasks), answered

    def answer(self, task: PulledTask) -> bytes:
        """Return the bytes that answer a task: a contribution, durable and paid for, or a refusal with its code.

        Raises:
            MessageMalformed: the task is nothing that could be answered.
            RuntimeFault, LedgerError: this node has a fault; nothing is answered.
        """
        request = read_request(task.message)
        try:
            return self._contribution(task, request)
        except (FederatedError, TrainingError) as error:
            _log.warning("round_refused", campaign=request.campaign_id, round=request.round, code=error.code)
            return refusal(task.message, error.code)

    def settle(self) -> None:
        """Look which campaigns have ended: free what they reserved and did not use, and fetch their models.

        A campaign is over when the coordinator says so or its time is up. Saying so wrongly only loses it the entity.
        """
        key = bytes.fromhex(self._node.settings.coordinator_key)
        listed = self._client.campaigns()
        states = {manifest_sha256(each.manifest): each.state for each in listed}
        now, released = self._node.clock.now(), []
        with self._node.transaction() as session:
            budget, store = self._node.epsilon_ledger(session), SqlCampaignStore(session)
            for campaign_id in open_in(session):
                record = store.get(campaign_id)
                if record is None:
                    continue
                manifest = open_manifest(record.manifest, coordinator_key=key)
                state = states.get(record.manifest_sha256, "")
                if state in FINAL_STATES or now >= manifest.ends:
                    budget.close(campaign_id, now)
                    self._trainers.pop(campaign_id, None)
                    released += [campaign_id] if state == "released" else []
        fetch_missing(self._node, self._client, released)

    def _contribution(self, task: PulledTask, request: RoundRequest) -> bytes:
        # (1) admitted, or (2) answered before; only read, so that nobody waits while the data are read
        with self._node.snapshot() as session:
            admission = self._node.training_guard(session).admit(request, self._node.clock.now())
            if admission.stored is not None:
                return admission.stored
            trainer = self._trainer(session, admission.manifest)
        # (3) computed outside the transaction, so that the node goes on answering others meanwhile
        reply = answer(task.message, entity=self._node.settings.entity, trainer=trainer)
        # (4) paid for, logged and stored together
        with self._node.transaction() as session:
            return self._record(session, request, admission, reply)

    def _record(self, session: Session, request: RoundRequest, admission: Admission, reply: bytes) -> bytes:
        now, ledger = self._node.clock.now(), self._node.ledger(session)
        ledger.lock()  # before the budget's lock, as everywhere
        durable = self._node.training_guard(session).record(request, reply, now)
        if durable is not reply:
            return durable  # another worker was quicker: its bytes are the answer
        statement = self._node.epsilon_ledger(session).statement(admission.dataset)
        body = TrainingContributedBody(
            campaign_id=request.campaign_id,
            manifest_sha256=request.manifest_sha256,
            round=request.round,
            data_set=admission.dataset,
            epsilon_after=decimal(statement.spent),
            delta=decimal(statement.limit.delta),
            contribution_sha256=hashlib.sha256(reply).hexdigest(),
        )
        ledger.append([NewEntry(EntryType.TRAINING_CONTRIBUTED, body)], now)
        return durable

    def _trainer(self, session: Session, manifest: CampaignManifest) -> LocalTrainer:
        campaign_id = manifest.campaign_id
        if campaign_id not in self._trainers:
            matrix, labels = training_data(self._node, session, manifest).training()
            self._trainers[campaign_id] = trainer_for(manifest, matrix, labels)
        return self._trainers[campaign_id]

    def _send(self, task_id: str, result: bytes) -> None:
        # (5) signed and sent
        try:
            self._client.push(task_id, signing.seal(RESULT_TYPE, result, self._node.keys.signing))
        except PeerRefused as error:
            # Too late, for instance: the spend stands, the campaign goes on without this round of ours.
            _log.warning("result_refused", task=task_id, code=error.peer_code)


def _first_request(manifest: CampaignManifest, digest: str) -> RoundRequest:
    weights = np.zeros(len(manifest.columns) + 1, dtype=np.float64)
    return RoundRequest(manifest.campaign_id, digest, 1, weights)
