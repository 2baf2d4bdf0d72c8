"""Background work: keeps the inbox up to date."""

import threading
from typing import Final

from node.inbox.sweep import InboxSweep

EVERY_SECONDS: Final = 600.0


def sweep_inbox(sweep: InboxSweep, stopping: threading.Event) -> None:
    """Sweep the inbox every ten minutes until `stopping` is set."""
    while True:
        sweep.run()
        if stopping.wait(EVERY_SECONDS):
            return
