"""The locator's tables: epochs, entries and the query log.

No document, name or pseudonym is in any of them. Entries are ordered by token and never by time of publication, so that
the order of rows does not show which belong to one person.
"""

from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import RowNumber, UtcDateTime


class Base(DeclarativeBase):
    """Tables of `coordinator.locator`."""


class EpochRow(Base):
    """A key of the locator; the private half is a file under ``HOME/keys``, destroyed when the epoch has ended."""

    __tablename__ = "locator_epoch"
    __table_args__ = (PrimaryKeyConstraint("number", name="pk_locator_epoch"),)

    number: Mapped[int] = mapped_column(Integer, autoincrement=False)
    public_key: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EntryRow(Base):
    """The fact that `holder` has consented fields for `asker` and `purpose` of the person behind the token."""

    __tablename__ = "locator_entry"
    __table_args__ = (
        PrimaryKeyConstraint("epoch", "token", "holder", name="pk_locator_entry"),
        Index("ix_locator_entry_holder", "holder", "epoch", "token"),
        Index("ix_locator_entry_until", "until"),
        {"sqlite_with_rowid": False},
    )

    epoch: Mapped[int] = mapped_column(Integer, autoincrement=False)
    token: Mapped[bytes] = mapped_column(LargeBinary(32))
    holder: Mapped[str] = mapped_column(String(63))
    asker: Mapped[str] = mapped_column(String(63))
    purpose: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class QueryRow(Base):
    """One signed request to the locator; quotas are counted and guessing is detected from these rows."""

    __tablename__ = "locator_query"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_locator_query"),
        UniqueConstraint("request_sha256", name="uq_locator_query_request"),
        Index("ix_locator_query_entity", "entity", "kind", "time"),
        Index("ix_locator_query_time", "time"),
    )

    id: Mapped[int] = mapped_column(RowNumber, autoincrement=True)
    time: Mapped[datetime] = mapped_column(UtcDateTime)
    entity: Mapped[str] = mapped_column(String(63))
    kind: Mapped[str] = mapped_column(String(16))
    amount: Mapped[int] = mapped_column(Integer)  # points, or 1; 0 when it was turned away
    found: Mapped[bool | None] = mapped_column(Boolean)  # of a question: whether any holder was named
    request_sha256: Mapped[str] = mapped_column(String(64))
    envelope: Mapped[bytes] = mapped_column(LargeBinary)  # DSSE JSON, exactly as the entity signed it
