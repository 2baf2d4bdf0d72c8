"""Accounts in the database, in the caller's transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from presentation.messages import _
from service.web.accounts.model import Account
from service.web.accounts.tables import ACCOUNTS
from service.web.errors import AccountUnknown


def find(session: Session, login: str) -> "Row[Any] | None":
    """Return the row of an account by its login name, in any case; None when there is none."""
    return session.execute(select(ACCOUNTS).where(ACCOUNTS.c.login == login.strip().casefold())).one_or_none()


def get(session: Session, login: str) -> "Row[Any]":
    """Return the row of an account by its login name.

    Raises:
        AccountUnknown: there is none.
    """
    row = find(session, login)
    if row is None:
        raise AccountUnknown(
            _("ninguna cuenta tiene ese nombre de usuario"), remedy=_("consulte: redpact-node user list")
        )
    return row


def by_id(session: Session, account_id: str) -> "Row[Any] | None":
    """Return the row of an account; None when there is none."""
    return session.execute(select(ACCOUNTS).where(ACCOUNTS.c.account_id == account_id)).one_or_none()


def everybody(session: Session) -> tuple[Account, ...]:
    """Return every account, by login name."""
    return tuple(account_of(row) for row in session.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.login)))


def add(session: Session, values: dict[str, Any]) -> None:
    """Write a new account."""
    session.execute(insert(ACCOUNTS).values(values))


def change(session: Session, account_id: str, **values: Any) -> None:
    """Change some columns of an account."""
    session.execute(update(ACCOUNTS).where(ACCOUNTS.c.account_id == account_id).values(values))


def account_of(row: "Row[Any]") -> Account:
    """Return an account from its row."""
    return Account(
        account_id=row.account_id,
        login=row.login,
        name=row.name,
        staff_code=row.staff_code,
        roles=frozenset(row.roles.split()),
        temporary=row.password_temporary,
        second_factor=row.factor_sealed is not None,
        last_access_at=row.last_access_at,
        disabled_at=row.disabled_at,
        locked_until=row.locked_until,
        active_since=row.active_since,
    )


def is_usable(row: "Row[Any]", now: datetime, dormant_before: datetime) -> bool:
    """Return whether an account may log in now: not disabled, not locked out, not dormant."""
    used = max(row.active_since, row.last_access_at or row.active_since)
    locked = row.locked_until is not None and now < row.locked_until
    return row.disabled_at is None and not locked and used > dormant_before
