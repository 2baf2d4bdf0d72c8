"""Detection of guessing in the questions of an entity to the locator, and of all entities together. Pure.

A document has about 10^8 values, so that enough questions find somebody. Quotas bound the speed of guessing; this rule
makes it visible. It raises alarms only, and refuses nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

WINDOW: Final = timedelta(hours=24)
"""The time over which questions are counted."""


class AlarmKind(StrEnum):
    """The kinds of alarm."""

    MISSES = "misses"
    """Nearly all questions found nobody."""
    VOLUME = "volume"
    """The quota was exceeded."""
    TOTAL = "total"
    """All entities together had more pseudonyms evaluated than half of what they may: several may guess together."""


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """The figures in the window from which an alarm is raised.

    Attributes:
        questions: number of questions of an entity from which its misses are looked at.
        miss_percent: share of them that found nobody.
        evaluations: pseudonyms that all entities together may have evaluated; the alarm is raised at half of it.
    """

    questions: int = 50
    miss_percent: int = 90
    evaluations: int = 200_000


@dataclass(frozen=True, slots=True)
class Usage:
    """The use of the locator by one entity in the window."""

    entity: str
    questions: int = 0
    misses: int = 0
    evaluations: int = 0
    refused: int = 0
    """Number of questions refused for the quota."""


ALL: Final = "*"
"""The name of the sum over all entities."""


def all_alarms(usages: Iterable[Usage], rule: AlarmRule) -> Iterator[tuple[Usage, AlarmKind]]:
    """Iterate over the alarms about each entity, and about all together under the name `ALL`."""
    total = Usage(ALL)
    for usage in usages:
        yield from ((usage, kind) for kind in alarms(usage, rule))
        total = Usage(
            ALL,
            total.questions + usage.questions,
            total.misses + usage.misses,
            total.evaluations + usage.evaluations,
            total.refused + usage.refused,
        )
    if 2 * total.evaluations > rule.evaluations:
        yield total, AlarmKind.TOTAL


def alarms(usage: Usage, rule: AlarmRule) -> tuple[AlarmKind, ...]:
    """Return the alarms about an entity's use of the locator."""
    guessing = usage.questions >= rule.questions and 100 * usage.misses >= rule.miss_percent * usage.questions
    found = {AlarmKind.MISSES: guessing, AlarmKind.VOLUME: usage.refused > 0}
    return tuple(kind for kind, holds in found.items() if holds)
