"""The table of what waits for a professional's attention. No name, document or value: references and codes."""

from datetime import datetime

from sqlalchemy import Index, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import RowNumber, UtcDateTime


class Base(DeclarativeBase):
    """The metadata of this package."""


class AttentionRow(Base):
    """One thing somebody at this entity should look at, until somebody says that they have."""

    __tablename__ = "attention_items"
    __table_args__ = (
        PrimaryKeyConstraint("number", name="pk_attention_items"),
        Index("ix_attention_items_done_at", "done_at"),
        Index("ix_attention_items_reference", "reference"),
    )

    number: Mapped[int] = mapped_column(RowNumber, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(100))
    """The id of the referral, consent or notice it is about."""
    peer: Mapped[str] = mapped_column(String(63))
    """The other entity; empty where there is none."""
    detail: Mapped[str] = mapped_column(String(100))
    """A code: the new state, the reason of a refusal, why a consent is due."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
