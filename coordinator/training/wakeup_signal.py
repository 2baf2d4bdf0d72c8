"""Waking those who wait, inside one process. Nothing rests on it for correctness: it only saves time.

The database is the truth; a wake-up lost (a restart, another process) is made up for by the time limit of every wait.
"""

import threading
from typing import Final

MAX_HELD_CALLS: Final = 256
"""How many long polls are held at once; those over it are answered at once and come back later."""


class Signal:
    """A counter of changes that threads can wait on. Safe to share between threads."""

    def __init__(self, *, max_waiting: int = MAX_HELD_CALLS) -> None:
        self._condition = threading.Condition()
        self._generation = 0
        self._closed = False
        self._places = threading.Semaphore(max_waiting)

    @property
    def generation(self) -> int:
        """How many changes there have been. Read it before looking at the database, then wait for the next."""
        with self._condition:
            return self._generation

    def notify(self) -> None:
        """Say that something changed."""
        with self._condition:
            self._generation += 1
            self._condition.notify_all()

    def close(self) -> None:
        """Let everybody go, now and later: the process is stopping."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    @property
    def closed(self) -> bool:
        """Whether the process is stopping."""
        with self._condition:
            return self._closed

    def wait(self, seen: int, seconds: float, *, changes: int = 1) -> bool:
        """Wait until there were so many changes after generation `seen`; return whether there was one.

        Args:
            seen: the generation at which the caller last looked.
            seconds: longest wait; 0 or less does not wait.
            changes: how many are waited for.
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
