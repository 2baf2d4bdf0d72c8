"""Stored copies of propagated consents, and releases under consents, inside the caller's transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Select, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from records_exchange.tables import ConsentCopy, EndedConsent, ReceivedRelease, ReceivedUnder, ReleaseMade
from service.sql_driver import DriverStatement, connection_of

_CHUNK: Final = 500
"""Values named in one statement."""

# Driver statements: every fetch runs them (decision 0022).
_RELEASES: Final = cast("Table", ReleaseMade.__table__)
_NOTED: Final = DriverStatement(
    select(_RELEASES.c.recipient).where(
        _RELEASES.c.consent_id == bindparam("consent"), _RELEASES.c.recipient == bindparam("to")
    ),
    ["consent", "to"],
    [_RELEASES.c.recipient],
)
_KEEP_UNDER: Final = DriverStatement(insert(ReceivedUnder), ["consent_id", "entry_index", "holder"])


@dataclass(frozen=True, slots=True)
class KeptCopy:
    """A proved consent of another entity, in force here or waiting for its person to be known."""

    sender: str
    consent_id: str
    index: int
    proof: bytes
    subject: str
    waiting: bool
    expires_at: datetime
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """A release of a holder to us; `content` is sealed, None when only the fact is kept."""

    entry_index: int
    """Index of its entry in our ledger."""
    request_id: str
    holder: str
    purpose: str
    person_ref: str | None
    content: bytes | None
    received_at: datetime
    forget_at: datetime


_RECEIVED: Final = tuple(each.name for each in fields(Received))
_KEEP: Final = DriverStatement(insert(ReceivedRelease), _RECEIVED)


class SqlTravelStore:
    """Stores copies of consents, early withdrawals, and releases made and received."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # ---- consents of other entities

    def keep_copy(self, copy: KeptCopy) -> None:
        """Keep the proof of a consent, in place of an older version of the same."""
        self.drop_copy(copy.sender, copy.consent_id)
        self._session.execute(
            insert(ConsentCopy).values(
                sender=copy.sender,
                consent_id=copy.consent_id,
                entry_index=copy.index,
                proof=copy.proof,
                subject=copy.subject,
                waiting=copy.waiting,
                expires_at=copy.expires_at,
                told_at=copy.told_at,
            )
        )

    def copy(self, sender: str, consent_id: str) -> KeptCopy | None:
        """Return the newest proof kept of a consent; None when there is none."""
        row = self._session.get(ConsentCopy, (sender, consent_id), populate_existing=True)
        return _copy(row) if row else None

    def drop_copy(self, sender: str, consent_id: str) -> None:
        """Delete the copy of a consent."""
        self._session.execute(
            delete(ConsentCopy).where(ConsentCopy.sender == sender, ConsentCopy.consent_id == consent_id)
        )

    def drop_copies(self, consent_ids: Collection[str], subjects: Collection[str]) -> None:
        """Delete the copies of some consents, and those about some pairwise pseudonyms."""
        for column, values in ((ConsentCopy.consent_id, sorted(consent_ids)), (ConsentCopy.subject, sorted(subjects))):
            for first in range(0, len(values), _CHUNK):
                self._session.execute(delete(ConsentCopy).where(column.in_(values[first : first + _CHUNK])))

    def waiting_copies(self, now: datetime) -> list[KeptCopy]:
        """Return the copies about people not known here yet, and delete the expired ones."""
        self._session.execute(delete(ConsentCopy).where(ConsentCopy.waiting, ConsentCopy.expires_at <= now))
        return [_copy(row) for row in self._session.scalars(select(ConsentCopy).where(ConsentCopy.waiting))]

    def bar(self, sender: str, consent_id: str, expires_at: datetime) -> None:
        """Record that, as a sender states, a consent not held here was withdrawn."""
        self._insert_once(EndedConsent, sender=sender, consent_id=consent_id, expires_at=expires_at)

    def barred_by(self, consent_id: str, now: datetime) -> list[str]:
        """Return the senders that reported a consent as withdrawn before its copy came."""
        self._session.execute(delete(EndedConsent).where(EndedConsent.expires_at <= now))
        return list(self._session.scalars(select(EndedConsent.sender).where(EndedConsent.consent_id == consent_id)))

    # ---- releases

    def note_release(self, consent_ids: Sequence[str], recipient: str) -> None:
        """Record a release to a recipient under some consents."""
        connection = connection_of(self._session)
        for consent_id in consent_ids:
            if _NOTED.one(connection, consent_id, recipient) is None:
                self._insert_once(ReleaseMade, consent_id=consent_id, recipient=recipient)

    def recipients(self, consent_id: str) -> list[str]:
        """Return the recipients of our releases under a consent."""
        found = select(ReleaseMade.recipient).where(ReleaseMade.consent_id == consent_id)
        return sorted(self._session.scalars(found))

    def keep_received(self, received: Received, consent_ids: Sequence[str]) -> None:
        """Record a release to us and its consents."""
        connection = connection_of(self._session)
        _KEEP.run(connection, *(getattr(received, name) for name in _RECEIVED))
        _KEEP_UNDER.run_many(connection, [(each, received.entry_index, received.holder) for each in consent_ids])

    def received_of(self, person_ref: str, now: datetime) -> list[Received]:
        """Return the unexpired copies about a person, the newest first."""
        found = select(ReceivedRelease).where(
            ReceivedRelease.person_ref == person_ref,
            ReceivedRelease.content.is_not(None),
            ReceivedRelease.forget_at > now,
        )
        newest = found.order_by(ReceivedRelease.received_at.desc(), ReceivedRelease.entry_index.desc())
        return [_received(row) for row in self._session.scalars(newest)]

    def holders_of(self, consent_id: str) -> list[str]:
        """Return the holders that released something to us under a consent."""
        found = select(ReceivedUnder.holder).where(ReceivedUnder.consent_id == consent_id).distinct()
        return sorted(self._session.scalars(found))

    def received_under(self, person_ref: str) -> list[str]:
        """Return the ids of the consents under which holders released something about a person to us."""
        about = select(ReceivedRelease.entry_index).where(ReceivedRelease.person_ref == person_ref)
        found = select(ReceivedUnder.consent_id).where(ReceivedUnder.entry_index.in_(about)).distinct()
        return sorted(self._session.scalars(found))

    def count_received(self, consent_id: str) -> int:
        """Return the number of contents received under a consent."""
        under = select(ReceivedUnder.entry_index).where(ReceivedUnder.consent_id == consent_id)
        kept = select(func.count()).where(ReceivedRelease.entry_index.in_(under), ReceivedRelease.content.is_not(None))
        return self._session.scalar(kept) or 0

    def purge_consent(self, consent_id: str) -> int:
        """Delete the contents received under a consent, not the facts; return their number."""
        under = select(ReceivedUnder.entry_index).where(ReceivedUnder.consent_id == consent_id)
        return self._purge(select(ReceivedRelease.entry_index).where(ReceivedRelease.entry_index.in_(under)))

    def purge_person(self, person_ref: str) -> int:
        """Delete the contents received about a person; return their number."""
        purged = self._purge(select(ReceivedRelease.entry_index).where(ReceivedRelease.person_ref == person_ref))
        about = update(ReceivedRelease).where(ReceivedRelease.person_ref == person_ref)
        self._session.execute(about.values(person_ref=None))
        return purged

    def has_old(self, now: datetime) -> bool:
        """Return whether a content is past its time."""
        old = select(ReceivedRelease.entry_index).where(
            ReceivedRelease.forget_at <= now, ReceivedRelease.content.is_not(None)
        )
        return self._session.scalar(old.limit(1)) is not None

    def purge_old(self, now: datetime) -> int:
        """Delete the contents past their time; return their number."""
        return self._purge(select(ReceivedRelease.entry_index).where(ReceivedRelease.forget_at <= now))

    def _purge(self, chosen: Select[int]) -> int:
        indexes = list(self._session.scalars(chosen.where(ReceivedRelease.content.is_not(None))))
        for index in indexes:
            self._session.execute(
                update(ReceivedRelease)
                .where(ReceivedRelease.entry_index == index)
                .values(content=None, person_ref=None)
            )
        return len(indexes)

    def _insert_once(self, table: type[EndedConsent | ReleaseMade], **values: object) -> None:
        # Each dialect spells it in its own way. After a plain insert, an existing row would end the transaction.
        if self._session.get_bind().dialect.name == "postgresql":
            from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - slow to load, and of no use on SQLite

            self._session.execute(postgresql.insert(table).values(**values).on_conflict_do_nothing())
        else:
            self._session.execute(sqlite.insert(table).values(**values).on_conflict_do_nothing())


def _copy(row: ConsentCopy) -> KeptCopy:
    return KeptCopy(
        sender=row.sender,
        consent_id=row.consent_id,
        index=row.entry_index,
        proof=bytes(row.proof),
        subject=row.subject,
        waiting=row.waiting,
        expires_at=row.expires_at,
        told_at=row.told_at,
    )


def _received(row: ReceivedRelease) -> Received:
    return Received(
        entry_index=row.entry_index,
        request_id=row.request_id,
        holder=row.holder,
        purpose=row.purpose,
        person_ref=row.person_ref,
        content=None if row.content is None else bytes(row.content),
        received_at=row.received_at,
        forget_at=row.forget_at,
    )
