"""Waiting for what other threads and processes do."""

import time
from collections.abc import Callable
from typing import Final

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
