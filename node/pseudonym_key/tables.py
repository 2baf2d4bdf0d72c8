"""The table of the keys of pseudonyms that this entity made; the private halves are files under ``HOME/keys``."""

from datetime import datetime

from sqlalchemy import Integer, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import UtcDateTime


class Base(DeclarativeBase):
    """Metadata of the tables of `node.pseudonym_key`."""


class PseudonymKeyRow(Base):
    """A key that this entity made for pseudonyms."""

    __tablename__ = "pseudonym_keys"
    __table_args__ = (PrimaryKeyConstraint("sequence", name="pk_pseudonym_keys"),)

    sequence: Mapped[int] = mapped_column(Integer, autoincrement=False)
    public_key: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    offered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the coordinator took it; None until then."""
    destroyed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
