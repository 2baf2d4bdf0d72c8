"""The tables of the private locator at a node: pseudonyms of its people, signed answers, state of publication."""

from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import RowNumber, UtcDateTime


class Base(DeclarativeBase):
    """Metadata of the tables of `node.locator`."""


class LocatorPseudonymRow(Base):
    """The network pseudonym of a person of this node in one epoch, sealed with the person's key."""

    __tablename__ = "locator_pseudonyms"
    __table_args__ = (PrimaryKeyConstraint("person_ref", "epoch", name="pk_locator_pseudonyms"),)

    person_ref: Mapped[str] = mapped_column(String(64))
    epoch: Mapped[str] = mapped_column(String(16))  # fingerprint of its number and keys
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class LocatorAnswerRow(Base):
    """A question of this node to the locator, and the signed answer."""

    __tablename__ = "locator_answers"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_locator_answers"),
        Index("ix_locator_answers_asked_at", "asked_at"),
        Index("ix_locator_answers_person_ref", "person_ref"),
    )

    id: Mapped[int] = mapped_column(RowNumber, autoincrement=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    purpose: Mapped[str] = mapped_column(String(64))
    person_ref: Mapped[str | None] = mapped_column(String(64))  # a person held here
    found: Mapped[int] = mapped_column(Integer)  # number of holders named
    question: Mapped[bytes] = mapped_column(LargeBinary)  # DSSE JSON, as we signed it
    answer: Mapped[bytes] = mapped_column(LargeBinary)  # DSSE JSON, as the coordinator signed it


class LocatorPublishingRow(Base):
    """The state of publication, in one row."""

    __tablename__ = "locator_publishing"
    __table_args__ = (PrimaryKeyConstraint("id", name="pk_locator_publishing"),)

    id: Mapped[int] = mapped_column(Integer, autoincrement=False)
    entries: Mapped[int] = mapped_column(Integer)  # published in the newest epoch
    waiting: Mapped[int] = mapped_column(Integer)  # people without an evaluated pseudonym
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # last complete publication
    fault: Mapped[str] = mapped_column(String(100))
    tried_at: Mapped[datetime] = mapped_column(UtcDateTime)


class KeyHolderRow(Base):
    """An entity without whose key this node uses no epoch, from a number on."""

    __tablename__ = "locator_key_holders"
    __table_args__ = (PrimaryKeyConstraint("entity", name="pk_locator_key_holders"),)

    entity: Mapped[str] = mapped_column(String(63))
    since_epoch: Mapped[int] = mapped_column(Integer)
    """0 for one that the data-protection officer requires; else the first epoch in which it was seen."""
    sequence: Mapped[int] = mapped_column(Integer)
    """Of its newest key that was seen; an earlier key does not come back."""
    sequence_epoch: Mapped[int] = mapped_column(Integer)
    """The first epoch with that key."""
    required: Mapped[bool] = mapped_column(Boolean)
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
