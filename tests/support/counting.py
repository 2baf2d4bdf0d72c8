"""The count of people across entities for entities in memory: whole counts, and one entity's answers to its steps."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from federated.campaign.manifest import CampaignManifest
from federated.campaign.steps import (
    OpeningRequest,
    StepRequest,
    TableRequest,
    WeightsReply,
    WeightsRequest,
    encode_document,
)
from federated.duplicates.keyed_table import KeyedTables, TableShape, Words
from federated.duplicates.person_weights import PersonBins
from federated.participation.table_replies import TableParticipant
from federated.studies.local_entity import LocalEntity

CAMPAIGN = "ab" * 16
GROUP_KEY = b"\x07" * 32


def pair_secret(own: str, other: str) -> bytes:
    """Return what two entities share, the same from either side."""
    return hashlib.sha256("|".join(sorted((own, other))).encode()).digest()


def tables(bins: int = 1024, *, key: bytes = GROUP_KEY, campaign: str = CAMPAIGN) -> KeyedTables:
    """Return what entities derive from a group key."""
    return KeyedTables(key, campaign, TableShape(bins, 1))


def total_of(keyed: KeyedTables, people: Mapping[str, Mapping[str, str | None]]) -> Words:
    """Return the sum of the tables of entities, given their people's documents by their own ids; without dummies."""
    words = [keyed.contribution(entity, PersonBins.of(keyed, known).occupied) for entity, known in people.items()]
    total: Words = np.sum(words, axis=0, dtype=np.int64)
    return total


def weights_of(people: Mapping[str, Mapping[str, str | None]], *, cap: int = 3) -> dict[str, dict[str, float]]:
    """Return every entity's weights, counted honestly."""
    keyed = tables()
    counts = keyed.opened(total_of(keyed, people), tuple(people))
    return {entity: PersonBins.of(keyed, known).weights(counts, cap) for entity, known in people.items()}


@dataclass
class Counter:
    """Answers the steps of the count for one entity of a campaign in memory.

    Attributes:
        documents: of its people, by its own ids.
        weights: of its people, once counted.
    """

    manifest: CampaignManifest
    entity: str
    documents: Mapping[str, str | None]
    weights: Mapping[str, float] | None = None

    def answer(self, request: StepRequest, local: LocalEntity) -> bytes | None:
        """Return the reply to a step of the count, None for any other step, or before all agreed on a cohort."""
        participant, key = local.participant, local.group_key
        if participant is None or key is None:
            return None
        parts = TableParticipant(self.manifest, participant.cohort, participant.masker, self.entity)
        bins = PersonBins.of(parts.tables(key), self.documents)
        match request:
            case TableRequest():
                return parts.table(request, key, bins)
            case OpeningRequest():
                return parts.opening(request)
            case WeightsRequest():
                self.weights = parts.weights(request, key, bins)
                return encode_document(WeightsReply())
            case _:
                return None
