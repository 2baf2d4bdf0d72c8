"""Stored reports that a consent ended, inside the caller's transaction.

Reports about consents that are not known here are what a member could make up without end. They are bounded for each
entity that signs them, in number and in time, and none takes the place of another's.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from consent_ledger.log.actors import Actor
from records_exchange.single_rows import insert_once
from records_exchange.tables import ReportedEnd
from records_exchange.travel import LONGEST_CONSENT
from records_exchange.withdrawal import ReportedWithdrawal

MAX_UNKNOWN: Final = 10_000
"""Reports of one entity about consents that are not known here: years of an honest one, a few megabytes of a liar."""

UNKNOWN_LIFE: Final = timedelta(days=400)
"""A copy that comes later comes from an entity that was away for longer than its certificate is valid."""

KNOWN_LIFE: Final = LONGEST_CONSENT
"""No consent is valid for longer: after this no copy of it can come."""


class EndMeaning(StrEnum):
    """The meanings of a report."""

    WITHDRAWN = "withdrawn"
    """The person withdrew the consent."""
    PART_LOST = "part_lost"
    """This entity has no part in the consent any more."""
    ENDED = "ended"
    """One of the two: a message of an earlier version, or a consent that had ended here when its person was erased."""


@dataclass(frozen=True, slots=True)
class KeptEnd:
    """A stored report.

    Attributes:
        consent_id: id of the consent.
        stated_by: the entity that signed for it.
        meaning: of the report.
        told_by: the entity that brought it first.
        acted_at: when the person acted, as stated, UTC.
        acted_by: the person or a guardian.
        statement: the signed statement of a withdrawal; None without one.
        unknown: whether nothing is known here of the consent.
        told_at: when it came, UTC.
    """

    consent_id: str
    stated_by: str
    meaning: EndMeaning
    told_by: str
    acted_at: datetime
    acted_by: Actor
    statement: bytes | None
    unknown: bool
    told_at: datetime

    def withdrawal(self) -> ReportedWithdrawal:
        """Return the withdrawal that was reported."""
        return ReportedWithdrawal(self.consent_id, self.stated_by, self.acted_at, self.acted_by, self.statement)


class SqlReportedEnds:
    """Stores reports that consents ended."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, end: KeptEnd) -> bool:
        """Keep a report unless its entity made it before, and return whether it is new."""
        key = (end.consent_id, end.stated_by, end.meaning.value)
        if self._session.get(ReportedEnd, key, populate_existing=True) is not None:
            return False
        life = UNKNOWN_LIFE if end.unknown else KNOWN_LIFE
        row = asdict(end) | {"meaning": end.meaning.value, "acted_by": end.acted_by.value}
        insert_once(self._session, ReportedEnd, **row, expires_at=end.told_at + life)
        return True

    def has_room(self, stated_by: str) -> bool:
        """Return whether one more report of an entity about an unknown consent is kept."""
        of_entity = (ReportedEnd.stated_by == stated_by, ReportedEnd.unknown)
        last = select(ReportedEnd.consent_id).where(*of_entity).offset(MAX_UNKNOWN - 1).limit(1)
        return self._session.scalar(last) is None

    def of(self, consent_id: str, now: datetime) -> list[KeptEnd]:
        """Return the reports about a consent, the oldest first, and delete those of any consent that are past."""
        self._session.execute(delete(ReportedEnd).where(ReportedEnd.expires_at <= now))
        found = select(ReportedEnd).where(ReportedEnd.consent_id == consent_id)
        oldest_first = found.order_by(ReportedEnd.told_at, ReportedEnd.stated_by, ReportedEnd.meaning)
        return [_kept(row) for row in self._session.scalars(oldest_first)]

    def known(self, consent_id: str, stated_by: Collection[str], now: datetime) -> None:
        """Note that the reports of some entities about a consent are about one that is known here."""
        about = (ReportedEnd.consent_id == consent_id, ReportedEnd.stated_by.in_(sorted(stated_by)))
        self._session.execute(
            update(ReportedEnd).where(*about, ReportedEnd.unknown).values(unknown=False, expires_at=now + KNOWN_LIFE)
        )

    def unknown_since(self, moment: datetime) -> dict[str, int]:
        """Return, for each entity, the number of its reports since a moment about consents not known here."""
        rows = self._session.execute(
            select(ReportedEnd.stated_by, func.count())
            .where(ReportedEnd.unknown, ReportedEnd.told_at >= moment)
            .group_by(ReportedEnd.stated_by)
        )
        return {row[0]: row[1] for row in rows}


def _kept(row: ReportedEnd) -> KeptEnd:
    return KeptEnd(
        consent_id=row.consent_id,
        stated_by=row.stated_by,
        meaning=EndMeaning(row.meaning),
        told_by=row.told_by,
        acted_at=row.acted_at,
        acted_by=Actor(row.acted_by),
        statement=None if row.statement is None else bytes(row.statement),
        unknown=row.unknown,
        told_at=row.told_at,
    )
