"""The places of people in households, and the counts that follow from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from policies.birth import Birth, Reached
from policies.support import FULL_AGE_YEARS

MOST_CURRENT: Final = 2
"""Households in which a person may live at once, and only in shared custody."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's place in a household.

    Attributes:
        role: code of ``household_role``.
        valid_from: first day.
        valid_until: last day; None while it goes on.
        shared_custody: whether the person lives in another household too.
    """

    membership_id: str
    household_id: str
    person_ref: str
    role: str
    valid_from: date
    valid_until: date | None = None
    shared_custody: bool = False

    def current(self, today: date) -> bool:
        """Return whether a day is within its period."""
        return self.valid_from <= today and (self.valid_until is None or today <= self.valid_until)


@dataclass(frozen=True, slots=True)
class MemberCounts:
    """Counts of the members on record; `minors` is None where nobody can tell whether a member is of age."""

    size: int
    minors: int | None


def count_members(births: Iterable[Birth], today: date) -> MemberCounts | None:
    """Return the counts of some members; None when there are none on record."""
    reached = [birth.reached(FULL_AGE_YEARS, today) for birth in births]
    if not reached:
        return None
    minors = None if Reached.CANNOT_TELL in reached else reached.count(Reached.NO)
    return MemberCounts(len(reached), minors)
