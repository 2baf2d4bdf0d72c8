"""pymerkle, to compare with: GPL, so that it is installed by hand for this and never comes with ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.benchmarks.ledger import Write, release, row_of

HOW = "pymerkle is not installed: .venv/bin/pip install pymerkle==7.0.0"


def installed() -> bool:
    """Return whether it is there."""
    return find_spec("pymerkle") is not None


@contextmanager
def peer_tree(path: Path) -> Iterator[Any]:
    """Open a new tree on SQLite, with its own settings (rollback journal, synchronous=FULL)."""
    import pymerkle

    with pymerkle.SqliteTree(str(path)) as tree:
        yield tree


def peer_writer(tree: Any) -> Write:
    """Return its durable appends of the same bytes."""
    row = row_of(release())

    def append(count: int) -> None:
        if count == 1:
            tree.append_entry(row)
        else:
            tree.append_entries([row] * count)

    return append
