"""Tables of the exchange: requests already seen, and the linkage index. None holds a document or a value."""

from datetime import datetime

from sqlalchemy import Index, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from consent_ledger.columns import UtcDateTime


class Base(DeclarativeBase):
    """The metadata of this package."""


class SeenRequest(Base):
    """A request that was accepted once; kept until it could not be fresh any more."""

    __tablename__ = "exchange_seen_request"
    __table_args__ = (
        PrimaryKeyConstraint("asker", "nonce", name="pk_exchange_seen_request"),
        Index("ix_exchange_seen_request_forget_at", "forget_at"),
    )

    asker: Mapped[str] = mapped_column(String(63))
    nonce: Mapped[str] = mapped_column(String(32))
    forget_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LinkedPerson(Base):
    """A person's pseudonym under one pairwise key, so that a request finds the person without a pass over everyone."""

    __tablename__ = "exchange_linked_person"
    __table_args__ = (
        PrimaryKeyConstraint("key_id", "pseudonym", name="pk_exchange_linked_person"),
        Index("ix_exchange_linked_person_person_ref", "person_ref"),
    )

    key_id: Mapped[str] = mapped_column(String(16))
    pseudonym: Mapped[str] = mapped_column(String(64))
    person_ref: Mapped[str] = mapped_column(String(64))


class LinkageState(Base):
    """Of which state of the people table the index of a pairwise key was made."""

    __tablename__ = "exchange_linkage_state"
    __table_args__ = (PrimaryKeyConstraint("key_id", name="pk_exchange_linkage_state"),)

    key_id: Mapped[str] = mapped_column(String(16))
    stamp: Mapped[str] = mapped_column(String(100))
