"""Background work of the running node: empties the outbox, also of what commands of other processes wrote to it."""

import threading
from typing import Final

from node.messages.outbox import Courier

POLL_SECONDS: Final = 0.5


def deliver_notices(outbox: Courier, stopping: threading.Event) -> None:
    """Deliver what is due until `stopping` is set."""
    while not stopping.is_set():
        if outbox.deliver_due() == 0 and stopping.wait(POLL_SECONDS):
            return
