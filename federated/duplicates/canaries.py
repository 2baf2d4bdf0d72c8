"""Tags that stand for nobody and that several entities send on purpose, so that a wrong count shows.

Pair canaries come from the secret of two entities: 8 to 24 of them for each pair, a number that nobody else knows. They
blur how many people two entities share, also for the other entities. Group canaries come from the group key: each is
sent by 3 entities, or 4, up to `LARGEST_GROUP`, because a tag that comes back from three entities could not be a pair's
canary and might be under-reported without fear. To the coordinator all of them look like people.
"""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import comb
from typing import Final

from federated.duplicates.group_key import PairSecret, framed, pair_key

TAG_BYTES: Final = 16
FEWEST: Final = 8
MOST: Final = 24
LARGEST_GROUP: Final = 8
"""A person in more entities than this is beyond what the canaries can vouch for."""


@dataclass(frozen=True, slots=True)
class Canary:
    """A tag that stands for nobody, and the entities that all send it."""

    tag: bytes
    senders: frozenset[str]


def canaries_of(
    entity: str, cohort: tuple[str, ...], *, campaign: str, group_key: bytes, pair_secret: PairSecret
) -> tuple[Canary, ...]:
    """Return every canary that `entity` sends.

    Args:
        entity: one of the cohort.
        cohort: sorted.
        campaign: its id.
        group_key: of `group_key.draw_group_key`.
        pair_secret: what the entity shares with each other one.

    Raises:
        DuplicateCheckInvalid: a secret is too short.
    """
    others = [other for other in cohort if other != entity]
    pairs = [each for other in others for each in _of_pair(entity, other, campaign, pair_secret)]
    return (*pairs, *_of_groups(entity, cohort, campaign, group_key))


def chance_undetected(shared: int, canaries: int, lowered: int) -> float:
    """Return the chance that under-reporting goes unseen, when tags are chosen blindly among those that look alike.

    Hypergeometric: all `lowered` must fall on the `shared` people and none on the canaries.

    Args:
        shared: people that this set of entities has in common.
        canaries: canaries of the same set.
        lowered: how many of these tags are reported too low.
    """
    return comb(shared, lowered) / comb(shared + canaries, lowered) if lowered <= shared else 0.0


def _of_pair(entity: str, other: str, campaign: str, pair_secret: PairSecret) -> Iterator[Canary]:
    first, second = sorted((entity, other))
    key = pair_key(pair_secret(entity, other), "canaries", campaign, (first, second))
    for index in range(_number(_prf(key, "number"))):
        yield Canary(_prf(key, "tag", str(index))[:TAG_BYTES], frozenset({first, second}))


def _of_groups(entity: str, cohort: tuple[str, ...], campaign: str, group_key: bytes) -> Iterator[Canary]:
    names = [each.encode() for each in cohort]
    for size in range(3, min(len(cohort), LARGEST_GROUP) + 1):
        for turn in range(_number(_prf(group_key, "group canaries", campaign, str(size)))):
            key = _prf(group_key, "group canary", campaign, str(size), str(turn))
            order = sorted(names, key=partial(_place, key))
            group = order.index(entity.encode()) // size
            members = order[group * size : (group + 1) * size]
            if len(members) == size:  # who is left over in this turn waits for the next
                yield Canary(_prf(key, "tag", str(group))[:TAG_BYTES], frozenset(each.decode() for each in members))


def _place(key: bytes, name: bytes) -> bytes:
    return hmac.digest(key, name, "sha256")


def _number(digest: bytes) -> int:
    return FEWEST + int.from_bytes(digest[:8], "big") % (MOST - FEWEST + 1)


def _prf(key: bytes, *parts: str) -> bytes:
    return hmac.digest(key, framed("redpact canary v1", *parts), "sha256")
