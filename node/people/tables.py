"""Tables of people, households and social records.

Identity, free text and sensitive values (P3, P4) are stored sealed with the person's key. Ordinary coded values are
readable, because the entity counts and trains on them. See `node.people.protection`.
"""

from datetime import date, datetime
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import UtcDateTime


class Base(DeclarativeBase):
    """Metadata of `node.people`."""


class HouseholdRow(Base):
    """A household (unidad de convivencia) with its coded description."""

    __tablename__ = "households"

    household_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    reference_index: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Blind index of the entity's own reference for the household."""
    kind: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None] = mapped_column(Integer)
    minors: Mapped[int | None] = mapped_column(Integer)
    dependants: Mapped[int | None] = mapped_column(Integer)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ux_households_reference", "reference_index", unique=True),)


class PersonRow(Base):
    """A person; after erasure only the row's id and the date remain."""

    __tablename__ = "people"

    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Random, known only at this node; ledger bodies name people by it."""
    document_index: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    content_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    key_id: Mapped[str | None] = mapped_column(String(16))
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary(128))
    household_id: Mapped[str | None] = mapped_column(
        String(32), ForeignKey("households.household_id", name="fk_people_household")
    )
    fictitious: Mapped[bool] = mapped_column(default=False)
    """Invented for a demonstration; never true of real people."""
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Time at which the newest of the person's data were recorded."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ux_people_document", "document_index", unique=True),
        Index("ix_people_household", "household_id"),
        Index("ix_people_updated_at", "updated_at"),
        CheckConstraint("(wrapped_key IS NULL) = (erased_at IS NOT NULL)", name="ck_people_erased_has_no_key"),
    )


class RecordedValueRow(Base):
    """One value of one field of a person: readable JSON text, or sealed."""

    __tablename__ = "recorded_values"

    person_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("people.person_id", name="fk_recorded_values_person"), primary_key=True
    )
    field_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    readable: Mapped[str | None] = mapped_column(Text)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Of the person's seal when the row was written; a sealed value opens with it alone."""
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("(readable IS NULL) = (sealed IS NOT NULL)", name="ck_recorded_values_one_form"),)


class BenefitSpellRow(Base):
    """An unbroken run of months on one cash benefit."""

    __tablename__ = "benefit_spells"

    person_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("people.person_id", name="fk_benefit_spells_person"), primary_key=True
    )
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    benefit: Mapped[str] = mapped_column(String(64))
    first_month: Mapped[date] = mapped_column(Date)
    """First day of the first month paid."""
    last_month: Mapped[date | None] = mapped_column(Date)
    """First day of the last month paid; empty while it goes on."""


class InterventionRow(Base):
    """An intervention with the person, and its outcome."""

    __tablename__ = "interventions"

    person_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("people.person_id", name="fk_interventions_person"), primary_key=True
    )
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    action: Mapped[str] = mapped_column(String(64))
    started_on: Mapped[date] = mapped_column(Date)
    outcome: Mapped[str | None] = mapped_column(String(64))


class PersonStandingRow(Base):
    """The standing of a person who has died, is recorded twice, or is to be put right after a wrong merge."""

    __tablename__ = "person_standing"

    person_ref: Mapped[str] = mapped_column(String(32), primary_key=True)
    died_on: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The day, sealed with the person's key; None while the person lives."""
    merged_into: Mapped[str | None] = mapped_column(String(32))
    """The record by which the person is found; None of a record that stands for itself."""
    unassigned: Mapped[bool] = mapped_column(default=False)
    """Split, and what came meanwhile has not been put right: nothing is shared."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tag: Mapped[bytes] = mapped_column(LargeBinary(16))
    """Binds the row to what this node wrote."""

    __table_args__ = (Index("ix_person_standing_merged_into", "merged_into"),)


class FormerDocumentRow(Base):
    """A document that was a person's before the present one; it still names them."""

    __tablename__ = "former_documents"

    person_ref: Mapped[str] = mapped_column(String(32))
    document_index: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The document, sealed with the person's key."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tag: Mapped[bytes] = mapped_column(LargeBinary(16))

    __table_args__ = (Index("ix_former_documents_person_ref", "person_ref"),)


STANDING: Final = Base.metadata.tables["person_standing"]
FORMER_DOCUMENTS: Final = Base.metadata.tables["former_documents"]
HOUSEHOLDS: Final = Base.metadata.tables["households"]
PEOPLE: Final = Base.metadata.tables["people"]
VALUES: Final = Base.metadata.tables["recorded_values"]
SPELLS: Final = Base.metadata.tables["benefit_spells"]
INTERVENTIONS: Final = Base.metadata.tables["interventions"]
