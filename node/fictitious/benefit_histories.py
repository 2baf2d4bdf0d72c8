"""Benefit histories of the fictitious population: time on minimum income.

Calibrated so that a logistic model reaches an AUC of 0.72 to 0.77 on "minimum income in at least 36 of the next 48
months", with 30 to 40 % positives: what published models of long-term receipt reach (Sansone and Zhu 2023, Junquera and
Kern 2025; OECD WP 224). The predictors and their signs are those the literature names; their sizes are ours. A test
measures the calibration.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from types import MappingProxyType
from typing import Final

from node.people.model import BenefitSpell, month_number, month_of

AS_OF: Final = month_number(date(2019, 1, 1))
"""First month of the outcome window: the `as_of` of the bundled training features."""
WINDOW: Final = 48
THRESHOLD: Final = 36
LAST_MONTH: Final = month_number(date(2026, 10, 1))
"""A spell that reaches this month goes on."""
IMV_BEGINS: Final = month_number(date(2020, 6, 1))
"""Real Decreto-ley 20/2020 moved most recipients from the RGC to the Ingreso Mínimo Vital."""

_INTERCEPT: Final = -1.27
_MOVED_TO_IMV: Final = 0.8
_ONGOING: Final = 0.75
_RECENT: Final = 12

EDUCATION: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "none": (0.08, 0.5),
        "primary": (0.26, 0.35),
        "lower_secondary": (0.34, 0.1),
        "upper_secondary": (0.1, -0.1),
        "vocational_basic": (0.08, 0.0),
        "vocational_intermediate": (0.07, -0.35),
        "vocational_higher": (0.04, -0.6),
        "university": (0.03, -0.6),
    }
)
"""Code to (share of people, effect on the log-odds)."""
WORK: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "permanent": (0.03, -1.1),
        "temporary": (0.12, -0.6),
        "self_employed": (0.02, -0.6),
        "informal": (0.08, 0.0),
        "unemployed_benefit": (0.1, -0.2),
        "unemployed": (0.45, 0.25),
        "inactive_care": (0.1, 0.2),
        "inactive_other": (0.1, 0.4),
    }
)
"""Code to (share of people, effect on the log-odds)."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Circumstances that affect the time on minimum income. Shares and levels are those of the field catalogue."""

    age: int
    education: str
    work: str
    months_unemployed: int
    lives_alone: bool
    minors: int
    dependants: int
    housing_risk: bool
    debt: bool
    relational_level: int
    health_limits: bool
    rural: bool
    contacts: int


def log_odds(person: Circumstances, months_before: int) -> float:
    """Return the log-odds of chronic receipt, given the months received in the 48 before."""
    return (
        _INTERCEPT
        + 0.046 * (months_before - 24)
        + 0.032 * (person.age - 42)
        + 0.014 * (min(person.months_unemployed, 60) - 20)
        + EDUCATION[person.education][1]
        + WORK[person.work][1]
        + 0.4 * person.lives_alone
        - 0.08 * person.minors
        + 0.2 * person.dependants
        + 0.35 * person.housing_risk
        + 0.25 * person.debt
        - 0.3 * (person.relational_level - 3)
        + 0.4 * person.health_limits  # known to the node, never a feature: part of what no model can explain
        + 0.2 * person.rural
        - 0.05 * person.contacts
    )


def recipient_history(person: Circumstances, rng: Random) -> tuple[BenefitSpell, ...]:
    """Return the spells of a person on minimum income in the year before the outcome window."""
    months = _months_before(rng)
    in_history = sum(1 for month in months if month >= AS_OF - WINDOW)
    chronic = rng.random() < _probability(log_odds(person, in_history))
    months |= _months_within(rng, chronic=chronic, ongoing=AS_OF - 1 in months)
    months |= _months_after(rng, stays=0.6 if chronic else 0.25, ongoing=AS_OF + WINDOW - 1 in months)
    return _spells(months, rng)


