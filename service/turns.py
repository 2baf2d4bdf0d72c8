"""Turns of callers: a service works on a few calls of each caller at once, and the others of that caller wait.

Python does the work of one call at a time (its global lock): twenty calls of one caller under way make a call of
another wait behind all of them, and are done no sooner for it. A call that waits for its turn holds a thread, of which
`service.limits` gives its caller a share.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

AT_ONCE: Final = 3
"""Calls of one caller that are worked on at once: while one waits for the disk the others go on and share a commit."""


@dataclass(slots=True)
class _Turn:
    free: threading.Semaphore
    calls: int = 0


class Turns:
    """Gives turns. Safe to use from several threads."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        """Give turns to a number of calls of each caller at once."""
        self._at_once = at_once
        self._lock = threading.Lock()
        self._callers: dict[str, _Turn] = {}

    @contextmanager
    def of(self, caller: str) -> Iterator[None]:
        """Wait for a turn of a caller, and have it for as long as the block runs."""
        with self._lock:
            turn = self._callers.setdefault(caller, _Turn(threading.Semaphore(self._at_once)))
            turn.calls += 1
        try:
            with turn.free:
                yield
        finally:
            with self._lock:
                turn.calls -= 1
                if turn.calls == 0:
                    del self._callers[caller]
