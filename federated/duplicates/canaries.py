"""Canary tags: tags of no person that several entities send on purpose, so that a wrong count is detected.

Pair canaries come from the secret of two entities: 8 to 24 of them for each pair, a number unknown to the others. They
hide the number of people that two entities share, from the other entities too. Group canaries come from the group key:
each is sent by 3 to `LARGEST_GROUP` entities. Without them a tag of three entities could not be a canary, and would be
under-reported without risk. The coordinator cannot distinguish canaries from people.
"""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from federated.duplicates.group_key import PairSecret, framed, pair_key

TAG_BYTES: Final = 16
FEWEST: Final = 8
MOST: Final = 24
LARGEST_GROUP: Final = 8
"""The counts of people in more entities than this are not checked by canaries."""


@dataclass(frozen=True, slots=True)
class Canary:
    """A tag of no person, and the entities that send it."""

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
        pair_secret: returns the secret shared with another entity.

    Raises:
        DuplicateCheckInvalid: a secret is too short.
    """
    others = [other for other in cohort if other != entity]
    pairs = [each for other in others for each in _of_pair(entity, other, campaign, pair_secret)]
    return (*pairs, *_of_groups(entity, cohort, campaign, group_key))


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
            if len(members) == size:  # incomplete groups send no canary in this turn
                yield Canary(_prf(key, "tag", str(group))[:TAG_BYTES], frozenset(each.decode() for each in members))


def _place(key: bytes, name: bytes) -> bytes:
    return hmac.digest(key, name, "sha256")


def _number(digest: bytes) -> int:
    return FEWEST + int.from_bytes(digest[:8], "big") % (MOST - FEWEST + 1)


def _prf(key: bytes, *parts: str) -> bytes:
    return hmac.digest(key, framed("redpact canary v1", *parts), "sha256")
