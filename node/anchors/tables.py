"""Tables of the directories that this node took, and of the alarms about them."""

from datetime import datetime

from sqlalchemy import LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import RowNumber, UtcDateTime


class Base(DeclarativeBase):
    """Metadata of `node.anchors`."""


class TakenDirectoryRow(Base):
    """A directory that this node took, with its proofs; old ones lose their content, and keep the proofs."""

    __tablename__ = "taken_directories"
    __table_args__ = (PrimaryKeyConstraint("serial", name="pk_taken_directories"),)

    serial: Mapped[int] = mapped_column(RowNumber, autoincrement=False)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    payload_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    envelope: Mapped[bytes] = mapped_column(LargeBinary)
    """DSSE JSON; empty once pruned."""
    checkpoint: Mapped[bytes] = mapped_column(LargeBinary)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    inclusion: Mapped[bytes] = mapped_column(LargeBinary)
    """Hashes of 32 bytes, one after the other."""
    since: Mapped[int] = mapped_column(RowNumber)
    """The size of the log from which `consistency` proves; 0: none."""
    consistency: Mapped[bytes] = mapped_column(LargeBinary)


class DirectoryAlarmRow(Base):
    """Evidence on directories that the ledger and the inbox have been told of."""

    __tablename__ = "directory_alarms"
    __table_args__ = (PrimaryKeyConstraint("file", name="pk_directory_alarms"),)

    file: Mapped[str] = mapped_column(String(200))
    ledger_index: Mapped[int] = mapped_column(RowNumber)
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
