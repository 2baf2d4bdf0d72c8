"""One import, or undoing of one, at a time at a node: a lock on a file, which ends with its process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from node.people.errors import ImportRunning
from presentation.messages import _
from service.files import private_file

LOCK_FILE: Final = "import.lock"


@contextmanager
def import_lock(home: Path) -> Iterator[None]:
    """Keep other imports of this node out while the block runs.

    Raises:
        ImportRunning: one is under way in another process.
        HomeUnusable: the file cannot be made.
    """
    path = home / LOCK_FILE
    private_file(path)
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ImportRunning(
                _("otro proceso está importando un fichero de fichas"), remedy=_("espere a que termine")
            ) from error
        yield
    finally:
        os.close(descriptor)
