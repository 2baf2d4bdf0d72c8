"""The ledger in a relational database, inside a session that the caller opens and commits."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol, cast

from sqlalchemy import CursorResult, Select, Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from consent_ledger.errors import LedgerDamaged
from consent_ledger.log.entry import SealedEntry
from consent_ledger.log.store import Head, StoredBody, Tile
from consent_ledger.log.tables import LedgerBodyRow, LedgerEntryRow, LedgerHeadRow, LedgerTileRow
from consent_ledger.proofs.tiles import split_tile
from presentation.messages import _
from service.sql_driver import DriverStatement, connection_of

_HEAD: Final = cast("Table", LedgerHeadRow.__table__)
_ENTRIES: Final = cast("Table", LedgerEntryRow.__table__)
_BODIES: Final = cast("Table", LedgerBodyRow.__table__)
_TILES: Final = cast("Table", LedgerTileRow.__table__)
_ROW: Final = 1
_HEAD_COLUMNS: Final = tuple(_HEAD.c[name] for name in ("origin", "size", "frontier", "checkpoint", "time", "binding"))
_HEAD_NAMES: Final = [column.name for column in _HEAD_COLUMNS]
_THIS_HEAD: Final = select(*_HEAD_COLUMNS).where(_HEAD.c.id == bindparam("at_id"))
_READ_HEAD: Final = DriverStatement(_THIS_HEAD, ["at_id"], _HEAD_COLUMNS)
_LOCK_HEAD: Final = DriverStatement(_THIS_HEAD.with_for_update(), ["at_id"], _HEAD_COLUMNS)
_UPDATE_HEAD: Final = DriverStatement(update(_HEAD).where(_HEAD.c.id == bindparam("at_id")), [*_HEAD_NAMES, "at_id"])
_BIND_HEAD: Final = DriverStatement(update(_HEAD).where(_HEAD.c.id == bindparam("at_id")), ["binding", "at_id"])
_INSERT_HEAD: Final = DriverStatement(insert(_HEAD), ["id", *_HEAD_NAMES])
_INSERT_ENTRY: Final = DriverStatement(insert(_ENTRIES), ["entry_index", "leaf"])
_INSERT_BODY: Final = DriverStatement(insert(_BODIES), ["entry_index", "salt", "body"])
_THIS_TILE: Final = (_TILES.c.level == bindparam("at_level")) & (_TILES.c.tile_index == bindparam("at_index"))
_READ_TILE: Final = DriverStatement(
    select(_TILES.c.hashes).where(_THIS_TILE), ["at_level", "at_index"], [_TILES.c.hashes]
)
_UPDATE_TILE: Final = DriverStatement(update(_TILES).where(_THIS_TILE), ["hashes", "at_level", "at_index"])
_INSERT_TILE: Final = DriverStatement(insert(_TILES), ["level", "tile_index", "hashes"])
_THESE: Final = (_ENTRIES.c.entry_index >= bindparam("first")) & (_ENTRIES.c.entry_index < bindparam("last"))
_READ_LEAVES: Final = DriverStatement(
    select(_ENTRIES.c.leaf).where(_THESE).order_by(_ENTRIES.c.entry_index), ["first", "last"], [_ENTRIES.c.leaf]
)
_BATCH: Final = 1000
"""Rows read at a time: streaming in bounded memory."""


class HeadBinding(Protocol):
    """Binds the head of the log to what the entity stores beside it, so that putting that back is noticed."""

    def verify(self, origin: str, size: int, binding: bytes | None) -> None:
        """Check the binding of the stored head before another is written.

        Raises:
            RedpactError: what is stored beside the log is not what it was when this head was written.
        """
        ...

    def of(self, origin: str, size: int) -> bytes:
        """Return the binding of a new head, at most 32 bytes."""
        ...


class SqlLedgerStore:
    """A `LedgerStore` over SQLAlchemy. On SQLite the caller's transaction is the lock (BEGIN IMMEDIATE)."""

    def __init__(self, session: Session, binding: HeadBinding | None = None) -> None:
        self._session = session
        self._binding = binding

    def head(self) -> Head | None:
        """See `LedgerStore`."""
        return _head_of(_READ_HEAD.one(connection_of(self._session), _ROW))

    def lock_head(self) -> Head | None:
        """See `LedgerStore`."""
        connection = connection_of(self._session)
        row = _LOCK_HEAD.one(connection, _ROW)
        if row is None and connection.dialect.name == "postgresql":
            from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - only where it is the database

            # The row must exist to be locked; a second first writer waits here until the first one commits.
            empty = {"id": _ROW, "origin": "", "size": 0, "frontier": b"", "checkpoint": b""}
            connection.execute(postgresql.insert(_HEAD).values(empty).on_conflict_do_nothing())
            row = _LOCK_HEAD.one(connection, _ROW)
        head = _head_of(row)
        if self._binding is not None and head is not None and row is not None:
            self._binding.verify(head.origin, head.size, row[-1])
        return head

    def append(self, head: Head, entries: Sequence[SealedEntry], tiles: Sequence[Tile]) -> None:
        """See `LedgerStore`.

        Raises:
            LedgerDamaged: there is already an entry where the new ones go.
        """
        first = head.size - len(entries)
        connection = connection_of(self._session)
        try:
            if len(entries) == 1:  # as nearly always
                _INSERT_ENTRY.run(connection, first, entries[0].leaf)
                _INSERT_BODY.run(connection, first, entries[0].salt, entries[0].body)
            elif entries:
                _INSERT_ENTRY.run_many(connection, [(i, entry.leaf) for i, entry in enumerate(entries, first)])
                _INSERT_BODY.run_many(connection, [(i, e.salt, e.body) for i, e in enumerate(entries, first)])
        except IntegrityError as error:
            raise LedgerDamaged(
                _("ya hay una anotación con el número {first!s}", first=first),
                remedy=_("restaure la última copia de seguridad"),
            ) from error
        for tile in tiles:
            if not _UPDATE_TILE.run(connection, tile.data, tile.level, tile.index):
                _INSERT_TILE.run(connection, tile.level, tile.index, tile.data)
        bound = self._binding.of(head.origin, head.size) if self._binding is not None else None
        end = (head.origin, head.size, b"".join(head.frontier), head.checkpoint, head.time, bound)
        if not _UPDATE_HEAD.run(connection, *end, _ROW):
            _INSERT_HEAD.run(connection, _ROW, *end)

    def _changed(self, statement: Any) -> int:
        return cast("CursorResult[Any]", self._session.execute(statement)).rowcount

    def leaves(self, start: int, end: int) -> Iterator[bytes]:
        """See `LedgerStore`."""
        for first in range(start, end, _BATCH):
            for (leaf,) in _READ_LEAVES.all(connection_of(self._session), first, min(first + _BATCH, end)):
                yield leaf

    def tile(self, level: int, index: int) -> bytes | None:
        """See `LedgerStore`."""
        row = _READ_TILE.one(connection_of(self._session), level, index)
        return None if row is None else row[0]

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


def _head_of(row: tuple[Any, ...] | None) -> Head | None:
    if row is None:
        return None
    origin, size, frontier, checkpoint, time, _binding = row
    return None if time is None else Head(origin, size, tuple(split_tile(frontier)), checkpoint, time)


def locked_head(session: Session) -> tuple[str, int, bytes | None] | None:
    """Return origin, size and binding of the log's head, locked until the transaction ends; None without entries."""
    row = _LOCK_HEAD.one(connection_of(session), _ROW)
    return None if row is None or row[4] is None else (row[0], row[1], row[5])


def write_binding(session: Session, binding: bytes) -> None:
    """Write another binding of the head that this transaction has locked."""
    _BIND_HEAD.run(connection_of(session), binding, _ROW)
