"""Months on cash benefits, counted from a person's benefit spells."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Final

from node.people.model import BenefitSpell, month_number
from policies.catalogue import load_catalogue

MINIMUM_INCOME: Final = "minimum_income"
"""Group of the code list ``benefit``."""


@cache
def minimum_income_codes() -> frozenset[str]:
    """Return the benefits that count as minimum income (RGC and IMV)."""
    return frozenset(load_catalogue().codes.list("benefit").members(MINIMUM_INCOME))


def months_on(spells: Sequence[BenefitSpell], benefits: frozenset[str], start: date, end: date) -> int:
    """Count the months within [`start`, `end`) on at least one of some benefits; overlapping spells count once."""
    return len(received_months(spells, benefits, start, end))


def received_months(spells: Sequence[BenefitSpell], benefits: frozenset[str], start: date, end: date) -> set[int]:
    """Return the months within [`start`, `end`) on at least one of some benefits, numbered by `month_number`."""
    first, last = month_number(start), month_number(end) - 1
    months: set[int] = set()
    for spell in spells:
        if spell.benefit in benefits:
            until = last if spell.last_month is None else min(last, month_number(spell.last_month))
            months.update(range(max(first, month_number(spell.first_month)), until + 1))
    return months
