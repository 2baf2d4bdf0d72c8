"""Background work: delivers the notices in the outbox, including those that other processes wrote to it."""

import threading
from typing import Final

from node.messages.outbox import Outbox

POLL_SECONDS: Final = 0.5


def deliver_notices(outbox: Outbox, stopping: threading.Event) -> None:
    """Deliver due notices until `stopping` is set."""
    while not stopping.is_set():
        if outbox.deliver_due() == 0 and stopping.wait(POLL_SECONDS):
            return
