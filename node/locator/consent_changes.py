"""The publisher's wake-up after a change of a consent: a `Subscriber` of consent changes."""

import threading
from typing import Final

TICK_SECONDS: Final = 1.0


class PublisherWakeup:
    """Ends the publisher's waits in this process, also the longer ones after a fault of the locator.

    The publisher reads what changed from the database: the wake-up says only that it should look, so one that comes
    before the change is committed costs a look more, within the next tick. Changes of other processes are found by
    `LiveConsents`, with which the publisher begins each step.
    """

    def __init__(self) -> None:
        self._changed = threading.Event()

    def wake(self, *_change: object) -> None:
        """Wake the publisher, which reads the consents again."""
        self._changed.set()

    def wait(self, seconds: float, stopping: threading.Event) -> bool:
        """Wait for a time or for a change, and return False when `stopping` was set meanwhile."""
        waited = 0.0
        while waited < seconds and not self._changed.is_set():
            if stopping.wait(min(TICK_SECONDS, seconds - waited)):
                return False
            waited += TICK_SECONDS
        self._changed.clear()
        return not stopping.is_set()
