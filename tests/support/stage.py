"""One node with a registered table, facing a scripted coordinator."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consent_ledger.signing import Envelope
from federated.flower.messages import TrainingRefusal, read_reply
from federated.rounds import Contribution
from node.rpc.training import PulledTask
from node.training.approvals import approve
from node.training.worker import TrainingWorker
from node.wiring import Node
from tests.support.campaigns import CAMPAIGN
from tests.support.clock import START, FrozenClock
from tests.support.exchange import ExchangeNetwork
from tests.support.training import ScriptedCoordinator, register_demo, table_manifest

ENTITY = "soria"


@dataclass
class Stage:
    """The node, what it faces, and shortcuts for what tests ask of both."""

    node: Node
    coordinator: ScriptedCoordinator
    worker: TrainingWorker
    clock: FrozenClock

    def approved(self, **changes: Any) -> Envelope:
        """Offer the demo campaign and approve it."""
        envelope = self.coordinator.offer(table_manifest(ENTITY, **changes))
        approve(self.node, self.coordinator, CAMPAIGN)
        return envelope

    def reply(self, task: PulledTask) -> Contribution | TrainingRefusal:
        """Answer a task and read the answer as the coordinator would."""
        return read_reply(self.worker.answer(task), table_manifest(ENTITY))

    def ledger_types(self) -> list[str]:
        """Return the types of the ledger's entries, in order."""
        with self.node.snapshot() as session:
            ledger = self.node.ledger(session)
            return [json.loads(ledger.leaf(index))["type"] for index in range(ledger.size())]


def make_stage(folder: Path) -> Stage:
    """Return a node with the demo table and a coordinator that offers nothing yet."""
    clock = FrozenClock(START)
    net = ExchangeNetwork(folder, clock)
    node = net.add(ENTITY)
    register_demo(node, folder)
    coordinator = ScriptedCoordinator(net.coordinator, ENTITY)
    return Stage(node, coordinator, TrainingWorker(node, coordinator), clock)
