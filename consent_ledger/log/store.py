"""Where a ledger is kept: the protocol, and an implementation in memory for tests and tools.

A store does no hashing and takes no decision. `ConsentLedger` locks the head, computes, and hands everything that one
append changes to `append` in one call, inside the caller's transaction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from consent_ledger.log.entry import SealedEntry


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log: what the next append needs, and the newest checkpoint."""

    origin: str
    size: int
    frontier: tuple[bytes, ...]
    """Hashes of the maximal perfect subtrees, from left to right: the root folds from them."""
    checkpoint: bytes
    time: datetime
    """When the newest entry was appended."""


@dataclass(frozen=True, slots=True)
class Tile:
    """The first hashes of a tile, 32 bytes each."""

    level: int
    index: int
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredBody:
    """A body and its salt, where they were not erased."""

    index: int
    body: bytes
    salt: bytes


class LedgerStore(Protocol):
    """Keeps one log. Tiles of level 0 are kept once full; of higher levels always."""

    def head(self) -> Head | None:
        """Return the end of the log, None for one that was never written."""
        ...

    def lock_head(self) -> Head | None:
        """Return the end of the log and keep every other writer out until the transaction ends."""
        ...

    def append(self, head: Head, entries: Sequence[SealedEntry], tiles: Sequence[Tile]) -> None:
        """Write entries with their bodies, the tiles they complete or change, and the new head."""
        ...

    def leaves(self, start: int, end: int) -> Iterator[bytes]:
        """Iterate over the leaves ``start..end-1``, in order."""
        ...

    def tile(self, level: int, index: int) -> bytes | None:
        """Return what is kept of a tile."""
        ...

    def bodies(self, start: int, end: int) -> Iterator[StoredBody]:
        """Iterate over the bodies of entries ``start..end-1`` that were not erased, in order."""
        ...

    def erase_bodies(self, indexes: Sequence[int]) -> int:
        """Destroy bodies and salts; return how many there were."""
        ...


class InMemoryLedgerStore:
    """A `LedgerStore` that forgets everything at exit."""

    def __init__(self) -> None:
        self._head: Head | None = None
        self._leaves: list[bytes] = []
        self._tiles: dict[tuple[int, int], bytes] = {}
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
            index = len(self._leaves)
            self._leaves.append(entry.leaf)
            self._bodies[index] = StoredBody(index, entry.body, entry.salt)
        self._tiles.update({(tile.level, tile.index): tile.data for tile in tiles})
        self._head = head

    def leaves(self, start: int, end: int) -> Iterator[bytes]:
        """See `LedgerStore`."""
        return iter(self._leaves[start:end])

    def tile(self, level: int, index: int) -> bytes | None:
        """See `LedgerStore`."""
        return self._tiles.get((level, index))

    def bodies(self, start: int, end: int) -> Iterator[StoredBody]:
        """See `LedgerStore`."""
        return (self._bodies[index] for index in range(start, end) if index in self._bodies)

    def erase_bodies(self, indexes: Sequence[int]) -> int:
        """See `LedgerStore`."""
        return sum(self._bodies.pop(index, None) is not None for index in indexes)
