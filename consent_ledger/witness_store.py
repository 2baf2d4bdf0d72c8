"""Observed checkpoints in a relational database, inside a session somebody else opens and commits."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, cast

from sqlalchemy import Table, insert, select, update
from sqlalchemy.orm import Session

from consent_ledger.witness import Observed, origin_hash
from consent_ledger.witness_tables import ObservedCheckpointRow

_ROWS: Final = cast("Table", ObservedCheckpointRow.__table__)


class Role(StrEnum):
    """Why a checkpoint is remembered."""

    WITNESS = "witness"
    """Cosigned here as a witness of another log."""

    PEER = "peer"
    """The newest one another entity showed us in an answer, proved to extend those before."""

    UNPROVEN = "unproven"
    """Shown in an answer by an entity that has not yet proved that it extends the one before."""

    OWN = "own"
    """Our own, with cosignatures enough for the network's quorum."""


class SqlCheckpointStore:
    """A `CheckpointStore` over SQLAlchemy, for one role. On SQLite the caller's transaction is the lock."""

    def __init__(self, session: Session, role: Role) -> None:
        self._session = session
        self._role = role

    def lock(self, origin: str) -> Observed | None:
        """See `CheckpointStore`."""
        if self._session.get_bind().dialect.name == "postgresql":
            from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - only where it is the database

            # The row must exist to be locked: a second first request waits here until the first one commits.
            empty = {"role": self._role, "origin": origin, "size": 0, "root": b"", "note": b""}
            self._session.execute(postgresql.insert(_ROWS).values(empty).on_conflict_do_nothing())
        query = select(_ROWS).where(_ROWS.c.role == self._role, _ROWS.c.origin == origin).with_for_update()
        row = self._session.execute(query).one_or_none()
        return None if row is None or row.time is None else Observed(row.size, row.root, row.note, row.time)

    def get(self, origin: str) -> Observed | None:
        """Return what is remembered of a log, without locking it."""
        return dict(self.all()).get(origin)

    def put(self, origin: str, observed: Observed) -> None:
        """See `CheckpointStore`."""
        values = {"size": observed.size, "root": observed.root, "note": observed.note, "time": observed.time}
        key = (_ROWS.c.role == self._role) & (_ROWS.c.origin == origin)
        if not self._session.connection().execute(update(_ROWS).where(key).values(values)).rowcount:
            self._session.execute(insert(_ROWS).values(role=self._role, origin=origin, **values))

    def forget(self, origin: str) -> None:
        """Remember nothing of a log any more."""
        self._session.execute(_ROWS.delete().where(_ROWS.c.role == self._role, _ROWS.c.origin == origin))

    def find(self, origin_sha256: str) -> Observed | None:
        """See `CheckpointStore`. A network has at most some thousand logs: they are looked through."""
        return next((seen for origin, seen in self.all() if origin_hash(origin) == origin_sha256), None)

    def all(self) -> Iterator[tuple[str, Observed]]:
        """Iterate over everything remembered in this role, by origin."""
        query = select(_ROWS).where(_ROWS.c.role == self._role, _ROWS.c.time.is_not(None)).order_by(_ROWS.c.origin)
        for row in self._session.execute(query):
            yield row.origin, Observed(row.size, row.root, row.note, row.time)
