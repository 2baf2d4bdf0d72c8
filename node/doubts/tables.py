"""The table of doubts whether another entity speaks of the same person; it holds no name, document or value."""

from datetime import datetime
from typing import Final

from sqlalchemy import LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import UtcDateTime


class Base(DeclarativeBase):
    """Metadata of `node.doubts`."""


class IdentityDoubtRow(Base):
    """A doubt about one person and one other entity, with the decision on it."""

    __tablename__ = "identity_doubts"
    __table_args__ = (PrimaryKeyConstraint("person_ref", "peer", name="pk_identity_doubts"),)

    person_ref: Mapped[str] = mapped_column(String(32))
    peer: Mapped[str] = mapped_column(String(63))
    state: Mapped[str] = mapped_column(String(16))
    theirs: Mapped[str] = mapped_column(String(140))
    """Check values of the other entity, see `records_exchange.identity_check`."""
    ours: Mapped[str] = mapped_column(String(140))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(100))
    tag: Mapped[bytes] = mapped_column(LargeBinary(16))
    """Binds the row to what this node wrote; a decision that others put there opens nothing."""


DOUBTS: Final = Base.metadata.tables["identity_doubts"]
