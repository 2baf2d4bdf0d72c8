"""Consents that came from other entities, counted by their origin, inside the caller's transaction.

An entity that makes consents up sends many for people who gave it no proof: the holder takes a limited number a day,
and alarms (decision 0025).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import case, delete, distinct, func, insert, select
from sqlalchemy.orm import Session

from records_exchange.tables import CopyArrival

WINDOW: Final = timedelta(hours=24)
"""The time over which an origin is counted."""
_KEPT: Final = timedelta(days=30)
_CHUNK: Final = 500
"""Values named in one statement."""


class Arrival(StrEnum):
    """The classes of consents by the worth of their evidence on arrival."""

    PROVED = "proved"
    """A code or a signature was good."""
    FORM = "form"
    """A signed form waits for a professional."""
    DECLARED = "declared"
    """There was none."""
    FAILED = "failed"
    """It proved nothing."""
    STRANGER = "stranger"
    """Nobody here has that pseudonym, so that nothing could be checked."""


@dataclass(frozen=True, slots=True)
class OriginCount:
    """The consents of one origin in the last 24 hours.

    Attributes:
        origin: entity id.
        consents: consents that were taken.
        people: people that they are about.
        unproved: people with a consent that came without a good code or signature.
    """

    origin: str
    consents: int
    people: int
    unproved: int


class SqlArrivals:
    """Counts the consents of other entities."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def note(self, origin: str, subject: str, outcome: Arrival, now: datetime) -> None:
        """Count a consent, and delete the counts of a month ago."""
        row = {"origin": origin, "subject": subject, "outcome": outcome.value, "arrived_at": now}
        self._session.execute(insert(CopyArrival).values(**row))
        self._session.execute(delete(CopyArrival).where(CopyArrival.arrived_at <= now - _KEPT))

    def count(self, origin: str, now: datetime) -> OriginCount:
        """Return the consents of one origin in the last 24 hours."""
        found = [each for each in self._counts(now, origin) if each.origin == origin]
        return found[0] if found else OriginCount(origin, 0, 0, 0)

    def counts(self, now: datetime) -> Sequence[OriginCount]:
        """Return the consents of every origin in the last 24 hours, by entity id."""
        return self._counts(now, None)

    def forget(self, subjects: Collection[str]) -> None:
        """Delete what names some pairwise pseudonyms."""
        names = sorted(subjects)
        for first in range(0, len(names), _CHUNK):
            chosen = names[first : first + _CHUNK]
            self._session.execute(delete(CopyArrival).where(CopyArrival.subject.in_(chosen)))

    def _counts(self, now: datetime, origin: str | None) -> list[OriginCount]:
        unproved = case((CopyArrival.outcome != Arrival.PROVED.value, CopyArrival.subject))
        totals = (func.count(), func.count(distinct(CopyArrival.subject)), func.count(distinct(unproved)))
        found = select(CopyArrival.origin, *totals).where(CopyArrival.arrived_at > now - WINDOW)
        if origin is not None:
            found = found.where(CopyArrival.origin == origin)
        rows = self._session.execute(found.group_by(CopyArrival.origin).order_by(CopyArrival.origin))
        return [OriginCount(*row) for row in rows]
