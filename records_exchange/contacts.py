"""The last contact with another entity, inside the caller's transaction.

It decides how long a consent given elsewhere is acted on, so that each row carries a tag of this entity. One that
others wrote, or moved from another entity, is not believed; an older one of this entity closes sooner, and no later.
"""

from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any, Final, Protocol, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from policies.errors import RedpactError
from records_exchange.tables import PeerContact
from service.sql_driver import DriverStatement, connection_of

# A driver statement (decision 0022): requests under consents given elsewhere, and every refusal, read a contact.
_TABLE: Final = cast("Table", PeerContact.__table__)
_COLUMNS: Final = (_TABLE.c.heard_at, _TABLE.c.complete_until, _TABLE.c.tag)
_READ: Final = DriverStatement(select(*_COLUMNS).where(_TABLE.c.entity == bindparam("of")), ["of"], _COLUMNS)


@dataclass(frozen=True, slots=True)
class Contact:
    """The last message of a peer, and the time up to which it states that no notification for us is waiting."""

    heard_at: datetime
    complete_until: datetime | None


class ContactGuard(Protocol):
    """Knows the contacts that this entity wrote from those that others did."""

    def tag(self, entity: str, contact: Contact | None) -> bytes:
        """Return the tag of a contact with an entity."""
        ...

    def altered(self, entity: str) -> RedpactError:
        """Return the error of a contact that this entity did not write so."""
        ...


class Contacts:
    """Reads and writes contacts."""

    def __init__(self, session: Session, guard: ContactGuard) -> None:
        self._session = session
        self._guard = guard

    def heard(self, entity: str, now: datetime, *, complete_until: datetime | None = None) -> None:
        """Record a message of a peer, and the time up to which it states that no notification for us is waiting.

        The message takes the place of a contact that others wrote: its sender is to be heard whatever was altered.
        """
        known, fits = self._read(entity)
        contact = Contact(now, complete_until)
        if known is not None and fits:
            newest = max(filter(None, (known.complete_until, complete_until)), default=None)
            contact = Contact(max(now, known.heard_at), newest)
        values = {"heard_at": contact.heard_at, "complete_until": contact.complete_until}
        row = values | {"tag": self._guard.tag(entity, contact)}
        changed: Any = self._session.execute(update(PeerContact).where(PeerContact.entity == entity).values(**row))
        if not changed.rowcount:
            self._session.execute(insert(PeerContact).values(entity=entity, **row))

    def of(self, entity: str) -> Contact | None:
        """Return the contact with a peer; None without any.

        Raises:
            RedpactError: the guard's, when this entity did not write it so.
        """
        contact, fits = self._read(entity)
        if not fits:
            raise self._guard.altered(entity)
        return contact

    def _read(self, entity: str) -> tuple[Contact | None, bool]:
        """Return a contact, and whether this entity wrote it so."""
        try:
            found = _READ.one(connection_of(self._session), entity)
            contact = Contact(found[0], found[1]) if found else None
            expected = self._guard.tag(entity, contact)  # for nobody too: a stranger is answered with the same work
            return contact, found is None or compare_digest(expected, found[2])
        except (ValueError, TypeError, AttributeError):  # of another type than the column
            return None, False
