"""The anchors that this entity has pinned: one row each, and the quorum beside them."""

from datetime import datetime

from sqlalchemy import Integer, PrimaryKeyConstraint, String, delete, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from consent_ledger.directories.anchors import Anchor, AnchorPolicy
from service.columns import UtcDateTime


class Base(DeclarativeBase):
    """Metadata of `node.pinned_anchors`."""


class AnchorRow(Base):
    """A pinned anchor. Every row repeats the quorum, so that there is none without anchors."""

    __tablename__ = "directory_anchors"
    __table_args__ = (PrimaryKeyConstraint("entity", name="pk_directory_anchors"),)

    entity: Mapped[str] = mapped_column(String(63))
    vkey: Mapped[str] = mapped_column(String(400))
    quorum: Mapped[int] = mapped_column(Integer)
    pinned_at: Mapped[datetime] = mapped_column(UtcDateTime)


def pinned_anchors(session: Session) -> AnchorPolicy:
    """Return the anchors in force."""
    rows = session.scalars(select(AnchorRow).order_by(AnchorRow.entity)).all()
    anchors = tuple(Anchor(row.entity, row.vkey) for row in rows)
    return AnchorPolicy(anchors, max((row.quorum for row in rows), default=0))


def replace_anchors(session: Session, policy: AnchorPolicy, now: datetime) -> None:
    """Put other anchors in force; those that stay keep the time at which they were pinned."""
    since = {(row.entity, row.vkey): row.pinned_at for row in session.scalars(select(AnchorRow))}
    session.execute(delete(AnchorRow))
    for each in policy.anchors:
        pinned_at = since.get((each.entity, each.vkey), now)
        session.add(AnchorRow(entity=each.entity, vkey=each.vkey, quorum=policy.quorum, pinned_at=pinned_at))
