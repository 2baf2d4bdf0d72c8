"""Waiting for what other threads and processes do."""

import threading
import time
from collections.abc import Callable
from typing import Final

from typing_extensions import override

PATIENCE_SECONDS: Final = 120.0
"""How long a test waits for what must come. It only ends a test that has failed, and is no measure of anything; it is
less than the limit that the runner sets a test, so that the test says what it waited for."""


def eventually(condition: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> bool:
    """Wait until `condition` holds; return whether it does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


class NoWait(threading.Event):
    """An event at which nobody may have to wait: what waits for it, or for something that has not come, fails."""

    @override
    def wait(self, timeout: float | None = None) -> bool:
        assert self.is_set(), "it had to wait"
        return True
