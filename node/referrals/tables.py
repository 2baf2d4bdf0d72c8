"""Tables of referrals, of what this entity can offer, and of summaries imported with a transferred case.

None holds a name, a document or free text; imported summaries are sealed with the key of their person.
"""

from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import UtcDateTime


class Base(DeclarativeBase):
    """The metadata of this package."""


class ReferralRow(Base):
    """A referral, sent or received, as it stands."""

    __tablename__ = "referrals"
    __table_args__ = (
        PrimaryKeyConstraint("referral_id", name="pk_referrals"),
        Index("ix_referrals_consent_id", "consent_id"),
        Index("ix_referrals_person_ref", "person_ref"),
        Index("ix_referrals_state", "state", "answer_by"),
    )

    referral_id: Mapped[str] = mapped_column(String(32))
    side: Mapped[str] = mapped_column(String(10))
    """Which side this entity is: ``sender`` or ``receiver``."""
    peer: Mapped[str] = mapped_column(String(63))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    service: Mapped[str] = mapped_column(String(64))
    need: Mapped[str | None] = mapped_column(String(64))
    urgency: Mapped[str] = mapped_column(String(64))
    consent_id: Mapped[str] = mapped_column(String(100))
    person_ref: Mapped[str | None] = mapped_column(String(64))
    subject: Mapped[str | None] = mapped_column(String(64))
    """At the receiver: the pseudonym it came with, to compare a document with."""
    code: Mapped[str | None] = mapped_column(String(64))
    """The reason or result of the step that the state comes from."""
    answer_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """None: the offer itself has not arrived yet, only a later step of its sender."""
    own_steps: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReferralStepRow(Base):
    """A step that was taken or told, with the digest of the signed message that says so."""

    __tablename__ = "referral_steps"
    __table_args__ = (PrimaryKeyConstraint("referral_id", "taken_by", "number", name="pk_referral_steps"),)

    referral_id: Mapped[str] = mapped_column(String(32))
    taken_by: Mapped[str] = mapped_column(String(10))
    number: Mapped[int] = mapped_column(Integer)
    step: Mapped[str] = mapped_column(String(20))
    code: Mapped[str | None] = mapped_column(String(64))
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    message_sha256: Mapped[str | None] = mapped_column(String(64))
    """None for a step that is only noted here, as there is nobody to tell."""


class CapacityRow(Base):
    """What this entity can offer of a service; told to others in bands."""

    __tablename__ = "referral_capacity"
    __table_args__ = (PrimaryKeyConstraint("service", name="pk_referral_capacity"),)

    service: Mapped[str] = mapped_column(String(64))
    places: Mapped[int] = mapped_column(Integer)
    wait_days: Mapped[int] = mapped_column(Integer)
    open: Mapped[bool] = mapped_column(Boolean)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ImportedSummaryRow(Base):
    """The consented summary that came with a transferred case: what another entity recorded, with its source."""

    __tablename__ = "imported_summaries"
    __table_args__ = (
        PrimaryKeyConstraint("referral_id", name="pk_imported_summaries"),
        Index("ix_imported_summaries_person_ref", "person_ref"),
    )

    referral_id: Mapped[str] = mapped_column(String(32))
    person_ref: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(63))
    request_id: Mapped[str] = mapped_column(String(32))
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """JSON of field, value and date, sealed with the person's key."""
