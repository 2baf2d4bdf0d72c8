"""How much memory this process has taken at most.

The kernel's own count (``ru_maxrss``) is not started anew for a program: one that a large process starts begins with
that process's size. The figure in ``/proc`` is.
"""

import atexit
import re
import sys
from pathlib import Path


def peak_megabytes() -> float:
    """Return the largest resident size of this process so far.

    Raises:
        RuntimeError: this system does not tell.
    """
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    if found is None:
        raise RuntimeError("this system does not tell the largest resident size")
    return int(found[1]) / 1024


def tell_at_exit() -> None:
    """Print it as the last line on standard error when the process ends."""
    atexit.register(lambda: print(peak_megabytes(), file=sys.stderr))  # noqa: T201 - read by whoever started it