def newcomer_history(rng: Random) -> tuple[BenefitSpell, ...]:
    """Return the spells of a person who first received minimum income after the outcome window."""
    return _spells(_months_after(rng, stays=1.0, ongoing=False), rng)


def _months_before(rng: Random) -> set[int]:
    received = 1 + int(47 * rng.betavariate(1.25, 1.05))
    runs = min(received, rng.choices((1, 2, 3, 4), (55, 27, 12, 6))[0])
    tail = 0 if rng.random() < _ONGOING else min(rng.randrange(1, _RECENT), 48 - received)
    months = {AS_OF - WINDOW + month for month in _spread(rng, WINDOW - tail, received, runs, "end")}
    if AS_OF - WINDOW in months:  # a spell that covers the first month began earlier
        months |= set(range(AS_OF - WINDOW - rng.randrange(24), AS_OF - WINDOW))
    return months


def _months_within(rng: Random, *, chronic: bool, ongoing: bool) -> set[int]:
    if chronic:
        received = WINDOW - int((WINDOW - THRESHOLD + 1) * rng.random() ** 2)
    else:
        received = int(THRESHOLD * rng.random() ** 1.3)
    runs = min(received, rng.choices((1, 2, 3), (60, 28, 12))[0])
    touches = "start" if ongoing and rng.random() < 0.85 else ""  # noqa: PLR2004 - most spells do not end there
    return {AS_OF + month for month in _spread(rng, WINDOW, received, runs, touches)}


def _months_after(rng: Random, *, stays: float, ongoing: bool) -> set[int]:
    start = AS_OF + WINDOW
    length = LAST_MONTH - start + 1
    if rng.random() >= stays:
        return set()
    received = rng.randrange(6, length + 1)
    touches = ("start" if ongoing else "") + ("end" if rng.random() < _ONGOING else "")
    return {start + month for month in _spread(rng, length, received, min(received, 1 + rng.randrange(2)), touches)}


def _spread(rng: Random, length: int, received: int, runs: int, touches: str) -> set[int]:
    """Return `received` of the months 0 to `length` - 1, in up to `runs` runs, touching the ends named if possible."""
    runs = min(runs, received, length - received + 1)
    if runs <= 0:
        return set()
    gaps = [0] + [1] * (runs - 1) + [0]
    open_gaps = [index for index in range(runs + 1) if not _is_closed(index, runs, touches)] or [runs]
    for _ in range(length - received - (runs - 1)):
        gaps[rng.choice(open_gaps)] += 1
    cuts = sorted(rng.sample(range(1, received), runs - 1))
    lengths = [end - begin for begin, end in zip([0, *cuts], [*cuts, received], strict=True)]
    months: set[int] = set()
    position = 0
    for gap, run in zip(gaps, lengths, strict=False):
        position += gap
        months.update(range(position, position + run))
        position += run
    return months


def _is_closed(gap: int, runs: int, touches: str) -> bool:
    return (gap == 0 and "start" in touches) or (gap == runs and "end" in touches)


def _spells(months: set[int], rng: Random) -> tuple[BenefitSpell, ...]:
    spells: list[BenefitSpell] = []
    for first, last in _runs(months):
        moved = rng.random() < _MOVED_TO_IMV
        if not moved or last < IMV_BEGINS:
            spells.append(_spell("rgc", first, last))
        elif first >= IMV_BEGINS:
            spells.append(_spell("imv", first, last))
        else:
            spells += [_spell("rgc", first, IMV_BEGINS - 1), _spell("imv", IMV_BEGINS, last)]
    return tuple(spells)


def _runs(months: set[int]) -> list[tuple[int, int]]:
    starts = sorted(month for month in months if month - 1 not in months)
    ends = sorted(month for month in months if month + 1 not in months)
    return list(zip(starts, ends, strict=True))


def _spell(benefit: str, first: int, last: int) -> BenefitSpell:
    return BenefitSpell(benefit, month_of(first), None if last >= LAST_MONTH else month_of(last))


def _probability(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit))
