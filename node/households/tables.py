"""The table of the places of people in households. It holds no name, document or address."""

from datetime import date
from typing import Final

from sqlalchemy import Date, Index, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Metadata of `node.households`."""


class HouseholdMemberRow(Base):
    """A person's place in a household, past ones too."""

    __tablename__ = "household_members"
    __table_args__ = (
        PrimaryKeyConstraint("membership_id", name="pk_household_members"),
        Index("ix_household_members_household_id", "household_id"),
        Index("ix_household_members_person_ref", "person_ref"),
    )

    membership_id: Mapped[str] = mapped_column(String(16))
    household_id: Mapped[str] = mapped_column(String(32))
    person_ref: Mapped[str] = mapped_column(String(32))
    role: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    shared_custody: Mapped[bool]


MEMBERS: Final = Base.metadata.tables["household_members"]
