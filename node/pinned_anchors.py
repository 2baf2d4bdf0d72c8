"""The anchors that this entity has pinned: one row each, and the quorum beside them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Integer, PrimaryKeyConstraint, String, delete, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from consent_ledger.directories.anchors import Anchor, AnchorPolicy
from node.cipher import RecordCipher, plain_time
from node.seals.seals import seals_in
from node.seals.settings import SettingSeal
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


def pinned_anchors(session: Session, cipher: RecordCipher) -> AnchorPolicy:
    """Return the anchors in force.

    Raises:
        RecordsTampered: they are not those that this entity pinned last.
    """
    rows = _rows(session, cipher)
    anchors = tuple(Anchor(row.entity, row.vkey) for row in rows)
    return AnchorPolicy(anchors, max((row.quorum for row in rows), default=0))


def replace_anchors(session: Session, cipher: RecordCipher, policy: AnchorPolicy, now: datetime) -> None:
    """Put other anchors in force; those that stay keep the time at which they were pinned.

    Raises:
        RecordsTampered: the present ones are not those that this entity pinned last.
    """
    since = {(row.entity, row.vkey): row.pinned_at for row in _rows(session, cipher)}
    session.execute(delete(AnchorRow))
    for each in policy.anchors:
        pinned_at = since.get((each.entity, each.vkey), now)
        session.add(AnchorRow(entity=each.entity, vkey=each.vkey, quorum=policy.quorum, pinned_at=pinned_at))
    session.flush()
    _seal(session, cipher).write(_plain(_stored(session)))


def anchors_setting(session: Session) -> tuple[str, list[object]]:
    """Return the name of the setting and its rows as they are stored, unverified."""
    return AnchorRow.__tablename__, _plain(_stored(session))


def _rows(session: Session, cipher: RecordCipher) -> Sequence[AnchorRow]:
    seal = _seal(session, cipher)

    def read() -> Sequence[AnchorRow]:
        rows = _stored(session)
        seal.require(_plain(rows))
        return rows

    return seals_in(session, cipher).settled(read)


def _stored(session: Session) -> Sequence[AnchorRow]:
    query = select(AnchorRow).order_by(AnchorRow.entity)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _plain(rows: Sequence[AnchorRow]) -> list[object]:
    return [[row.entity, row.vkey, row.quorum, plain_time(row.pinned_at)] for row in rows]


def _seal(session: Session, cipher: RecordCipher) -> SettingSeal:
    return SettingSeal(seals_in(session, cipher), AnchorRow.__tablename__)
