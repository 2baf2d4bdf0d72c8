"""Epochs of the locator's key: the first one, rotation, and the end; inside the caller's transaction.

During a rotation both epochs are answered until the older one's stated end. Nodes learn of it from the directory, and
publish under the new one by themselves. A caller that changes an epoch publishes the directory in the same transaction.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from coordinator.locator.errors import LocatorEpochUnknown, LocatorOverlapInvalid, LocatorRotationUnderWay
from coordinator.locator.keys import LocatorKeys
from coordinator.locator.tables import EntryRow, EpochRow
from presentation.messages import _
from trust.locator_terms import HeldKey, LocatorEpoch, LocatorTerms
from trust.parties import COORDINATOR_ID

SHORTEST_OVERLAP: Final = timedelta(days=1)
LONGEST_OVERLAP: Final = timedelta(days=90)


class EpochRegister:
    """The epochs of one network, working inside a session."""

    def __init__(self, session: Session, keys: LocatorKeys) -> None:
        self._session = session
        self._keys = keys

    def terms(self, now: datetime) -> LocatorTerms | None:
        """Return the locator's terms for the directory; None before the first key."""
        live = [epoch for epoch in map(_epoch, self._rows()) if epoch.live(now)]
        return LocatorTerms(epochs=tuple(live)) if live else None

    def live(self, number: int, now: datetime) -> LocatorEpoch:
        """Return an epoch that is answered now.

        Raises:
            LocatorEpochUnknown: it has ended, or there is none.
        """
        row = self._session.get(EpochRow, number)
        epoch = _epoch(row) if row else None
        if epoch is None or not epoch.live(now):
            raise LocatorEpochUnknown(
                _("la época {number:d} del localizador no está en vigor", number=number),
                remedy=_("descargue de nuevo el directorio"),
            )
        return epoch

    def require_keys(self, now: datetime) -> None:
        """Check that the private key of every live epoch is there and belongs to the published one.

        Raises:
            LocatorKeyDamaged: a key is missing, unreadable, or another one.
        """
        for epoch in map(_epoch, self._rows()):
            if epoch.live(now):
                self._keys.require(epoch.number, epoch.keys[0].public_key)

    def begin_first(self, now: datetime) -> None:
        """Create the first key, unless there is one."""
        if not self._rows():
            self._begin(1, now)

    def rotate(self, overlap: timedelta, now: datetime) -> LocatorEpoch:
        """Begin the next epoch; the present one is answered for `overlap` more.

        Raises:
            LocatorOverlapInvalid: an overlap out of bounds.
            LocatorRotationUnderWay: the last rotation has not ended.
        """
        if not SHORTEST_OVERLAP <= overlap <= LONGEST_OVERLAP:
            raise LocatorOverlapInvalid(
                _("el solapamiento debe ser de 1 a 90 días"), remedy=_("indique otro --overlap-days")
            )
        rows = self._rows()
        current = [row for row in rows if _epoch(row).live(now)]
        if len(current) > 1:
            ends = min(row.ends_at for row in current if row.ends_at)
            raise LocatorRotationUnderWay(
                _("la última rotación termina el {ends}", ends=ends), remedy=_("espere hasta entonces")
            )
        for row in current:
            row.ends_at = now + overlap
        return self._begin(rows[-1].number + 1 if rows else 1, now)

    def retire(self, now: datetime) -> tuple[int, ...]:
        """Destroy keys and entries of the epochs that have ended, and return their numbers."""
        ended = [row for row in self._rows() if not _epoch(row).live(now)]
        for row in ended:
            self._keys.destroy(row.number)
            self._session.execute(delete(EntryRow).where(EntryRow.epoch == row.number))
            self._session.delete(row)
        self._session.flush()
        return tuple(row.number for row in ended)

    def _begin(self, number: int, now: datetime) -> LocatorEpoch:
        pair = self._keys.create(number)
        row = EpochRow(number=number, public_key=pair.public.hex(), started_at=now, ends_at=None)
        self._session.add(row)
        self._session.flush()
        return _epoch(row)

    def _rows(self) -> list[EpochRow]:
        return list(self._session.scalars(select(EpochRow).order_by(EpochRow.number)))


OpenEpochs = Callable[[Session], EpochRegister]
"""Opens the epochs inside a unit of work."""


def _epoch(row: EpochRow) -> LocatorEpoch:
    return LocatorEpoch(
        number=row.number,
        keys=(HeldKey(holder=COORDINATOR_ID, public_key=row.public_key),),
        started=row.started_at,
        ends=row.ends_at,
    )
