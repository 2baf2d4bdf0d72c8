"""Tables of the ledger and of the projection of consents."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary, PrimaryKeyConstraint, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import RowNumber, UtcDateTime


class Base(DeclarativeBase):
    """The metadata of this package's tables."""


class LedgerHeadRow(Base):
    """The end of the log: one row, locked by every append."""

    __tablename__ = "ledger_head"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_ledger_head"),
        CheckConstraint("id = 1", name="ck_ledger_head_single"),
    )

    id: Mapped[int] = mapped_column(RowNumber, autoincrement=False)
    origin: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(RowNumber)
    frontier: Mapped[bytes] = mapped_column(LargeBinary)
    checkpoint: Mapped[bytes] = mapped_column(LargeBinary)
    time: Mapped[datetime | None] = mapped_column(UtcDateTime)
    binding: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Binds what else the entity stores to this head; see `HeadBinding`."""


class LedgerEntryRow(Base):
    """A leaf, for ever."""

    __tablename__ = "ledger_entries"
    __table_args__ = (PrimaryKeyConstraint("entry_index", name="pk_ledger_entries"),)

    entry_index: Mapped[int] = mapped_column(RowNumber, autoincrement=False)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerBodyRow(Base):
    """The body and salt of an entry, until erased."""

    __tablename__ = "ledger_bodies"
    __table_args__ = (PrimaryKeyConstraint("entry_index", name="pk_ledger_bodies"),)

    entry_index: Mapped[int] = mapped_column(RowNumber, autoincrement=False)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerTileRow(Base):
    """Hashes as tlog-tiles groups them: full ones of level 0, full and partial ones above."""

    __tablename__ = "ledger_tiles"
    __table_args__ = (PrimaryKeyConstraint("level", "tile_index", name="pk_ledger_tiles"),)

    level: Mapped[int] = mapped_column(RowNumber, autoincrement=False)
    tile_index: Mapped[int] = mapped_column(RowNumber, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class ConsentRow(Base):
    """The present state of a consent: a projection of the ledger, written in the same transaction."""

    __tablename__ = "consents"
    __table_args__ = (
        PrimaryKeyConstraint("consent_id", name="pk_consents"),
        Index("ix_consents_person_ref", "person_ref"),
        Index("ix_consents_state_valid_until", "state", "valid_until"),
        Index("ix_consents_last_index", "last_index"),
    )

    consent_id: Mapped[str] = mapped_column(String(100))
    person_ref: Mapped[str] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(20))
    given_index: Mapped[int] = mapped_column(RowNumber)
    last_index: Mapped[int] = mapped_column(RowNumber, server_default="0")
    valid_until: Mapped[datetime] = mapped_column(UtcDateTime)
    document: Mapped[str] = mapped_column(Text)


class ConsentPolicyRow(Base):
    """A policy for consents that the entity set, and the ledger entry that put it in force."""

    __tablename__ = "consent_policies"
    __table_args__ = (PrimaryKeyConstraint("policy", name="pk_consent_policies"),)

    policy: Mapped[str] = mapped_column(String(40))
    document: Mapped[str] = mapped_column(Text)
    entry_index: Mapped[int] = mapped_column(RowNumber)


class WitnessProgressRow(Base):
    """The size of our ledger that one witness has cosigned, and the fault of the last request."""

    __tablename__ = "witness_progress"
    __table_args__ = (PrimaryKeyConstraint("witness", name="pk_witness_progress"),)

    witness: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(RowNumber)
    cosigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fault: Mapped[str] = mapped_column(String(100))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
