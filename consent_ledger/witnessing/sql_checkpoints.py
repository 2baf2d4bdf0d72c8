"""Observed checkpoints in a relational database, inside a session that the caller opens and commits."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, cast

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from consent_ledger.witnessing.tables import ObservedCheckpointRow
from consent_ledger.witnessing.witness import Observed, origin_hash
from service.sql_driver import DriverStatement, connection_of

_ROWS: Final = cast("Table", ObservedCheckpointRow.__table__)
_VALUES: Final = (_ROWS.c.size, _ROWS.c.root, _ROWS.c.note, _ROWS.c.time)
_NAMES: Final = [column.name for column in _VALUES]
# These run with every answer of another entity.
_THIS: Final = (_ROWS.c.role == bindparam("this_role")) & (_ROWS.c.origin == bindparam("this_origin"))
_KEY: Final = ["this_role", "this_origin"]
_GET: Final = DriverStatement(select(*_VALUES).where(_THIS), _KEY, _VALUES)
_LOCK: Final = DriverStatement(select(*_VALUES).where(_THIS).with_for_update(), _KEY, _VALUES)
_UPDATE: Final = DriverStatement(update(_ROWS).where(_THIS), [*_NAMES, *_KEY])
_INSERT: Final = DriverStatement(insert(_ROWS), ["role", "origin", *_NAMES])
_FORGET: Final = DriverStatement(delete(_ROWS).where(_THIS), _KEY)


class CheckpointRole(StrEnum):
    """The part that a kept checkpoint plays."""

    WITNESS = "witness"
    """Cosigned here as a witness of another log."""

    PEER = "peer"
    """The newest one of another entity's answers, proved to extend those before."""

    UNPROVEN = "unproven"
    """In an answer of an entity that has not yet proved that it extends the one before."""

    OWN = "own"
    """Our own, with cosignatures enough for the network's quorum."""


class SqlCheckpointStore:
    """A `CheckpointStore` over SQLAlchemy, for one role. On SQLite the caller's transaction is the lock."""

    def __init__(self, session: Session, role: CheckpointRole) -> None:
        self._session = session
        self._role = role

    def lock(self, origin: str) -> Observed | None:
        """See `CheckpointStore`."""
        connection = connection_of(self._session)
        row = _LOCK.one(connection, self._role, origin)
        if row is None and connection.dialect.name == "postgresql":
            from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - only where it is the database

            # The row must exist to be locked: a second first request waits here until the first one commits.
            empty = {"role": self._role, "origin": origin, "size": 0, "root": b"", "note": b""}
            connection.execute(postgresql.insert(_ROWS).values(empty).on_conflict_do_nothing())
            row = _LOCK.one(connection, self._role, origin)
        return _observed(row)

    def get(self, origin: str) -> Observed | None:
        """Return the checkpoint of a log, without locking it."""
        return _observed(_GET.one(connection_of(self._session), self._role, origin))

    def put(self, origin: str, observed: Observed) -> None:
        """See `CheckpointStore`."""
        connection = connection_of(self._session)
        values = (observed.size, observed.root, observed.note, observed.time)
        if not _UPDATE.run(connection, *values, self._role, origin):
            _INSERT.run(connection, self._role, origin, *values)

    def forget(self, origin: str) -> None:
        """Delete the checkpoint of a log."""
        _FORGET.run(connection_of(self._session), self._role, origin)

    def find(self, origin_sha256: str) -> Observed | None:
        """See `CheckpointStore`. A network has at most some thousand logs, so all are read."""
        return next((seen for origin, seen in self.all() if origin_hash(origin) == origin_sha256), None)

    def all(self) -> Iterator[tuple[str, Observed]]:
        """Iterate over the checkpoints of this role, by origin."""
        query = select(_ROWS).where(_ROWS.c.role == self._role, _ROWS.c.time.is_not(None)).order_by(_ROWS.c.origin)
        for row in self._session.execute(query):
            yield row.origin, Observed(row.size, row.root, row.note, row.time)


def _observed(row: tuple[Any, ...] | None) -> Observed | None:
    return None if row is None or row[-1] is None else Observed(*row)
