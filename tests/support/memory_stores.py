"""Stores in memory that keep the promises of the product's: for tests that need no database."""

from collections.abc import Iterator, Sequence

from consent_ledger.log.entry import SealedEntry
from consent_ledger.log.store import Head, StoredBody, Tile
from consent_ledger.witnessing.witness import Observed, origin_hash


class InMemoryLedgerStore:
    """A `LedgerStore` that forgets everything at exit."""

    def __init__(self) -> None:
        self._head: Head | None = None
        self.leaf_bytes: list[bytes] = []
        self.tile_bytes: dict[tuple[int, int], bytes] = {}
        self._bodies: dict[int, StoredBody] = {}

    def head(self) -> Head | None:
        """See `LedgerStore`."""
        return self._head

    def lock_head(self) -> Head | None:
        """See `LedgerStore`; one thread, nothing to keep out."""
        return self._head

    def append(self, head: Head, entries: Sequence[SealedEntry], tiles: Sequence[Tile]) -> None:
        """See `LedgerStore`."""
        for entry in entries:
            index = len(self.leaf_bytes)
            self.leaf_bytes.append(entry.leaf)
            self._bodies[index] = StoredBody(index, entry.body, entry.salt)
        self.tile_bytes.update({(tile.level, tile.index): tile.data for tile in tiles})
        self._head = head

    def leaves(self, start: int, end: int) -> Iterator[bytes]:
        """See `LedgerStore`."""
        return iter(self.leaf_bytes[start:end])

    def tile(self, level: int, index: int) -> bytes | None:
        """See `LedgerStore`."""
        return self.tile_bytes.get((level, index))

    def bodies(self, start: int, end: int) -> Iterator[StoredBody]:
        """See `LedgerStore`."""
        return (self._bodies[index] for index in range(start, end) if index in self._bodies)

    def erase_bodies(self, indexes: Sequence[int]) -> int:
        """See `LedgerStore`."""
        return sum(self._bodies.pop(index, None) is not None for index in indexes)


class InMemoryCheckpointStore:
    """A `CheckpointStore` that forgets everything at exit."""

    def __init__(self) -> None:
        self._known: dict[str, Observed] = {}

    def lock(self, origin: str) -> Observed | None:
        """See `CheckpointStore`; one thread, nothing to keep out."""
        return self._known.get(origin)

    def put(self, origin: str, observed: Observed) -> None:
        """See `CheckpointStore`."""
        self._known[origin] = observed

    def find(self, origin_sha256: str) -> Observed | None:
        """See `CheckpointStore`."""
        return next((seen for origin, seen in self._known.items() if origin_hash(origin) == origin_sha256), None)
