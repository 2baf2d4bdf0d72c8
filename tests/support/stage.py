"""One node with a registered table, facing a scripted coordinator; the rest of the cohort answers from memory."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from federated.campaign.manifest import CampaignManifest, manifest_sha256, open_manifest
from federated.campaign.stage_sums import StageSums
from federated.campaign.steps import (
    MaskRequest,
    ReceivedDocument,
    StepKind,
    StepReply,
    StepRequest,
    encode_document,
    pack,
    read_reply,
    read_request,
)
from federated.coordination.cohort_forming import CampaignSetup
from federated.coordination.state_machine import CampaignStateMachine, start
from federated.errors import CohortTooSmall
from federated.flower.messages import TrainingRefusal, message_from_bytes, reply_of
from federated.models import local_sum_for
from federated.participation.closures import Closure
from federated.participation.local_sums import LocalSums
from federated.privacy.quantisation import UNITS_PER_BOUND
from federated.privacy.stages import position_of
from federated.storage.sql_steps import SqlStepStore
from federated.studies.local_entity import LocalEntity
from federated.tabular.features import FloatVector
from node.clients.training import PulledTask
from node.context import NodeContext
from node.keys import NodeKeys
from node.ledger.own import own_ledger
from node.training.campaign_closures import closures
from node.training.campaign_decisions import approve
from node.training.campaign_worker import TrainingWorker
from service.errors import PeerUnreachable
from tests.support.campaigns import CAMPAIGN
from tests.support.clock import START, FrozenClock
from tests.support.cohort import additive_stages, additive_terms, people_of
from tests.support.counting import Counter
from tests.support.parts import COORDINATOR, SignedDirectory, context_of, keys_of, reopened
from tests.support.training import OTHERS, ScriptedCoordinator, budget_of, register_demo, table_manifest
from trust.parties import EntityKind
from trust.signing import Envelope

ENTITY = "soria"


def demo_manifest(*, passes: int = 2, **changes: Any) -> CampaignManifest:
    """Return a campaign on the demo table with a small additive model: bins, `passes` of training, evaluation."""
    content = {"terms": additive_terms(passes), "stages": additive_stages(changes.get("epsilon", 2.0), passes)}
    return table_manifest(ENTITY, **(content | changes))


class Play:
    """A campaign that the node takes part in with the others, step by step."""

    def __init__(self, stage: "Stage", envelope: Envelope) -> None:
        self._stage = stage
        manifest = open_manifest(envelope, coordinator_key=stage.coordinator.signer.public_key)
        self.manifest = manifest
        self.digest = manifest_sha256(envelope)
        self.others = {
            entity: LocalEntity(
                manifest,
                (entity, keys.signing, stage.key_of),
                LocalSums(manifest, people_of(seed), local_sum_for(manifest)),
            )
            for seed, (entity, keys) in enumerate(stage.others.items())
        }
        terms = CampaignSetup(manifest, self.digest, (ENTITY, *self.others), stage.key_of)
        self.state_machine = CampaignStateMachine(terms, start(manifest, self.digest))

    def asked(self) -> ReceivedDocument[StepRequest]:
        """Return what the node is asked next."""
        return read_request(self.state_machine.requests()[ENTITY])

    def step(self) -> bytes | TrainingRefusal:
        """Let everybody answer the next step, and return what the node answered."""
        documents = self.state_machine.requests()
        own = self._stage.answer(self._stage.coordinator.ask(read_request(documents[ENTITY])))
        replies = {name: self._answer(name, documents[name]) for name in self.others if name in documents}
        if isinstance(own, bytes):
            replies[ENTITY] = own
        self.state_machine.accept(replies, () if isinstance(own, bytes) else (ENTITY,))
        return own

    def until(self, kind: StepKind, round_number: int = 1) -> "Play":
        """Go on to the point where that step of that round is asked."""
        while (self.state_machine.progress.step, self.state_machine.progress.round) != (kind, round_number):
            self.step()
        return self

    def _answer(self, name: str, raw: bytes) -> bytes:
        """Answer for another entity; in the steps that count people, as one that holds nobody."""
        counted = Counter(self.manifest, name, {}).answer(read_request(raw).document, self.others[name])
        return counted if counted is not None else self.others[name].answer(raw)

    def finish(self) -> "Play":
        """Go on to the end."""
        while not self.state_machine.done:
            self.step()
        return self


@dataclass
class Stage:
    """The node, what it faces, and shortcuts for what tests ask of both.

    Attributes:
        others: the keys of the entities that take part beside the node.
        cohorts: digest of the cohort by the manifest's hash.
        previous: the chain under which a round was first asked, by manifest's hash and round.
    """

    directory: SignedDirectory
    context: NodeContext
    coordinator: ScriptedCoordinator
    worker: TrainingWorker
    clock: FrozenClock
    others: dict[str, NodeKeys]
    cohorts: dict[str, str] = field(default_factory=dict)
    previous: dict[tuple[str, int], str] = field(default_factory=dict)

    def key_of(self, entity: str) -> bytes:
        """Return the signing key of an entity by the directory."""
        return bytes.fromhex(self.directory.parties[entity].signing_key)

    def restart(self, **settings: Any) -> None:
        """Start the node again on its database, after its administrator changed some settings."""
        self.context = reopened(self.context, self.directory, **settings)
        self.worker = TrainingWorker(self.context, self.coordinator, unreachable)

    def approved(self, **changes: Any) -> Envelope:
        """Offer the demo campaign and approve it."""
        envelope = self.coordinator.offer(demo_manifest(**changes))
        approve(self.context, self.coordinator, CAMPAIGN)
        return envelope

    def play(self, envelope: Envelope) -> Play:
        """Begin a campaign with the others."""
        return Play(self, envelope)

    def ask(self, envelope: Envelope, round_number: int = 1, **changes: Any) -> PulledTask:
        """Make the task of a round."""
        return self.coordinator.ask(self.asked(envelope, round_number, **changes))

    def asked(self, envelope: Envelope, round_number: int = 1, **changes: Any) -> ReceivedDocument[StepRequest]:
        """Return what a round asks, of a cohort that the node has accepted if it takes part at all."""
        digest = manifest_sha256(envelope)
        if digest not in self.cohorts:
            self.cohorts[digest] = self._cohort(envelope)
        manifest = open_manifest(envelope, coordinator_key=self.coordinator.signer.public_key)
        parameters, model = _published(manifest, round_number)
        fields = {
            "campaign_id": manifest.campaign_id,
            "manifest_sha256": digest,
            "previous": self.previous.setdefault((digest, round_number), self.head(manifest.campaign_id) or digest),
            "round": round_number,
            "parameters": pack(parameters),
            "model": model,
            "cohort_sha256": self.cohorts[digest],
            "transcript": "0" * 64,
        }
        request = MaskRequest.model_construct(**{**fields, **changes})
        return ReceivedDocument(request, encode_document(request))

    def head(self, campaign_id: str) -> str | None:
        """Return the chain of the steps that the node answered in a campaign."""
        with self.context.snapshot() as session:
            last = SqlStepStore(session).last(campaign_id)
        return last.chain if last is not None else None

    def closed(self) -> Closure | None:
        """Return why a refusal closed the demo campaign at the node, None while it is open."""
        with self.context.snapshot() as session:
            return closures(session).get(CAMPAIGN)

    def answer(self, task: PulledTask) -> bytes | TrainingRefusal:
        """Answer a task and return the document, or the refusal, as the coordinator gets it."""
        return reply_of(message_from_bytes(self.worker.answer(task)))

    def reply(self, task: PulledTask) -> StepReply | TrainingRefusal:
        """Answer a task and read the answer as the coordinator would."""
        found = self.answer(task)
        return read_reply(found).document if isinstance(found, bytes) else found

    def refused(self, task: PulledTask) -> str:
        """Have a task refused; return the code with which that closed the campaign, "not_open" if it was not open."""
        before = self.closed()
        assert self.answer(task) == TrainingRefusal()
        after = self.closed()
        return after.code if after is not None and before is None else "not_open"

    def spent(self) -> float:
        """Return what the demo table has spent."""
        statement = budget_of(self.context)
        return statement.spent

    def ledger_types(self) -> list[str]:
        """Return the types of the ledger's entries, in order."""
        with self.context.snapshot() as session:
            ledger = own_ledger(self.context, session)
            return [json.loads(ledger.leaf(index))["type"] for index in range(ledger.size())]

    def _cohort(self, envelope: Envelope) -> str:
        play = self.play(envelope)
        try:
            play.until(StepKind.MASK)
        except CohortTooSmall:  # the node does not take part
            return "0" * 64
        self.coordinator.tasks.clear()
        return play.state_machine.cohort.sha256.hex()


