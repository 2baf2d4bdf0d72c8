"""News inside the coordinator's process: who waits for a change, and who announces one.

News are hints. Whoever wakes up reads the database, so a lost or doubled hint costs time and nothing else.
"""

import threading
from enum import Enum


class News(Enum):
    """What changed."""

    DIRECTORY = "directory"
    TRAINING = "training"


class Changes:
    """A counter per kind of news, with waiting."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._counts = dict.fromkeys(News, 0)
        self._closed = False

    def counts(self) -> dict[News, int]:
        """Return how often each kind was announced."""
        with self._condition:
            return dict(self._counts)

    def announce(self, news: News) -> None:
        """Wake everyone who waits."""
        with self._condition:
            self._counts[news] += 1
            self._condition.notify_all()

    def wait(self, seen: dict[News, int], timeout_seconds: float) -> dict[News, int]:
        """Return the counts once they differ from `seen`, the time is up, or the service is closing."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._counts != seen, timeout_seconds)
            return dict(self._counts)

    @property
    def closed(self) -> bool:
        """Whether the service is closing, so that waiting makes no more sense."""
        return self._closed

    def close(self) -> None:
        """Release everyone who waits, for good."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
