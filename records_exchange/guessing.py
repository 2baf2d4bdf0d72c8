"""When the questions of an entity to the locator look like guessing rather than work. Pure.

A document has about 10^8 values, so whoever asks long enough finds somebody. Quotas bound how long that takes; this
rule makes it seen. It alarms, and decides nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

WINDOW: Final = timedelta(hours=24)
"""The questions looked at."""


class AlarmKind(StrEnum):
    """What is unusual."""

    MISSES = "misses"
    """Nearly everybody asked for is unknown to the others."""
    VOLUME = "volume"
    """The quota was reached, and asked beyond."""


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """From how many questions in the window on, which share of misses (per cent) alarms."""

    questions: int = 50
    miss_percent: int = 90


@dataclass(frozen=True, slots=True)
class Usage:
    """What one entity asked in the window."""

    entity: str
    questions: int = 0
    misses: int = 0
    evaluations: int = 0
    refused: int = 0
    """Times it was turned away for its quota."""


def alarms(usage: Usage, rule: AlarmRule) -> tuple[AlarmKind, ...]:
    """Return what is unusual about the use one entity makes of the locator."""
    guessing = usage.questions >= rule.questions and 100 * usage.misses >= rule.miss_percent * usage.questions
    found = {AlarmKind.MISSES: guessing, AlarmKind.VOLUME: usage.refused > 0}
    return tuple(kind for kind, holds in found.items() if holds)
