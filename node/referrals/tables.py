"""Tables of referrals, of this entity's capacities, and of summaries that came with transferred cases.

None holds a name, a document or free text; imported summaries are sealed with the key of their person.
"""

from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import UtcDateTime


class Base(DeclarativeBase):
    """The tables of `node.referrals`."""


class ReferralRow(Base):
    """A referral, sent or received."""

    __tablename__ = "referrals"
    __table_args__ = (
        PrimaryKeyConstraint("referral_id", name="pk_referrals"),
        Index("ix_referrals_consent_id", "consent_id"),
        Index("ix_referrals_person_ref", "person_ref"),
        Index("ix_referrals_state", "state", "answer_by"),
    )

    referral_id: Mapped[str] = mapped_column(String(32))
    side: Mapped[str] = mapped_column(String(10))
    """The side of this entity: ``sender`` or ``receiver``."""
    peer: Mapped[str] = mapped_column(String(63))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    service: Mapped[str] = mapped_column(String(64))
    need: Mapped[str | None] = mapped_column(String(64))
    urgency: Mapped[str] = mapped_column(String(64))
    consent_id: Mapped[str] = mapped_column(String(100))
    person_ref: Mapped[str | None] = mapped_column(String(64))
    subject: Mapped[str | None] = mapped_column(String(64))
    """At the receiver: the pairwise pseudonym of the person as a keyed hash, to compare a document with."""
    code: Mapped[str | None] = mapped_column(String(64))
    """The reason or result of the step that the state comes from."""
    answer_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """None while only a later step of the sender has arrived, and not the offer."""
    own_steps: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReferralStepRow(Base):
    """A step of either side, with the digest of its signed message."""

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
    """None for a step of which no message was sent."""


class CapacityRow(Base):
    """Places and wait for a service of this entity; other entities receive them in bands."""

    __tablename__ = "referral_capacity"
    __table_args__ = (PrimaryKeyConstraint("service", name="pk_referral_capacity"),)

    service: Mapped[str] = mapped_column(String(64))
    places: Mapped[int] = mapped_column(Integer)
    wait_days: Mapped[int] = mapped_column(Integer)
    open: Mapped[bool] = mapped_column(Boolean)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ImportedSummaryRow(Base):
    """The consented summary that came with a transferred case, with its source."""

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
