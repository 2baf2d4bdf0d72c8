"""The store of a ledger: the protocol.

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
    """The end of the log: the values that the next append needs, and the newest checkpoint."""

    origin: str
    size: int
    frontier: tuple[bytes, ...]
    """Hashes of the maximal perfect subtrees, from left to right: the root folds from them."""
    checkpoint: bytes
    time: datetime
    """The time of the newest entry."""


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
        """Return the stored hashes of a tile, None when there are none."""
        ...

    def bodies(self, start: int, end: int) -> Iterator[StoredBody]:
        """Iterate over the bodies of entries ``start..end-1`` that were not erased, in order."""
        ...

    def erase_bodies(self, indexes: Sequence[int]) -> int:
        """Destroy bodies and salts; return the number destroyed."""
        ...
