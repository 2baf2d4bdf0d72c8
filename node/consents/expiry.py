"""Background work: records the end of consents whose validity is over, so that an audit sees each end."""

import threading
from typing import Final

from node.consents.consents import Consents

EVERY_SECONDS: Final = 600.0
"""Not critical: a consent covers nothing from the moment its validity ends, recorded or not."""


def expire_consents(consents: Consents, stopping: threading.Event) -> None:
    """Record ends of validity every ten minutes until `stopping` is set."""
    while True:
        consents.expire_due()
        if stopping.wait(EVERY_SECONDS):
            return
