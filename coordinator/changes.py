"""Notification of changes between the threads of the coordinator's process.

A notification is a hint: a thread that wakes reads the database, so that a lost or doubled one costs only time.
"""

import threading
from enum import Enum


class ChangeKind(Enum):
    """The kinds of change that threads wait for."""

    DIRECTORY = "directory"
    TRAINING = "training"


class Changes:
    """A counter for each kind of change, on which threads can wait."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._counts = dict.fromkeys(ChangeKind, 0)
        self._closed = False

    def counts(self) -> dict[ChangeKind, int]:
        """Return the number of changes of each kind so far."""
        with self._condition:
            return dict(self._counts)

    def announce(self, kind: ChangeKind) -> None:
        """Count a change and wake every waiting thread."""
        with self._condition:
            self._counts[kind] += 1
            self._condition.notify_all()

    def wait(self, seen: dict[ChangeKind, int], timeout_seconds: float) -> dict[ChangeKind, int]:
        """Return the counts once they differ from `seen`, the time is up, or the service is closing."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._counts != seen, timeout_seconds)
            return dict(self._counts)

    @property
    def closed(self) -> bool:
        """True once the service is closing, so that waiting is over."""
        return self._closed

    def close(self) -> None:
        """Release every waiting thread, for good."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
