"""Tile arithmetic of C2SP tlog-tiles (https://c2sp.org/tlog-tiles), pure: numbers, paths, and hashes from tiles.

Tile n at level l holds the hashes of up to 256 subtrees of 256^l leaves each, from leaf n*256^(l+1) on.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from consent_ledger.errors import LedgerDamaged
from consent_ledger.proofs.merkle import HASH_BYTES, fold, root_hash
from presentation.messages import _
from trust.errors import MalformedDocument

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
_LENGTH_BYTES: Final = 2
_GROUP: Final = 1000

ReadTile = Callable[[int, int, int], bytes]
"""Given level, index and width, the first ``width * 32`` bytes of a tile."""

ReadLeaves = Callable[[int, int], list[bytes]]
"""Given ``start, end``, the hashes of leaves ``start..end-1``."""


@dataclass(frozen=True, slots=True)
class TileRef:
    """A tile of a tree of a given size, with how many of its 256 hashes that tree has."""

    level: int
    index: int
    width: int

    @property
    def path(self) -> str:
        """The path below the log's prefix, such as ``tile/0/x001/067.p/12``."""
        return f"tile/{self.level}/{number_path(self.index)}{_partial(self.width)}"


def number_path(number: int) -> str:
    """Return ``x001/x234/067`` for 1234067: groups of three digits, all but the last with an x."""
    groups = [f"{number % _GROUP:03d}"]
    while number >= _GROUP:
        number //= _GROUP
        groups.append(f"x{number % _GROUP:03d}")
    return "/".join(reversed(groups))


def bundle_path(index: int, width: int) -> str:
    """Return the path of an entry bundle."""
    return f"tile/entries/{number_path(index)}{_partial(width)}"


def _partial(width: int) -> str:
    return "" if width == TILE_WIDTH else f".p/{width}"


def levels(size: int) -> int:
    """Return how many levels have at least one hash in a tree of `size` leaves."""
    return 0 if size == 0 else (size.bit_length() - 1) // TILE_HEIGHT + 1


def width_of(level: int, index: int, size: int) -> int:
    """Return how many hashes tile `index` of `level` has in a tree of `size` leaves, 0 to 256."""
    hashes = size >> (level * TILE_HEIGHT)
    return max(0, min(TILE_WIDTH, hashes - index * TILE_WIDTH))


