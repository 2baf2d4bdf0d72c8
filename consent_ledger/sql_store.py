"""The ledger in a relational database, inside a session somebody else opens and commits."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from sqlalchemy import CursorResult, Insert, Select, Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from consent_ledger.entry import SealedEntry
from consent_ledger.errors import LedgerDamaged
from consent_ledger.sql_driver import DriverStatement, connection_of
from consent_ledger.store import Head, StoredBody, Tile
from consent_ledger.tables import LedgerBodyRow, LedgerEntryRow, LedgerHeadRow, LedgerTileRow
from consent_ledger.tiles import split_tile

_HEAD: Final = cast("Table", LedgerHeadRow.__table__)
_ENTRIES: Final = cast("Table", LedgerEntryRow.__table__)
_BODIES: Final = cast("Table", LedgerBodyRow.__table__)
_TILES: Final = cast("Table", LedgerTileRow.__table__)
_ROW: Final = 1
# Statements of the append, built once: building them costs more than running them.
_READ_HEAD: Final = select(_HEAD).where(_HEAD.c.id == _ROW)
_LOCK_HEAD: Final = _READ_HEAD.with_for_update()
_UPDATE_HEAD: Final = update(_HEAD).where(_HEAD.c.id == _ROW)
_INSERT_HEAD: Final = insert(_HEAD)
_INSERT_ENTRIES: Final = insert(_ENTRIES)
_INSERT_BODIES: Final = insert(_BODIES)
_THIS_TILE: Final = (_TILES.c.level == bindparam("at_level")) & (_TILES.c.tile_index == bindparam("at_index"))
_READ_TILE: Final = select(_TILES.c.hashes).where(_THIS_TILE)
_UPDATE_TILE: Final = update(_TILES).where(_THIS_TILE).values(hashes=bindparam("data"))
_INSERT_TILE: Final = insert(_TILES).values(
    level=bindparam("at_level"), tile_index=bindparam("at_index"), hashes=bindparam("data")
)
_THESE: Final = (_ENTRIES.c.entry_index >= bindparam("first")) & (_ENTRIES.c.entry_index < bindparam("last"))
_READ_LEAVES: Final = DriverStatement(
    select(_ENTRIES.c.leaf).where(_THESE).order_by(_ENTRIES.c.entry_index), ["first", "last"], [_ENTRIES.c.leaf]
)
_MANY: Final = 20
"""Rows from which on compiling a statement anew pays off."""
_BATCH: Final = 1000
"""Rows read at a time: streaming in bounded memory."""


class SqlLedgerStore:
    """A `LedgerStore` over SQLAlchemy. On SQLite the caller's transaction is the lock (BEGIN IMMEDIATE)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def head(self) -> Head | None:
        """See `LedgerStore`."""
        return self._read_head(_READ_HEAD)

    def lock_head(self) -> Head | None:
        """See `LedgerStore`."""
        dialect = self._session.get_bind().dialect.name
        if dialect == "postgresql":
            from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - only where it is the database

            # The row must exist to be locked; a second first writer waits here until the first one commits.
            empty = {"id": _ROW, "origin": "", "size": 0, "frontier": b"", "checkpoint": b""}
            self._session.execute(postgresql.insert(_HEAD).values(empty).on_conflict_do_nothing())
        return self._read_head(_LOCK_HEAD)

    def _read_head(self, query: Select[Any]) -> Head | None:
        row = self._session.connection().execute(query).one_or_none()
        if row is None or row.time is None:
            return None
        return Head(row.origin, row.size, tuple(split_tile(row.frontier)), row.checkpoint, row.time)

    def append(self, head: Head, entries: Sequence[SealedEntry], tiles: Sequence[Tile]) -> None:
        """See `LedgerStore`.

        Raises:
            LedgerDamaged: there is already an entry where the new ones go.
        """
        first = head.size - len(entries)
        try:
            self._insert(_INSERT_ENTRIES, [(i, entry.leaf) for i, entry in enumerate(entries, first)])
            self._insert(_INSERT_BODIES, [(i, e.salt, e.body) for i, e in enumerate(entries, first)])
        except IntegrityError as error:
            raise LedgerDamaged(f"there is already an entry at {first}", remedy="restore the last backup") from error
        for tile in tiles:
            self._write_tile(tile)
        self._write_head(head)

    def _insert(self, statement: Insert, rows: list[tuple[int | bytes, ...]]) -> None:
        """Insert rows, given in the order of the table's columns; many of them without SQLAlchemy's work on each."""
        connection = self._session.connection()
        if len(rows) >= _MANY and connection.dialect.positional:
            connection.exec_driver_sql(str(statement.compile(dialect=connection.dialect)), rows)
            return
        names = [column.name for column in statement.table.columns]
        connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])

    def _write_head(self, head: Head) -> None:
        values = {
            "origin": head.origin,
            "size": head.size,
            "frontier": b"".join(head.frontier),
            "checkpoint": head.checkpoint,
            "time": head.time,
        }
        connection = self._session.connection()
        if not connection.execute(_UPDATE_HEAD, values).rowcount:
            connection.execute(_INSERT_HEAD, {"id": _ROW, **values})

    def _write_tile(self, tile: Tile) -> None:
        connection = self._session.connection()
        values = {"at_level": tile.level, "at_index": tile.index, "data": tile.data}
        if not connection.execute(_UPDATE_TILE, values).rowcount:
            connection.execute(_INSERT_TILE, values)

    def _changed(self, statement: Any) -> int:
        return cast("CursorResult[Any]", self._session.execute(statement)).rowcount

    def leaves(self, start: int, end: int) -> Iterator[bytes]:
        """See `LedgerStore`."""
        for first in range(start, end, _BATCH):
            for (leaf,) in _READ_LEAVES.all(connection_of(self._session), first, min(first + _BATCH, end)):
                yield leaf

    def tile(self, level: int, index: int) -> bytes | None:
        """See `LedgerStore`."""
        found = self._session.connection().execute(_READ_TILE, {"at_level": level, "at_index": index})
        return found.scalar_one_or_none()

    def bodies(self, start: int, end: int) -> Iterator[StoredBody]:
        """See `LedgerStore`."""
        for row in self._stream(select(_BODIES), _BODIES.c.entry_index, start, end):
            yield StoredBody(row.entry_index, row.body, row.salt)

    def _stream(self, query: Select[Any], column: Any, start: int, end: int) -> Iterator[Any]:
        for first in range(start, end, _BATCH):
            last = min(first + _BATCH, end)
            yield from self._session.execute(query.where(column >= first, column < last).order_by(column))

    def erase_bodies(self, indexes: Sequence[int]) -> int:
        """See `LedgerStore`."""
        erased = 0
        for first in range(0, len(indexes), _BATCH):
            chosen = indexes[first : first + _BATCH]
            erased += self._changed(delete(_BODIES).where(_BODIES.c.entry_index.in_(chosen)))
        return erased
