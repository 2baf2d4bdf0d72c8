"""The table of the signed query log, at the coordinator and at entities that hold a key of pseudonyms."""

from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import RowNumber, UtcDateTime


class Base(DeclarativeBase):
    """Metadata of `records_exchange.key_holding`."""


class QueryRow(Base):
    """One signed request to a key holder or to the locator; quotas and the detection of guessing count these rows."""

    __tablename__ = "locator_query"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_locator_query"),
        UniqueConstraint("request_sha256", name="uq_locator_query_request"),
        Index("ix_locator_query_entity", "entity", "kind", "time"),
        Index("ix_locator_query_time", "time"),
    )

    id: Mapped[int] = mapped_column(RowNumber, autoincrement=True)
    time: Mapped[datetime] = mapped_column(UtcDateTime)
    entity: Mapped[str] = mapped_column(String(63))
    kind: Mapped[str] = mapped_column(String(16))
    amount: Mapped[int] = mapped_column(Integer)  # points, or 1; 0 when it was turned away
    found: Mapped[bool | None] = mapped_column(Boolean)  # of a question: whether any holder was named
    request_sha256: Mapped[str] = mapped_column(String(64))
    envelope: Mapped[bytes] = mapped_column(LargeBinary)  # DSSE JSON, exactly as the entity signed it
