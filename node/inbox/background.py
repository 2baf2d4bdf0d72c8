"""Background work: notes what only time brings about, so that somebody sees it in the inbox."""

import threading
from typing import TYPE_CHECKING, Final

from node.inbox.sweep import sweep

if TYPE_CHECKING:
    from node.context import NodeContext

EVERY_SECONDS: Final = 600.0


def watch_attention(context: "NodeContext", stopping: threading.Event) -> None:
    """Bring up to date what waits for attention now and then, until `stopping` is set."""
    while True:
        sweep(context)
        if stopping.wait(EVERY_SECONDS):
            return
