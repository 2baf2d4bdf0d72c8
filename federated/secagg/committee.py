"""Size and threshold of the committee that holds the shares of a cohort, from public figures only.

Up to `COMPLETE_UP_TO` entities all are in the committee. Above it a committee keeps the cost of a round linear.
The committee is a uniform draw, so the colluding entities in it follow the hypergeometric distribution, whose tails are
summed here in whole numbers. The method is that of Bell, Bonawitz, Gascon, Lepoint and Raykova, "Secure Single-Server
Aggregation with (Poly)Logarithmic Overhead" (CCS 2020), for their neighbourhoods.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, comb, floor
from typing import Final

MINIMUM_ENTITIES: Final = 3
"""In a sum over two entities, each learns the other's contribution by subtraction."""

COMPLETE_UP_TO: Final = 100
"""Up to here nothing is left to chance: a round of 100 entities costs each of them 99 pair masks."""

COLLUDING: Final = Fraction(1, 3)
"""Of a cohort above `COMPLETE_UP_TO`, the fraction that may collude with the coordinator."""

DROPPING: Final = Fraction(1, 10)
"""Of a cohort above `COMPLETE_UP_TO`, the fraction that may drop out of a round without losing its sum."""

SECURITY_BITS: Final = 80
"""A draw has too many colluders with probability at most 2^-80.

Entities commit to their keys before they see others', so that none can draw again; a coordinator that leaves entities
out could, and finds a bad draw with probability 2^-40 after 2^40 tries.
"""

CORRECTNESS_BITS: Final = 30
"""A round with `DROPPING` dropped entities loses its sum with probability at most 2^-30."""


@dataclass(frozen=True, slots=True)
class CommitteeTerms:
    """Size of the committee, and number of its members that must agree on the survivors of a round.

    Attributes:
        size: number of members.
        threshold: members that must survive and respond for the same list.
    """

    size: int
    threshold: int

    @property
    def colluders_tolerated(self) -> int:
        """Number of members that may collude with a malicious coordinator.

        Two lists could both reach `threshold` if the honest members split in halves and the colluding ones responded to
        both. And one honest share must always be missing to open a mask of a member, which holds none of its own.
        """
        return min(2 * self.threshold - self.size - 1, self.threshold - 2)


@dataclass(frozen=True, slots=True)
class CommitteeSecurity:
    """The security of an actual cohort: entities that may collude with a malicious coordinator.

    Attributes:
        entities: of the cohort.
        committee: members of the committee.
        certain: so many, whoever they are.
        likely: so many, except with probability 2^-`bits` that the draw puts too many of them into the committee.
        bits: security of the draw; None where all entities are in the committee and nothing is drawn.
    """

    entities: int
    committee: int
    certain: int
    likely: int
    bits: int | None


@lru_cache(maxsize=64)
def committee_security(entities: int) -> CommitteeSecurity:
    """Return the security figure of a cohort of that many entities, at least 3."""
    terms = committee_terms(entities)
    certain = terms.colluders_tolerated
    if terms.size == entities:
        return CommitteeSecurity(entities, terms.size, certain, certain, None)
    colluding = max(floor(entities * COLLUDING), certain)
    tail = sum(_ways(entities, colluding, terms.size, members) for members in range(certain + 1, terms.size + 1))
    bits = comb(entities, terms.size).bit_length() - tail.bit_length() if tail else None
    return CommitteeSecurity(entities, terms.size, certain, colluding, bits)


@lru_cache(maxsize=64)
def committee_terms(entities: int) -> CommitteeTerms:
    """Return the terms for a cohort of that many entities, at least 3."""
    if entities <= COMPLETE_UP_TO:
        return CommitteeTerms(entities, 2 * entities // 3 + 1)
    fitting = (_terms(entities, size) for size in range(COMPLETE_UP_TO, entities))
    return next((terms for terms in fitting if terms), CommitteeTerms(entities, 2 * entities // 3 + 1))


def _terms(entities: int, size: int) -> CommitteeTerms | None:
    # The lowest safe threshold, but not below two thirds, if it leaves room for the members that drop out.
    threshold = max((size + _colluders(entities, size)) // 2, 2 * size // 3) + 1
    dropped = ceil(entities * DROPPING)
    lost = sum(_ways(entities, dropped, size, members) for members in range(size - threshold + 1, size + 1))
    likely = lost << CORRECTNESS_BITS <= comb(entities, size)
    return CommitteeTerms(size, threshold) if threshold < size and likely else None


def _colluders(entities: int, size: int) -> int:
    # The least number that a draw exceeds with probability at most 2^-SECURITY_BITS.
    colluding, bound = floor(entities * COLLUDING), comb(entities, size) >> SECURITY_BITS
    tail, members = 0, min(size, colluding)
    while members > 0 and tail + _ways(entities, colluding, size, members) <= bound:
        tail += _ways(entities, colluding, size, members)
        members -= 1
    return members


def _ways(entities: int, marked: int, size: int, members: int) -> int:
    return comb(marked, members) * comb(entities - marked, size - members)
