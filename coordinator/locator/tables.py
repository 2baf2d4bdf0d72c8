"""The locator's tables: epochs with their key holders, and entries.

The query log is in `records_exchange.key_holding.tables`.

No document, name or pseudonym is in any of them. Entries are ordered by token and never by time of publication, so that
the order of rows does not show which belong to one person.
"""

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, PrimaryKeyConstraint, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import UtcDateTime


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


class KeyHolderRow(Base):
    """An entity that the Gerencia chose as a key holder: from the next epoch on its key is needed."""

    __tablename__ = "locator_key_holder"
    __table_args__ = (PrimaryKeyConstraint("holder", name="pk_locator_key_holder"),)

    holder: Mapped[str] = mapped_column(String(63))
    chosen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OfferedKeyRow(Base):
    """The newest key that an entity offered, with the statement that proves it."""

    __tablename__ = "locator_offered_key"
    __table_args__ = (PrimaryKeyConstraint("holder", name="pk_locator_offered_key"),)

    holder: Mapped[str] = mapped_column(String(63))
    sequence: Mapped[int] = mapped_column(Integer)
    public_key: Mapped[str] = mapped_column(String(64))
    statement: Mapped[str] = mapped_column(Text)
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EpochHolderRow(Base):
    """The key of an entity in an epoch, with its statement."""

    __tablename__ = "locator_epoch_holder"
    __table_args__ = (PrimaryKeyConstraint("epoch", "holder", name="pk_locator_epoch_holder"),)

    epoch: Mapped[int] = mapped_column(Integer, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(63))
    public_key: Mapped[str] = mapped_column(String(64))
    statement: Mapped[str] = mapped_column(Text)