def tiles_of(size: int) -> Iterator[TileRef]:
    """Iterate over every tile, full and partial, of a tree of `size` leaves."""
    for level in range(levels(size)):
        hashes = size >> (level * TILE_HEIGHT)
        for index in range(-(-hashes // TILE_WIDTH)):
            yield TileRef(level, index, width_of(level, index, size))


def split_tile(data: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return an entry bundle: each entry after its length in two bytes, big-endian."""
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """Return the `width` entries of a bundle.

    Raises:
        MalformedDocument: truncated, or of another width.
    """
    entries: list[bytes] = []
    position = 0
    while position < len(data):
        start = position + _LENGTH_BYTES
        position = start + int.from_bytes(data[position:start], "big")
        entries.append(data[start:position])
    if position != len(data) or len(entries) != width:
        raise MalformedDocument(_("el bloque de anotaciones no contiene {width} anotaciones", width=width))
    return entries


def grow(frontier: list[bytes], size: int, leaf_hashes: Sequence[bytes]) -> dict[int, list[bytes]]:
    """Append leaves to the frontier of a tree of `size` leaves, in place.

    Returns:
        By level, the hashes of the subtrees of 256^level leaves that became complete, in order, for the tiles.
    """
    added: dict[int, list[bytes]] = {0: list(leaf_hashes)}
    for position, leaf in enumerate(leaf_hashes, size):
        node, rest, height = leaf, position, 0
        while rest & 1:
            node = sha256(b"\x01" + frontier.pop() + node).digest()  # node_hash, spelled out: the inner loop of appends
            rest >>= 1
            height += 1
            if not height % TILE_HEIGHT:
                added.setdefault(height // TILE_HEIGHT, []).append(node)
        frontier.append(node)
    return added


class TileHashes:
    """Subtree hashes of a tree of `size` leaves, read from its tiles; each tile is read once.

    Args:
        size: leaves of the tree.
        read_tile: reads a tile.
        read_leaves: reads leaf hashes of the unfinished tile of level 0, without the rest of the tile; most often the
            last few are needed. None when only whole tiles can be read.
    """

    def __init__(self, size: int, read_tile: ReadTile, read_leaves: ReadLeaves | None = None) -> None:
        self.size = size
        self._read = read_tile
        self._read_leaves = read_leaves
        self._unfinished = size - size % TILE_WIDTH
        self._tiles: dict[tuple[int, int], tuple[bytes, ...]] = {}
        self._known: dict[tuple[int, int], bytes] = {}

    def know(self, size: int, frontier: Sequence[bytes]) -> None:
        """Take in the frontier of the tree, or of one that it extends: the hashes of its maximal perfect subtrees.

        They spare reading the unfinished tiles at the tree's right edge, which nearly every proof touches.
        """
        if frontier:
            self._known.update(zip(perfect_subtrees(0, size), frontier, strict=True))

    def know_leaf(self, index: int, leaf_hash: bytes) -> None:
        """Take in the hash of a leaf."""
        self._known[0, index] = leaf_hash

    def __call__(self, start: int, end: int) -> bytes:
        """Return the hash of the tree over leaves ``start..end-1``, where `start` is aligned as in RFC 6962 proofs."""
        width = end - start
        if width.bit_count() == 1:  # nearly all are perfect
            height = width.bit_length() - 1
            return self._perfect(height, start >> height)
        return fold([self._perfect(height, index) for height, index in perfect_subtrees(start, end)])

    def _perfect(self, height: int, index: int) -> bytes:
        level, rest = divmod(height, TILE_HEIGHT)
        rows = self._tiles.get((level, index >> (TILE_HEIGHT - rest)))
        if rows is None:  # of a path's hashes all but two or three are in tiles that are open
            known = self._known.get((height, index))
            if known is not None:
                return known
            if self._read_leaves is not None and not level and (index << height) >= self._unfinished:
                return self._from_leaves(height, index, self._read_leaves)
            rows = self._open(level, index >> (TILE_HEIGHT - rest))
        first = index % (TILE_WIDTH >> rest) * HASH_BYTES
        return rows[rest][first : first + HASH_BYTES]

    def _from_leaves(self, height: int, index: int, read: ReadLeaves) -> bytes:
        start, end = index << height, (index + 1) << height
        leaves = read(start, end)
        if len(leaves) != end - start:
            raise LedgerDamaged(
                _("no existen las anotaciones {start!s} a {end!s}", start=start, end=end - 1),
                remedy=_("restaure la última copia de seguridad"),
            )
        found = self._known[height, index] = root_hash(leaves)
        return found

    def _open(self, level: int, index: int) -> tuple[bytes, ...]:
        width = width_of(level, index, self.size)
        tile = self._read(level, index, width)
        if len(tile) != width * HASH_BYTES:
            raise LedgerDamaged(
                _("el bloque {level!s}/{index!s} no contiene {width} hashes", level=level, index=index, width=width)
            )
        rows = self._tiles[level, index] = _rows(tile)
        return rows


_REMEMBERED: Final = 512
_known_rows: dict[bytes, tuple[bytes, ...]] = {}


def _rows(tile: bytes) -> tuple[bytes, ...]:
    """Return the hashes inside a tile by height: row 0 is the tile, row h holds the subtrees of 2^h of its hashes.

    Remembered by content, so that nothing stale can be found: sought by the tile's first hash, which is quicker than to
    hash all of it, and taken only if all of it is the same. 24 KiB a tile, 12 MiB at most.
    """
    known = _known_rows.get(tile[:HASH_BYTES])
    if known is not None and known[0] == tile:
        return known
    rows = [tile]
    while len(rows[-1]) >= 2 * HASH_BYTES:
        row = rows[-1]
        pairs = range(0, len(row) - HASH_BYTES, 2 * HASH_BYTES)
        rows.append(b"".join([sha256(b"\x01" + row[i : i + 2 * HASH_BYTES]).digest() for i in pairs]))
    if len(_known_rows) >= _REMEMBERED:
        _known_rows.clear()
    found = _known_rows[tile[:HASH_BYTES]] = tuple(rows)
    return found


def perfect_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut ``start..end`` into perfect subtrees from left to right, as (height, index)."""
    while start < end:
        height = (end - start).bit_length() - 1
        yield height, start >> height
        start += 1 << height
