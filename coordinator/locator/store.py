"""The locator's entries by token: holders with consented fields for an asker and a purpose; in the caller's session."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Table, bindparam, delete, func, insert, select
from sqlalchemy.orm import Session

from coordinator.locator.tables import EntryRow
from coordinator.tables import EntityRow
from records_exchange.locator_messages import MAX_HOLDERS_NAMED, LocatorEntry
from trust.parties import EntityStatus

PAGE: Final = 2000
"""Entries in one page of a list."""

_CHUNK: Final = 500
_ENTRIES: Final = cast("Table", EntryRow.__table__)

# Built once: it runs for every question. The same statement finds a hit and a miss.
_FIND: Final = (
    select(EntryRow.holder)
    .join(EntityRow, EntityRow.id == EntryRow.holder)
    .where(
        EntryRow.epoch == bindparam("epoch"),
        EntryRow.token == bindparam("token"),
        EntryRow.asker == bindparam("asker"),
        EntryRow.purpose == bindparam("purpose"),
        EntryRow.until > bindparam("now"),
        EntityRow.status == EntityStatus.ACTIVE.value,
    )
    .order_by(EntryRow.holder)
    .limit(MAX_HOLDERS_NAMED + 1)
)


class SqlLocatorStore:
    """The entries of the locator in SQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, holder: str, epoch: int, entries: Sequence[LocatorEntry]) -> None:
        """Publish entries of a holder, in place of those it has under the same tokens."""
        self.remove(holder, epoch, [entry.token for entry in entries])
        rows = [
            {
                "epoch": epoch,
                "token": bytes.fromhex(entry.token),
                "holder": holder,
                "asker": entry.asker,
                "purpose": entry.purpose,
                "until": entry.until,
            }
            for entry in sorted(entries, key=lambda entry: entry.token)
        ]
        if rows:
            self._session.execute(insert(_ENTRIES), rows)

    def remove(self, holder: str, epoch: int, tokens: Sequence[str]) -> None:
        """Delete entries of a holder; tokens that it has not published are ignored."""
        for first in range(0, len(tokens), _CHUNK):
            chosen = [bytes.fromhex(token) for token in tokens[first : first + _CHUNK]]
            where = (_ENTRIES.c.holder == holder) & (_ENTRIES.c.epoch == epoch) & _ENTRIES.c.token.in_(chosen)
            self._session.execute(delete(_ENTRIES).where(where))

    def find(self, epoch: int, token: str, asker: str, purpose: str, now: datetime) -> tuple[str, ...]:
        """Return the active holders of a token that is this asker's for this purpose, by id.

        They are at most one more than an answer names.
        """
        key = {"epoch": epoch, "token": bytes.fromhex(token), "asker": asker, "purpose": purpose, "now": now}
        return tuple(self._session.connection().execute(_FIND, key).scalars())

    def listed(self, holder: str, epoch: int, after: bytes) -> tuple[tuple[bytes, datetime], ...]:
        """Return a page of a holder's own entries, (token, until), in the order of their tokens."""
        query = select(_ENTRIES.c.token, _ENTRIES.c.until).where(
            _ENTRIES.c.holder == holder, _ENTRIES.c.epoch == epoch, _ENTRIES.c.token > after
        )
        rows = self._session.execute(query.order_by(_ENTRIES.c.token).limit(PAGE))
        return tuple((row.token, row.until) for row in rows)

    def count(self, holder: str, epoch: int) -> int:
        """Return the number of a holder's entries."""
        query = select(func.count()).where(_ENTRIES.c.holder == holder, _ENTRIES.c.epoch == epoch)
        return self._session.scalar(query) or 0

    def counts(self) -> dict[tuple[int, str], int]:
        """Return the number of entries by epoch and holder."""
        grouped = (_ENTRIES.c.epoch, _ENTRIES.c.holder)
        rows = self._session.execute(select(*grouped, func.count()).group_by(*grouped).order_by(*grouped))
        return {(epoch, holder): number for epoch, holder, number in rows}

    def delete_ended(self, now: datetime) -> int:
        """Delete the entries that have ended, which no answer names any more, and return their number."""
        return self._session.connection().execute(delete(_ENTRIES).where(_ENTRIES.c.until <= now)).rowcount
