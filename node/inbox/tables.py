"""The table of the inbox. It holds references and codes; no name, document or value."""

from datetime import datetime

from sqlalchemy import Index, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import RowNumber, UtcDateTime


class Base(DeclarativeBase):
    """Metadata of `node.inbox`."""


class ItemRow(Base):
    """A matter that a professional of this entity should attend to, until one notes that it was dealt with."""

    __tablename__ = "attention_items"
    __table_args__ = (
        PrimaryKeyConstraint("number", name="pk_attention_items"),
        Index("ix_attention_items_done_at", "done_at"),
        Index("ix_attention_items_reference", "reference"),
    )

    number: Mapped[int] = mapped_column(RowNumber, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(100))
    """Id of the referral, consent or notification."""
    peer: Mapped[str] = mapped_column(String(63))
    """The other entity; empty where there is none."""
    detail: Mapped[str] = mapped_column(String(100))
    """A code: the new state, the reason of a refusal, why a consent is due."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
