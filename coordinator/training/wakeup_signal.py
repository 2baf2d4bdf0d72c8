"""Signals that wake waiting threads of one process. They save time; correctness never depends on them.

The database holds the truth, and every wait has a time limit, so that a lost wake-up (a restart, another process) only
delays.
"""

import threading
from dataclasses import dataclass, field
from typing import Final

MAX_HELD_CALLS: Final = 256
"""Long polls held at once; further ones are answered at once and repeated later by their callers."""


class Signal:
    """A counter of changes that threads can wait on. Safe to share between threads."""

    def __init__(self, *, max_waiting: int = MAX_HELD_CALLS) -> None:
        self._condition = threading.Condition()
        self._generation = 0
        self._closed = False
        self._places = threading.Semaphore(max_waiting)

    @property
    def generation(self) -> int:
        """The number of changes so far. Read it before the database, then wait for the next change."""
        with self._condition:
            return self._generation

    def notify(self) -> None:
        """Count a change and wake the waiting threads."""
        with self._condition:
            self._generation += 1
            self._condition.notify_all()

    def close(self) -> None:
        """Release every waiting thread, now and later: the process is stopping."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    @property
    def closed(self) -> bool:
        """True once the process is stopping."""
        with self._condition:
            return self._closed

    def wait(self, seen: int, seconds: float, *, changes: int = 1) -> bool:
        """Wait until there were so many changes after generation `seen`; return whether there was one.

        Args:
            seen: the generation that the caller last read.
            seconds: longest wait; 0 or less does not wait.
            changes: number of changes to wait for.
        """
        if not self._places.acquire(blocking=False):
            return False
        try:
            with self._condition:
                self._condition.wait_for(
                    lambda: self._closed or self._generation >= seen + changes, timeout=max(0.0, seconds)
                )
                return self._generation != seen
        finally:
            self._places.release()


@dataclass(frozen=True, slots=True)
class TrainingSignals:
    """The signals between the calls of entities and the campaigns that run in the same process."""

    tasks: Signal = field(default_factory=Signal)
    replies: Signal = field(default_factory=Signal)

    def close(self) -> None:
        """Release every waiting thread: the process is stopping."""
        self.tasks.close()
        self.replies.close()
