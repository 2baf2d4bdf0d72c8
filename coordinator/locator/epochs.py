"""Epochs of the locator's key: the first one, rotation, and the end; inside the caller's transaction.

During a rotation both epochs are answered until the older one's stated end. Nodes learn of it from the directory, and
publish under the new one by themselves. A caller that changes an epoch publishes the directory in the same transaction.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from coordinator.locator.errors import LocatorOverlapInvalid, LocatorRotationUnderWay
from coordinator.locator.holders import KeyHolders
from coordinator.locator.keys import LocatorKeys
from coordinator.locator.tables import EntryRow, EpochRow
from presentation.messages import _
from records_exchange.errors import LocatorEpochUnknown
from trust.locator_terms import LONGEST_OVERLAP, HeldKey, LocatorEpoch, LocatorTerms
from trust.parties import COORDINATOR_ID

SHORTEST_OVERLAP: Final = timedelta(days=1)


class EpochRegister:
    """The epochs of one network, working inside a session."""

    def __init__(self, session: Session, keys: LocatorKeys) -> None:
        self._session = session
        self._keys = keys
        self.holders = KeyHolders(session)

    def terms(self, now: datetime) -> LocatorTerms | None:
        """Return the locator's terms for the directory; None before the first key."""
        live = [epoch for epoch in map(self._epoch, self._rows()) if epoch.live(now)]
        return LocatorTerms(epochs=tuple(live)) if live else None

    def live(self, number: int, now: datetime) -> LocatorEpoch:
        """Return an epoch that is answered now.

        Raises:
            LocatorEpochUnknown: it has ended, or there is none.
        """
        return self._epoch(self._live(number, now))

    def require_live(self, number: int, now: datetime) -> str:
        """Return the coordinator's key of an epoch that is answered now.

        Raises:
            LocatorEpochUnknown: it has ended, or there is none.
        """
        return self._live(number, now).public_key

    def require_keys(self, now: datetime) -> None:
        """Check that the private key of every live epoch is there and belongs to the published one.

        Raises:
            LocatorKeyDamaged: a key is missing, unreadable, or another one.
        """
        for row in self._rows():
            if _is_live(row, now):
                self._keys.require(row.number, row.public_key)

    def begin_first(self, now: datetime) -> None:
        """Create the first key, unless there is one."""
        if not self._rows():
            self._begin(1, now)

    def rotate(self, overlap: timedelta, now: datetime) -> LocatorEpoch:
        """Begin the next epoch with a new key of the coordinator, and the newest of every other key holder.

        The present one is answered for `overlap` more: none at all where nothing was published under it.

        Raises:
            LocatorOverlapInvalid: an overlap out of bounds.
            LocatorRotationUnderWay: the last rotation has not ended.
        """
        rows = self._rows()
        current = [row for row in rows if _is_live(row, now)]
        shortest = SHORTEST_OVERLAP if self._published([row.number for row in current]) else timedelta(0)
        if not shortest <= overlap <= LONGEST_OVERLAP:
            raise LocatorOverlapInvalid(
                _("el solapamiento debe ser de 1 a 90 días"), remedy=_("indique otro --overlap-days")
            )
        if len(current) > 1:
            ends = min(row.ends_at for row in current if row.ends_at)
            raise LocatorRotationUnderWay(
                _("la última rotación termina el {ends}", ends=ends), remedy=_("espere hasta entonces")
            )
        for row in current:
            row.ends_at = now + overlap
        return self._begin(rows[-1].number + 1 if rows else 1, now)

    def waits_for_rotation(self, now: datetime) -> bool:
        """Return whether a key holder changed its key, or was chosen or dismissed, and the next epoch may begin."""
        live = [row for row in self._rows() if _is_live(row, now)]
        return len(live) == 1 and self.holders.wait_for(live[0].number)

    def retire(self, now: datetime) -> tuple[int, ...]:
        """Destroy keys and entries of the epochs that have ended, and return their numbers."""
        ended = [row for row in self._rows() if not _is_live(row, now)]
        for row in ended:
            self._keys.destroy(row.number)
            self.holders.forget(row.number)
            self._session.execute(delete(EntryRow).where(EntryRow.epoch == row.number))
            self._session.delete(row)
        self._session.flush()
        return tuple(row.number for row in ended)

    def _begin(self, number: int, now: datetime) -> LocatorEpoch:
        pair = self._keys.create(number)
        row = EpochRow(number=number, public_key=pair.public.hex(), started_at=now, ends_at=None)
        self._session.add(row)
        self._session.flush()
        self.holders.name_in(number)
        return self._epoch(row)

    def _live(self, number: int, now: datetime) -> EpochRow:
        row = self._session.get(EpochRow, number)
        if row is None or not _is_live(row, now):
            raise LocatorEpochUnknown(
                _("la época {number:d} del localizador no está en vigor", number=number),
                remedy=_("descargue de nuevo el directorio"),
            )
        return row

    def _published(self, epochs: list[int]) -> bool:
        entries = select(EntryRow.epoch).where(EntryRow.epoch.in_(epochs)).limit(1)
        return self._session.scalars(entries).first() is not None

    def _epoch(self, row: EpochRow) -> LocatorEpoch:
        return LocatorEpoch(
            number=row.number,
            keys=(HeldKey(holder=COORDINATOR_ID, public_key=row.public_key), *self.holders.keys_of(row.number)),
            started=row.started_at,
            ends=row.ends_at,
        )

    def _rows(self) -> list[EpochRow]:
        return list(self._session.scalars(select(EpochRow).order_by(EpochRow.number)))


OpenEpochs = Callable[[Session], EpochRegister]
"""Opens the epochs inside a unit of work."""


def _is_live(row: EpochRow, now: datetime) -> bool:
    return row.ends_at is None or now < row.ends_at
