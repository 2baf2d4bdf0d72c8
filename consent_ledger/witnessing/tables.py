"""The table of observed checkpoints. It has its own metadata, since the coordinator has it and no ledger."""

from datetime import datetime

from sqlalchemy import LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import RowNumber, UtcDateTime


class Base(DeclarativeBase):
    """The metadata of the table of observed checkpoints."""


class ObservedCheckpointRow(Base):
    """The newest checkpoint of a log in one of the roles of `witness_store.Role`: one row a role and log, locked."""

    __tablename__ = "observed_checkpoints"
    __table_args__ = (PrimaryKeyConstraint("role", "origin", name="pk_observed_checkpoints"),)

    role: Mapped[str] = mapped_column(String(20))
    origin: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(RowNumber)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[bytes] = mapped_column(LargeBinary)
    time: Mapped[datetime | None] = mapped_column(UtcDateTime)
