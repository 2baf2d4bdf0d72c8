"""Tables of people's cases. A person appears by the node's random id, a professional by the entity's reference."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import Date, Index, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import UtcDateTime


class Base(DeclarativeBase):
    """Metadata of `node.care`."""


class CaseTeamRow(Base):
    """A professional on the team of a person's case, now or before."""

    __tablename__ = "case_team"
    __table_args__ = (
        PrimaryKeyConstraint("membership_id", name="pk_case_team"),
        Index("ix_case_team_person_ref", "person_ref"),
        Index("ix_case_team_professional", "professional"),
    )

    membership_id: Mapped[str] = mapped_column(String(32))
    person_ref: Mapped[str] = mapped_column(String(32))
    professional: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    added_by: Mapped[str] = mapped_column(String(64))
    ended_by: Mapped[str | None] = mapped_column(String(64))


class CaseOpeningRow(Base):
    """An opening of a case by a professional outside its team."""

    __tablename__ = "case_openings"
    __table_args__ = (
        PrimaryKeyConstraint("opening_id", name="pk_case_openings"),
        Index("ix_case_openings_person_ref", "person_ref"),
    )

    opening_id: Mapped[str] = mapped_column(String(32))
    person_ref: Mapped[str] = mapped_column(String(32))
    professional: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(64))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseActionRow(Base):
    """An action of a professional of this entity in a case. Codes and dates only."""

    __tablename__ = "case_actions"
    __table_args__ = (
        PrimaryKeyConstraint("action_id", name="pk_case_actions"),
        Index("ix_case_actions_person_ref", "person_ref"),
    )

    action_id: Mapped[str] = mapped_column(String(32))
    person_ref: Mapped[str] = mapped_column(String(32))
    professional: Mapped[str] = mapped_column(String(64))
    function: Mapped[str] = mapped_column(String(64))
    case_role: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(64))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


TEAM: Final = Base.metadata.tables["case_team"]
OPENINGS: Final = Base.metadata.tables["case_openings"]
ACTIONS: Final = Base.metadata.tables["case_actions"]
