"""A whole duplicate check between entities in memory, honest unless a test changes the counts."""

import hashlib
from collections.abc import Mapping

from federated.duplicates.entity_tags import CheckTerms, EntityTags, prepare_tags
from federated.duplicates.multiplicities import multiplicities

CAMPAIGN = "ab" * 16
GROUP_KEY = b"\x07" * 32


def pair_secret(own: str, other: str) -> bytes:
    """Return what two entities share, the same from either side."""
    return hashlib.sha256("|".join(sorted((own, other))).encode()).digest()


def sheets_of(people: Mapping[str, Mapping[str, str | None]], *, key: bytes = GROUP_KEY) -> dict[str, EntityTags]:
    """Return the sheet of every entity, given its people's documents by its own ids."""
    cohort = tuple(sorted(people))
    return {
        entity: prepare_tags(CheckTerms(CAMPAIGN, entity, cohort, key), people[entity], pair_secret)
        for entity in cohort
    }


def counts_of(sheets: Mapping[str, EntityTags]) -> dict[str, tuple[int, ...]]:
    """Return what an honest coordinator counts."""
    return multiplicities({entity: sheet.tags for entity, sheet in sheets.items()})


def weights_of(people: Mapping[str, Mapping[str, str | None]], *, cap: int = 3) -> dict[str, dict[str, float]]:
    """Return every entity's weights, counted honestly."""
    sheets = sheets_of(people)
    counts = counts_of(sheets)
    return {
        entity: sheet.weights(counts[entity], counted=tuple(people), people_cap=cap) for entity, sheet in sheets.items()
    }
