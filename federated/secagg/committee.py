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

COMPLETE_UP_TO: Final = 32

COLLUDING: Final = Fraction(1, 5)
"""Of a cohort above `COMPLETE_UP_TO`, the fraction that may collude with the coordinator."""

DROPPING: Final = Fraction(1, 10)
"""Of a cohort above `COMPLETE_UP_TO`, the fraction that may drop out of a round without losing its sum."""

SECURITY_BITS: Final = 80
"""A draw has too many colluders with probability at most 2^-80: 2^-40 after 2^40 tries to influence it."""

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
