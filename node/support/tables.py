"""The table of support measures. Everything about the supporter is sealed with the key of the person supported."""

from typing import Final

from sqlalchemy import Index, LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Metadata of `node.support`."""


class PersonSupportRow(Base):
    """A support measure of a person."""

    __tablename__ = "person_support"
    __table_args__ = (
        PrimaryKeyConstraint("support_id", name="pk_person_support"),
        Index("ix_person_support_person_ref", "person_ref"),
    )

    support_id: Mapped[str] = mapped_column(String(16))
    person_ref: Mapped[str] = mapped_column(String(32))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


SUPPORT: Final = Base.metadata.tables["person_support"]
