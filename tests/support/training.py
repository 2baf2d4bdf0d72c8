"""A coordinator for training that does in memory what a test tells it, honest or not; and tables to train on."""

import csv
import random
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import grpc
import numpy as np
from flwr.app import MessageType
from typing_extensions import override

from federated.budget.budget_store import BudgetStatement
from federated.campaign.decision_policy import DecisionPolicy, make_policy
from federated.campaign.manifest import CampaignManifest, DataSource, seal_manifest
from federated.campaign.steps import ReceivedDocument, StepRequest, step_name
from federated.coordination.task_store import TaskStore, flower_id, task_id
from federated.flower.durable_grid import DurableGrid, GridEngine
from federated.flower.messages import content_of, message_to_bytes
from node.clients.training import ListedCampaign, PublishedRelease, PulledTask, TrainingClient
from node.context import NodeContext
from node.training.budgets import statement
from node.training.datasets import register_table
from node.training.policy_defaults import with_usual_limits
from service.errors import PeerRefused, PeerUnreachable
from tests.support import campaigns
from tests.support.clock import START
from trust.signing import Ed25519Signer, Envelope

DATASET = "demo"
OTHERS = ("leon", "avila")
"""Entities that are invited beside those that a test is about."""
SCHEMA = """
site: entity
label: {name: chronic, positive: 1}
features:
  - {name: age, kind: numeric, min: 18, max: 64}
  - {name: tenure, kind: categorical, values: [own, rent]}
protected: [sex]
"""


def write_table(folder: Path, site: str, *, people: int = 120, seed: int = 1) -> tuple[Path, Path]:
    """Write a CSV of fictitious people and its schema; return both paths."""
    chooser = random.Random(f"{site}/{seed}")
    data, schema = folder / f"{site}.csv", folder / "schema.yaml"
    schema.write_text(SCHEMA)
    with data.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["entity", "chronic", "age", "tenure", "sex"])
        for _ in range(people):
            age, tenure = chooser.randint(18, 64), chooser.choice(["own", "rent"])
            logit = (age - 41) / 8 + (1.0 if tenure == "rent" else -1.0)
            writer.writerow([site, int(chooser.random() < 1 / (1 + np.exp(-logit))), age, tenure, chooser.choice("hm")])
    return data, schema


def register_demo(context: NodeContext, folder: Path, **options: Any) -> None:
    """Register the table of an entity at its node."""
    data, schema = write_table(folder, context.settings.entity, **options)
    register_table(context, DATASET, data, schema)


def approving(**stated: Any) -> DecisionPolicy:
    """Return a policy that approves campaigns on the demo table, with usual limits for what is not stated."""
    usual = {"name": "usual", "source": "table", "dataset": DATASET, "labels": ["chronic"], "colluders": 1}
    return make_policy(action="approve", **with_usual_limits(usual | stated, epsilon_alone=8.0))


def budget_of(context: NodeContext) -> BudgetStatement:
    """Return the budget of a node's people, which has a limit."""
    found = statement(context)
    assert found is not None, "no limit was set"
    return found


def table_manifest(*invited: str, **changes: Any) -> CampaignManifest:
    """Return the manifest of a campaign on the demo table."""
    content = {"source": DataSource.TABLE, "dataset": DATASET, "invited": (*invited, *OTHERS)}
    return campaigns.manifest(**(content | changes))


class ScriptedCoordinator(TrainingClient):
    """Stands in for the calls to the coordinator."""

    def __init__(self, signer: Ed25519Signer, entity: str) -> None:
        super().__init__(_no_channel)
        self.signer = signer
        self.entity = entity
        self.listed: list[ListedCampaign] = []
        self.tasks: list[PulledTask] = []
        self.decisions: list[Envelope] = []
        self.results: list[tuple[str, Envelope]] = []
        self.releases: dict[str, PublishedRelease] = {}
        self.reachable = True
        self.refusing = ""

    def offer(self, manifest: CampaignManifest, *, signer: Ed25519Signer | None = None) -> Envelope:
        """List a campaign, first."""
        envelope = seal_manifest(manifest, signer or self.signer)
        self.listed.insert(0, ListedCampaign(envelope, "proposed"))
        return envelope

    def ask(self, asked: ReceivedDocument[StepRequest]) -> PulledTask:
        """Make the task of a step and hand it out at the next pull."""
        engine = GridEngine(
            open_store=_no_store, read_store=_no_store, changed=_nothing, wait=_nothing, now=lambda: START
        )
        campaign_id = asked.document.campaign_id
        grid = DurableGrid(campaign_id, (self.entity,), engine)
        step, node = step_name(asked.document), flower_id(self.entity)
        message = message_to_bytes(grid.create_message(content_of(asked.raw), MessageType.TRAIN, node, step))
        task = PulledTask(task_id(campaign_id, step, self.entity), campaign_id, message)
        self.tasks.append(task)
        return task

    @override
    def campaigns(self) -> tuple[ListedCampaign, ...]:
        self._answer()
        return tuple(self.listed)

    @override
    def decide(self, decision: Envelope) -> None:
        self._answer()
        self.decisions.append(decision)

    @override
    def pull(self, wait_seconds: float) -> tuple[PulledTask, ...]:
        self._answer()
        tasks, self.tasks = tuple(self.tasks), []
        return tasks

    @override
    def push(self, task_id: str, result: Envelope, wait_seconds: float = 0.0) -> tuple[PulledTask, ...]:
        self._answer()
        self.results.append((task_id, result))
        return self.pull(0.0) if wait_seconds else ()

    @override
    def release(self, campaign_id: str) -> PublishedRelease:
        self._answer()
        if campaign_id not in self.releases:
            raise PeerRefused("not released", peer_code="campaign_out_of_step")
        return self.releases[campaign_id]

    def _answer(self) -> None:
        if not self.reachable:
            raise PeerUnreachable("the coordinator is down")
        if self.refusing:
            raise PeerRefused("no", peer_code=self.refusing)


def _no_channel() -> grpc.Channel:
    raise AssertionError("a scripted coordinator opens no connection")


def _no_store() -> AbstractContextManager[TaskStore]:
    raise AssertionError("messages are made, not stored")


def _nothing(*_: object) -> None:
    return None
