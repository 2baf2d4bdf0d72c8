"""How much a test has made this process read: a bound on work that no busy machine breaks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MODULES: Final = 64 << 20
"""Bytes that imports may read meanwhile."""


def bytes_read() -> int:
    """Return the bytes that this process has read from files, pipes and devices (``rchar`` of proc(5))."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])


@contextmanager
def reading_at_most(most: int) -> Iterator[None]:
    """Fail when the block reads more than so many bytes, and what modules take."""
    before = bytes_read()
    yield
    read = bytes_read() - before
    assert read <= most + MODULES, f"{read} bytes read"
