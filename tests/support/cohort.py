"""Entities of one campaign in memory, answering a coordinator's steps as nodes do: asked again, the same bytes."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from federated.campaign.manifest import CampaignManifest, manifest_sha256
from federated.campaign.stage_planning import plan_stages
from federated.campaign.steps import MaskRequest, read_request
from federated.coordination.cohort_forming import CampaignSetup
from federated.coordination.progress import Progress
from federated.coordination.state_machine import CampaignStateMachine, start
from federated.coordination.transcript import RoundRecord
from federated.learning.hyperparameters import AdditiveTerms
from federated.models import local_sum_for
from federated.participation.local_sums import LocalPeople, LocalSums
from federated.privacy.quantisation import IntVector
from federated.privacy.stages import Stage, position_of
from federated.studies.local_entity import LocalEntity
from federated.tabular.features import FloatVector
from federated.tabular.rows import Rows
from tests.support import campaigns
from trust.signing import Ed25519Signer

ENTITIES = ("avila", "leon", "soria", "zamora")


@cache
def additive_terms(passes: int = 1) -> AdditiveTerms:
    """Return the terms of a small additive model: one round for the bins and `passes` of training."""
    return AdditiveTerms(
        edges_share=0.2,
        fine_bins=4,
        bins=2,
        bin_people=1.0,
        groups=1,
        passes=passes,
        clip=1.4,
        ridge=7.0,
        smoothing=0.0,
        noise=0.0,
        learning_rate=0.5,
    )


@cache
def additive_stages(epsilon: float, passes: int) -> tuple[Stage, ...]:
    return plan_stages(additive_terms(passes), epsilon=epsilon, delta=1e-5)


def additive_manifest(*, passes: int = 1, **changes: Any) -> CampaignManifest:
    """Return a campaign of four entities, three of which are enough: bins, training, evaluation."""
    content = {
        "terms": additive_terms(passes),
        "stages": additive_stages(changes.get("epsilon", 2.0), passes),
        "invited": ENTITIES,
    }
    return campaigns.manifest(**(content | changes))


def people_of(seed: int, people: int = 20, weights: FloatVector | None = None) -> LocalPeople:
    """Return fictitious people, every fourth held out."""
    matrix, labels = campaigns.rows(people, seed)
    rows, held_out = Rows.of(matrix, labels, weights), np.arange(people) % 4 == 0
    kept = rows.take(held_out)
    return LocalPeople(rows.take(~held_out), kept, np.zeros((len(kept), 0), dtype=np.int64))


def no_noise(size: int, variance: int) -> IntVector:
    """Stand in for the noise where a test is about the sum below it."""
    del variance
    return np.zeros(size, dtype=np.int64)


class MemoryCohort:
    """Entities with their people and keys; what they were asked, and what they answered.

    Attributes:
        asked: (entity, request) in the order in which they came.
        altered: changes what an entity answers, or says None for nothing at all: (entity, request, reply) to a reply.
    """

    def __init__(self, manifest: CampaignManifest | None = None) -> None:
        self.manifest = manifest if manifest is not None else additive_manifest()
        self.digest = manifest_sha256(campaigns.sealed(self.manifest))
        self.signers = {entity: Ed25519Signer.generate() for entity in self.manifest.invited}
        self.trainers = {
            entity: LocalSums(self.manifest, people_of(seed), local_sum_for(self.manifest))
            for seed, entity in enumerate(self.manifest.invited)
        }
        self.entities = {entity: self.entity(entity) for entity in self.manifest.invited}
        self.asked: list[tuple[str, bytes]] = []
        self.altered: Callable[[str, str, bytes], bytes | None] = lambda _entity, _kind, reply: reply
        self.replies: dict[tuple[str, bytes], bytes] = {}

    @property
    def terms(self) -> CampaignSetup:
        return CampaignSetup(self.manifest, self.digest, tuple(sorted(self.manifest.invited)), self.key_of)

    def key_of(self, entity: str) -> bytes:
        return self.signers[entity].public_key

    def entity(self, name: str) -> LocalEntity:
        """Return an entity that knows nothing yet."""
        return LocalEntity(self.manifest, (name, self.signers[name], self.key_of), self.trainers[name])

    def answer(self, entity: str, raw: bytes) -> bytes | None:
        """Return an entity's answer to a request; the first one stays."""
        self.asked.append((entity, raw))
        kind = str(read_request(raw).document.kind)
        if (entity, raw) not in self.replies:
            self.replies[entity, raw] = self.entities[entity].answer(raw)
        return self.altered(entity, kind, self.replies[entity, raw])

    def answers(self, asked: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return what everybody asked answers."""
        replies = {entity: self.answer(entity, raw) for entity, raw in asked.items()}
        return {entity: reply for entity, reply in replies.items() if reply is not None}

    def state_machine(self, progress: Progress | None = None) -> CampaignStateMachine:
        return CampaignStateMachine(self.terms, progress or start(self.manifest, self.digest))

    def run(self, state_machine: CampaignStateMachine | None = None) -> tuple[CampaignStateMachine, list[RoundRecord]]:
        """Take a campaign to its end, and return the records of its rounds."""
        state_machine, records = state_machine or self.state_machine(), []
        while not state_machine.done:
            record = state_machine.accept(self.answers(state_machine.requests()))
            records += [record] if record is not None else []
        return state_machine, records

    def exact(self, record: RoundRecord) -> list[int]:
        """Return the sum over a round's contributors as it is without noise and masks."""
        requests = [read_request(raw).document for _, raw in self.asked]
        request = next(each for each in requests if isinstance(each, MaskRequest) and each.round == record.round)
        position = position_of(self.manifest.stages, record.round)
        assert position is not None
        parts = [
            self.trainers[entity].exact(request.vector, request.model, position.stage.kind)
            for entity in record.contributors
        ]
        return [int(number) for number in np.sum(parts, axis=0)]
