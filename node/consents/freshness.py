"""The freshness bound: a consent given elsewhere covers nothing while its origin has been silent for too long.

An entity that is cut off from a consent's origin cannot learn of its withdrawal. After a set time it stops sharing
under the consent, and resumes when the origin is heard again. Consents given here are not concerned.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from records_exchange.mailboxes import SqlMailbox


def last_word(session: Session, origin: str, told_at: datetime | None) -> datetime | None:
    """Return the time up to which an origin's account is complete; None when it never gave one.

    Args:
        session: of this node's database.
        origin: the entity where the consent was given.
        told_at: when the origin last reported this consent; None when that is not known.
    """
    contact = SqlMailbox(session).contact(origin)
    return max(filter(None, (told_at, contact.complete_until if contact else None)), default=None)


def is_silent(session: Session, origin: str, told_at: datetime | None, *, now: datetime, bound: timedelta) -> bool:
    """Return whether an origin's last heartbeat, and its last report of a consent, are older than the bound.

    Args:
        session: of this node's database.
        origin: the entity where the consent was given.
        told_at: when the origin last reported this consent; None when that is not known.
        now: the present time, UTC.
        bound: longest silence allowed.
    """
    last = last_word(session, origin, told_at)
    return last is None or now - last >= bound
