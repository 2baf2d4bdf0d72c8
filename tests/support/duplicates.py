"""A whole duplicate check between entities in memory, honest unless a test changes the counts."""

import hashlib
from collections.abc import Mapping
from math import comb

from federated.duplicates.entity_tags import CheckTerms, EntityTags, prepare_tags
from federated.duplicates.multiplicities import multiplicities

CAMPAIGN = "ab" * 16
GROUP_KEY = b"\x07" * 32


def pair_secret(own: str, other: str) -> bytes:
    """Return what two entities share, the same from either side."""
    return hashlib.sha256("|".join(sorted((own, other))).encode()).digest()


def tags_of_entities(
    people: Mapping[str, Mapping[str, str | None]], *, key: bytes = GROUP_KEY
) -> dict[str, EntityTags]:
    """Return the tags of every entity, given its people's documents by its own ids."""
    cohort = tuple(sorted(people))
    return {
        entity: prepare_tags(CheckTerms(CAMPAIGN, entity, cohort, key), people[entity], pair_secret)
        for entity in cohort
    }


def counts_of(all_tags: Mapping[str, EntityTags]) -> dict[str, tuple[int, ...]]:
    """Return what an honest coordinator counts."""
    return multiplicities({entity: sent.tags for entity, sent in all_tags.items()})


def weights_of(people: Mapping[str, Mapping[str, str | None]], *, cap: int = 3) -> dict[str, dict[str, float]]:
    """Return every entity's weights, counted honestly."""
    all_tags = tags_of_entities(people)
    counts = counts_of(all_tags)
    return {
        entity: sent.weights(counts[entity], counted=tuple(people), people_cap=cap) for entity, sent in all_tags.items()
    }


def chance_undetected(shared: int, canaries: int, lowered: int) -> float:
    """Return the probability that under-reporting is not detected, when the tags are chosen at random.

    Hypergeometric: all `lowered` must fall on the `shared` people and none on the canaries.

    Args:
        shared: people in common to this set of entities.
        canaries: canaries of the same set.
        lowered: number of these tags reported too low.
    """
    return comb(shared, lowered) / comb(shared + canaries, lowered) if lowered <= shared else 0.0
