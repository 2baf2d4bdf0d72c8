"""Background work: delivers the notifications in the outbox, including those that other processes wrote to it."""

import threading
from typing import Final

from node.messages.outbox import Outbox

POLL_SECONDS: Final = 0.5


def deliver_notifications(outbox: Outbox, stopping: threading.Event) -> None:
    """Deliver due notifications until `stopping` is set."""
    while not stopping.is_set():
        if outbox.deliver_due() == 0 and stopping.wait(POLL_SECONDS):
            return
