"""Tables of the cards that this entity gave to people. None holds a code, a document or a name."""

from datetime import datetime
from typing import Final

from sqlalchemy import Index, Integer, LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import UtcDateTime


class Base(DeclarativeBase):
    """Metadata of `node.cards`."""


class PersonCardRow(Base):
    """A card of a person."""

    __tablename__ = "person_cards"
    __table_args__ = (
        PrimaryKeyConstraint("serial", name="pk_person_cards"),
        Index("ix_person_cards_person_ref", "person_ref"),
    )

    serial: Mapped[str] = mapped_column(String(16))
    person_ref: Mapped[str] = mapped_column(String(32))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end: Mapped[str | None] = mapped_column(String(16))


class PersonCardCodeRow(Base):
    """A code of a card: the key made from it, sealed with the person's key, its ceiling and its use."""

    __tablename__ = "person_card_codes"
    __table_args__ = (
        PrimaryKeyConstraint("serial", "number", name="pk_person_card_codes"),
        Index("ix_person_card_codes_person_ref", "person_ref"),
    )

    serial: Mapped[str] = mapped_column(String(16))
    number: Mapped[int] = mapped_column(Integer)
    person_ref: Mapped[str] = mapped_column(String(32))
    sensitivity: Mapped[str] = mapped_column(String(2))
    purposes: Mapped[str] = mapped_column(String(400))
    """Vocabulary ids, joined by commas."""
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary(128))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_by: Mapped[str | None] = mapped_column(String(63))
    """The origin of the consent."""
    consent_id: Mapped[str | None] = mapped_column(String(100))
    terms_sha256: Mapped[str | None] = mapped_column(String(64))


class PersonCardTryRow(Base):
    """A wrong code that an entity sent."""

    __tablename__ = "person_card_tries"
    __table_args__ = (
        PrimaryKeyConstraint("origin", "evidence_sha256", name="pk_person_card_tries"),
        Index("ix_person_card_tries_origin", "origin", "tried_at"),
        Index("ix_person_card_tries_person_ref", "person_ref"),
    )

    origin: Mapped[str] = mapped_column(String(63))
    evidence_sha256: Mapped[str] = mapped_column(String(64))
    """Of the evidence: one that is sent or checked again is no second try."""
    serial: Mapped[str | None] = mapped_column(String(16))
    """Of the card; None when the person has none of that serial, or is not known here."""
    person_ref: Mapped[str | None] = mapped_column(String(32))
    tried_at: Mapped[datetime] = mapped_column(UtcDateTime)


CARDS: Final = Base.metadata.tables["person_cards"]
CODES: Final = Base.metadata.tables["person_card_codes"]
TRIES: Final = Base.metadata.tables["person_card_tries"]
