"""Tags of the last contacts with other entities: each message renews one, so that they have no seal in the pages."""

from typing import TYPE_CHECKING

from sqlalchemy import select

from node.cipher import plain_time
from node.errors import TAMPERED_REMEDY, RecordsTampered
from presentation.messages import _
from records_exchange.contacts import Contact, Contacts
from records_exchange.tables import PeerContact

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from node.cipher import RecordCipher


class ContactTags:
    """A `ContactGuard`: tags under a key that is not in the database."""

    def __init__(self, cipher: "RecordCipher") -> None:
        self._cipher = cipher

    def tag(self, entity: str, contact: Contact | None) -> bytes:
        """See `ContactGuard`."""
        times = [plain_time(contact.heard_at), plain_time(contact.complete_until)] if contact else []
        return self._cipher.row_digest(["contact", entity, *times])

    def altered(self, entity: str) -> RecordsTampered:
        """See `ContactGuard`."""
        return RecordsTampered(
            _("el último contacto con {entity} no está como este nodo lo escribió", entity=entity),
            remedy=TAMPERED_REMEDY,
        )


def contacts_in(session: "Session", cipher: "RecordCipher") -> Contacts:
    """Return the contacts of this entity, working inside `session`."""
    return Contacts(session, ContactTags(cipher))


def altered_contacts(session: "Session", cipher: "RecordCipher") -> tuple[int, list[str]]:
    """Return the number of contacts, and a name for each that this node did not write so."""
    contacts, wrong = contacts_in(session, cipher), list[str]()
    entities = session.scalars(select(PeerContact.entity)).all()
    for entity in entities:
        try:
            contacts.of(entity)
        except RecordsTampered:
            wrong.append(f"contact {entity}")
    return len(entities), wrong
