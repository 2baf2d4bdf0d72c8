"""What a node keeps about the private locator: its people's pseudonyms, signed answers, the state of publishing."""

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import RowNumber, UtcDateTime


class Base(DeclarativeBase):
    """Tables of `node.exchange`."""


class LocatorPseudonymRow(Base):
    """The network pseudonym of one of our people in one epoch, sealed with the person's key."""

    __tablename__ = "locator_pseudonyms"
    __table_args__ = (PrimaryKeyConstraint("person_ref", "epoch", name="pk_locator_pseudonyms"),)

    person_ref: Mapped[str] = mapped_column(String(64))
    epoch: Mapped[str] = mapped_column(String(16))  # the fingerprint of number and keys
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class LocatorAnswerRow(Base):
    """A question of ours to the locator, and its signed answer."""

    __tablename__ = "locator_answers"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_locator_answers"),
        Index("ix_locator_answers_asked_at", "asked_at"),
        Index("ix_locator_answers_person_ref", "person_ref"),
    )

    id: Mapped[int] = mapped_column(RowNumber, autoincrement=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    purpose: Mapped[str] = mapped_column(String(64))
    person_ref: Mapped[str | None] = mapped_column(String(64))  # of somebody held here
    found: Mapped[int] = mapped_column(Integer)  # how many holders it named
    question: Mapped[bytes] = mapped_column(LargeBinary)  # DSSE JSON, as we signed it
    answer: Mapped[bytes] = mapped_column(LargeBinary)  # DSSE JSON, as the coordinator signed it


class LocatorPublishingRow(Base):
    """One row: how publishing our live consents goes."""

    __tablename__ = "locator_publishing"
    __table_args__ = (PrimaryKeyConstraint("id", name="pk_locator_publishing"),)

    id: Mapped[int] = mapped_column(Integer, autoincrement=False)
    entries: Mapped[int] = mapped_column(Integer)  # published in the newest epoch
    waiting: Mapped[int] = mapped_column(Integer)  # people whose pseudonym is not evaluated yet
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the locator was last known to be up to date
    fault: Mapped[str] = mapped_column(String(100))
    tried_at: Mapped[datetime] = mapped_column(UtcDateTime)