def _published(manifest: CampaignManifest, round_number: int) -> tuple[FloatVector, bytes]:
    """Return what a round asks of a model that has seen ten people in every cell and learned nothing from them."""
    sums, position = StageSums(manifest), position_of(manifest.stages, round_number)
    if position is None:
        return np.zeros(0), b""
    first = manifest.stages[0].kind
    state = sums.program.advance(sums.program.start(), first, 1, [10 * UNITS_PER_BOUND] * sums.size(first))
    return sums.published(state, position)


def unreachable() -> NoReturn:
    """Stand in for the follower of the directory while the coordinator is down."""
    raise PeerUnreachable("the coordinator is down")


def make_stage(folder: Path) -> Stage:
    """Return a node with the demo table and a coordinator that offers nothing yet."""
    clock = FrozenClock(START)
    directory = SignedDirectory(clock, dict.fromkeys((ENTITY, *OTHERS), EntityKind.AGENT))
    context = context_of(ENTITY, folder / ENTITY, directory)
    register_demo(context, folder)
    coordinator = ScriptedCoordinator(COORDINATOR, ENTITY)
    worker = TrainingWorker(context, coordinator, unreachable)
    others = {entity: keys_of(entity) for entity in OTHERS}
    return Stage(directory, context, coordinator, worker, clock, others)
