"""The journal of accounts: logins, refusals and changes, for the security officer (ENS op.exp.8)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service.web.accounts.model import JournalKind
from service.web.accounts.tables import JOURNAL


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """Something that happened to an account; see `service.web.accounts.tables.JournalRow`."""

    happened_at: datetime
    kind: str
    account_id: str
    address: str
    by: str


def note(
    session: Session, kind: JournalKind, now: datetime, *, account_id: str = "", address: str = "", by: str = ""
) -> None:
    """Write an entry in the caller's transaction."""
    values = {"happened_at": now, "kind": kind.value, "account_id": account_id, "address": address, "by": by}
    session.execute(insert(JOURNAL).values(values))


def entries(session: Session, *, limit: int = 200) -> tuple[JournalEntry, ...]:
    """Return the newest entries, the newest first."""
    columns = (JOURNAL.c.happened_at, JOURNAL.c.kind, JOURNAL.c.account_id, JOURNAL.c.address, JOURNAL.c.by)
    newest = select(*columns).order_by(JOURNAL.c.number.desc()).limit(limit)
    return tuple(JournalEntry(*row) for row in session.execute(newest))
