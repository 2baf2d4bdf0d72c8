"""Padded reply times: how long a step took says as little about an entity's people as the size of its table.

A reply leaves `SHORTEST_SECONDS` after its task was taken up, or twice, four times, eight times as long after it, as
sizes are padded elsewhere: how many people were added up shows only where it moves a reply to the next of these times.
"""

import time
from collections.abc import Callable
from typing import Final

SHORTEST_SECONDS: Final = 0.05


class PaddedTimes:
    """Waits until the padded time of a reply."""

    def __init__(self, now: Callable[[], float] = time.monotonic, wait: Callable[[float], object] = time.sleep) -> None:
        self._now = now
        self._wait = wait

    def begin(self) -> float:
        """Return the time at which a task is taken up."""
        return self._now()

    def wait(self, begun: float) -> None:
        """Return at the padded time of a task that was taken up at `begun`."""
        passed = self._now() - begun
        self._wait(padded(passed) - passed)


def padded(seconds: float) -> float:
    """Return the least of the padded times that is not shorter, in seconds."""
    found = SHORTEST_SECONDS
    while found < seconds:
        found *= 2
    return found
