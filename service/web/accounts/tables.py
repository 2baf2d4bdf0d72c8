"""Tables of the accounts that use the pages, their logins, and the journal of both."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import RowNumber, UtcDateTime


class Base(DeclarativeBase):
    """Metadata of `service.web.accounts`."""


class AccountRow(Base):
    """A member of staff who may use the pages."""

    __tablename__ = "web_accounts"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", name="pk_web_accounts"),
        UniqueConstraint("login", name="uq_web_accounts_login"),
    )

    account_id: Mapped[str] = mapped_column(String(32))
    login: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(100))
    """As the pages show the member of staff."""
    staff_code: Mapped[str] = mapped_column(String(64))
    """The organisation's own code, under which acts are recorded."""
    roles: Mapped[str] = mapped_column(String(200))
    """Codes, parted by blanks."""
    password_hash: Mapped[str] = mapped_column(String(200))
    password_temporary: Mapped[bool]
    """Set by somebody else; to be replaced at the first login."""
    factor_sealed: Mapped[bytes | None] = mapped_column(LargeBinary(200))
    """The key of the second factor; None without one."""
    factor_pending: Mapped[bytes | None] = mapped_column(LargeBinary(200))
    """A key that was shown and not yet confirmed by a code."""
    factor_step: Mapped[int] = mapped_column(BigInteger)
    """The last step of time of which a code was used; earlier ones are refused."""
    failures: Mapped[int] = mapped_column(Integer)
    """Failed logins in a row."""
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    active_since: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the account was made or reset: an account that is not used for long after it is dormant."""
    last_access_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_access_from: Mapped[str] = mapped_column(String(64))
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginRow(Base):
    """A login that lasts. The token is the browser's alone; only its hash is here."""

    __tablename__ = "web_logins"
    __table_args__ = (
        PrimaryKeyConstraint("token_sha256", name="pk_web_logins"),
        Index("ix_web_logins_account_id", "account_id"),
    )

    token_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    account_id: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the password was last given."""
    before_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The access before this one, which the page shows."""
    before_from: Mapped[str] = mapped_column(String(64))
    failures_before: Mapped[int] = mapped_column(Integer)


class AttemptRow(Base):
    """An attempt to log in from an address; those that succeed are taken away."""

    __tablename__ = "web_attempts"
    __table_args__ = (
        PrimaryKeyConstraint("number", name="pk_web_attempts"),
        Index("ix_web_attempts_address", "address", "attempted_at"),
    )

    number: Mapped[int] = mapped_column(RowNumber, autoincrement=True)
    address: Mapped[str] = mapped_column(String(64))
    attempted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class JournalRow(Base):
    """Something that happened to an account (ENS op.exp.8). It is never changed."""

    __tablename__ = "web_journal"
    __table_args__ = (
        PrimaryKeyConstraint("number", name="pk_web_journal"),
        Index("ix_web_journal_happened_at", "happened_at"),
    )

    number: Mapped[int] = mapped_column(RowNumber, autoincrement=True)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[str] = mapped_column(String(32))
    """Empty where there is no such account: what was typed is not kept, for it may be a password."""
    address: Mapped[str] = mapped_column(String(64))
    """Where it was done from; empty for a command."""
    by: Mapped[str] = mapped_column(String(64))
    """Who did it to the account; empty for its owner."""


ACCOUNTS: Final = Base.metadata.tables["web_accounts"]
LOGINS: Final = Base.metadata.tables["web_logins"]
ATTEMPTS: Final = Base.metadata.tables["web_attempts"]
JOURNAL: Final = Base.metadata.tables["web_journal"]
