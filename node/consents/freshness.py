"""The freshness bound: a consent given elsewhere covers nothing while its origin has been silent for too long.

An entity that is cut off from a consent's origin cannot learn of its withdrawal. After a set time it stops sharing
under the consent, and resumes when the origin is heard again. Consents given here are not concerned.
"""

from datetime import datetime, timedelta

from records_exchange.contacts import Contacts


def last_word(contacts: Contacts, origin: str, told_at: datetime | None) -> datetime | None:
    """Return the time up to which an origin's account is complete; None when it never gave one.

    Args:
        contacts: of this node.
        origin: the entity where the consent was given.
        told_at: when the origin last reported this consent; None when that is not known.

    Raises:
        RecordsTampered: others wrote the contact.
    """
    contact = contacts.of(origin)
    return max(filter(None, (told_at, contact.complete_until if contact else None)), default=None)


def is_silent(contacts: Contacts, origin: str, told_at: datetime | None, *, now: datetime, bound: timedelta) -> bool:
    """Return whether an origin's last heartbeat, and its last report of a consent, are older than the bound.

    Args:
        contacts: of this node.
        origin: the entity where the consent was given.
        told_at: when the origin last reported this consent; None when that is not known.
        now: the present time, UTC.
        bound: longest silence allowed.
    """
    last = last_word(contacts, origin, told_at)
    return last is None or now - last >= bound
