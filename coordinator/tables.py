"""The coordinator's register: entities, invitations, certificates, directories. Nothing here is personal data."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import UtcDateTime


class Base(DeclarativeBase):
    """Tables of `coordinator`."""


class HeadRow(Base):
    """One row: the end of the log of directories. Locking it orders every change of the registry."""

    __tablename__ = "network_head"
    __table_args__ = (PrimaryKeyConstraint("id", name="pk_network_head"),)

    id: Mapped[int] = mapped_column(Integer, autoincrement=False)
    serial: Mapped[int] = mapped_column(BigInteger)  # of the newest directory, and the size of the log
    frontier: Mapped[bytes] = mapped_column(LargeBinary, server_default="")  # maximal perfect subtrees, left to right
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # a change that no directory has yet


class ChangeRow(Base):
    """A change of addresses or keys that an entity made, kept for a day to be counted."""

    __tablename__ = "network_change"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_network_change"),
        Index("ix_network_change_entity", "entity", "changed_at"),
    )

    id: Mapped[int] = mapped_column(Integer, autoincrement=True)
    entity: Mapped[str] = mapped_column(String(63))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EntityRow(Base):
    """An admitted entity, as the directory will list it."""

    __tablename__ = "network_entity"
    __table_args__ = (PrimaryKeyConstraint("id", name="pk_network_entity"),)

    id: Mapped[str] = mapped_column(String(63))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    status_reason: Mapped[str] = mapped_column(String(500))
    addresses: Mapped[str] = mapped_column(Text)  # one a line
    signing_key: Mapped[str] = mapped_column(String(64))
    exchange_key: Mapped[str] = mapped_column(String(64))
    ledger_vkey: Mapped[str] = mapped_column(String(400))
    witness_vkey: Mapped[str] = mapped_column(String(400), server_default="")  # empty: it runs no witness
    witness_key: Mapped[str] = mapped_column(String(64), server_default="")  # kept when it stops witnessing
    witness_url: Mapped[str] = mapped_column(String(300), server_default="")
    key_changes: Mapped[str] = mapped_column(Text, server_default="[]")  # signed statements, JSON
    recoveries: Mapped[str] = mapped_column(Text, server_default="[]")  # those that brought its keys, JSON
    recovery: Mapped[str] = mapped_column(Text, server_default="")  # one that waits, or that was vetoed, JSON
    admission: Mapped[str] = mapped_column(Text, server_default="")  # as two persons approved it, JSON
    reinstatement: Mapped[str] = mapped_column(Text, server_default="")  # the last one, as above
    stated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the time of its last signed statement
    admitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InvitationRow(Base):
    """An invitation; its secret is kept only as a hash."""

    __tablename__ = "network_invitation"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_network_invitation"),
        UniqueConstraint("secret_sha256", name="uq_network_invitation_secret"),
        Index("ix_network_invitation_entity", "entity"),
    )

    id: Mapped[int] = mapped_column(Integer, autoincrement=True)
    entity: Mapped[str] = mapped_column(String(63))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    secret_sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recovers: Mapped[bool] = mapped_column(Boolean, server_default=false())  # of an entity that lost its keys
    act: Mapped[str] = mapped_column(String(64), server_default="")  # that two persons approve; empty: nobody is asked
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_by_key: Mapped[str | None] = mapped_column(String(64))  # the signing key that used it


class PersonsRow(Base):
    """A record of who may approve acts of the Gerencia."""

    __tablename__ = "network_persons"
    __table_args__ = (PrimaryKeyConstraint("number", name="pk_network_persons"),)

    number: Mapped[int] = mapped_column(Integer, autoincrement=False)  # from 1 on
    approved: Mapped[str] = mapped_column(Text)  # JSON


class ActRow(Base):
    """An act of the Gerencia that waits for approvals, or was carried out."""

    __tablename__ = "network_act"
    __table_args__ = (PrimaryKeyConstraint("id", name="pk_network_act"),)

    id: Mapped[str] = mapped_column(String(64))  # SHA-256 of what is signed
    approved: Mapped[str] = mapped_column(Text)  # JSON
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CertificateRow(Base):
    """A certificate that the authority issued."""

    __tablename__ = "network_certificate"
    __table_args__ = (
        PrimaryKeyConstraint("serial", name="pk_network_certificate"),
        Index("ix_network_certificate_entity", "entity"),
    )

    serial: Mapped[str] = mapped_column(String(40))  # hex
    entity: Mapped[str] = mapped_column(String(63))
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    not_after: Mapped[datetime] = mapped_column(UtcDateTime)
    tls_key: Mapped[str] = mapped_column(String(64), server_default="")  # SHA-256; empty: issued before it was kept
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DirectoryRow(Base):
    """A signed directory and its entry in the log; old ones lose their content, and keep the entry."""

    __tablename__ = "network_directory"
    __table_args__ = (PrimaryKeyConstraint("serial", name="pk_network_directory"),)

    serial: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    envelope: Mapped[bytes] = mapped_column(LargeBinary)  # DSSE JSON; empty once pruned
    payload_sha256: Mapped[bytes] = mapped_column(LargeBinary, server_default="")
    checkpoint: Mapped[bytes] = mapped_column(LargeBinary, server_default="")  # of the log, cosigned; empty before it
