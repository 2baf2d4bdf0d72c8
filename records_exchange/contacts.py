"""The last contact with another entity."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from records_exchange.tables import PeerContact
from service.sql_driver import DriverStatement, connection_of

# A driver statement (decision 0022): requests under consents given elsewhere, and every refusal, read a contact.
_TABLE: Final = cast("Table", PeerContact.__table__)
_COLUMNS: Final = (_TABLE.c.heard_at, _TABLE.c.complete_until)
_READ: Final = DriverStatement(select(*_COLUMNS).where(_TABLE.c.entity == bindparam("of")), ["of"], _COLUMNS)


@dataclass(frozen=True, slots=True)
class Contact:
    """The last message of a peer, and the time up to which it states that no notification for us is waiting."""

    heard_at: datetime
    complete_until: datetime | None


def contact_with(session: Session, entity: str) -> Contact | None:
    """Return the contact with a peer; None without any."""
    found = _READ.one(connection_of(session), entity)
    return Contact(*found) if found else None
