"""Detection of guessing in the questions of an entity to the locator. Pure.

A document has about 10^8 values, so that enough questions find somebody. Quotas bound the speed of guessing; this rule
makes it visible. It raises alarms only, and refuses nothing.
"""

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


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """The number of questions in the window, and the share of misses in per cent, from which an alarm is raised."""

    questions: int = 50
    miss_percent: int = 90


@dataclass(frozen=True, slots=True)
class Usage:
    """The use of the locator by one entity in the window."""

    entity: str
    questions: int = 0
    misses: int = 0
    evaluations: int = 0
    refused: int = 0
    """Number of questions refused for the quota."""


def alarms(usage: Usage, rule: AlarmRule) -> tuple[AlarmKind, ...]:
    """Return the alarms about an entity's use of the locator."""
    guessing = usage.questions >= rule.questions and 100 * usage.misses >= rule.miss_percent * usage.questions
    found = {AlarmKind.MISSES: guessing, AlarmKind.VOLUME: usage.refused > 0}
    return tuple(kind for kind, holds in found.items() if holds)
