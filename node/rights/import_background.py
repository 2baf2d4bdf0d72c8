"""Background work: takes back what an import, or an undoing, left that was interrupted."""

import threading
from typing import Final

from node.rights.import_undo import ImportUndoing

EVERY_SECONDS: Final = 60.0
"""Until then other changes of people's records are refused; readers see what stood before."""


def settle_imports(undoing: ImportUndoing, stopping: threading.Event) -> None:
    """Take interrupted imports back every minute until `stopping` is set."""
    while True:
        undoing.settle()
        if stopping.wait(EVERY_SECONDS):
            return
