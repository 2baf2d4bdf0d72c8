"""The freshness bound: a consent given elsewhere covers nothing while its origin has been silent for too long.

An entity that is cut off from a consent's origin cannot learn of its withdrawal. After a set time it stops sharing
under the consent, and resumes when the origin is heard again. Consents given here are not concerned.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from consent_ledger.consents.model import LiveConsent
from records_exchange.mailboxes import SqlMailbox


def fresh_consents(
    session: Session, live: Sequence[LiveConsent], now: datetime, bound: timedelta
) -> tuple[LiveConsent, ...]:
    """Return the consents that were given here, or whose origin sent a heartbeat within the bound."""
    return tuple(
        consent
        for consent in live
        if consent.origin is None or not is_silent(session, consent.origin, consent.told_at, now=now, bound=bound)
    )


def is_silent(session: Session, origin: str, told_at: datetime | None, *, now: datetime, bound: timedelta) -> bool:
    """Return whether the last heartbeat of an origin, or its last report of a consent, is older than the bound.

    Args:
        session: of this node's database.
        origin: the entity where the consent was given.
        told_at: when the origin last reported this consent; None when that is not known.
        now: the present time, UTC.
        bound: longest silence allowed.
    """
    contact = SqlMailbox(session).contact(origin)
    known = [moment for moment in (told_at, contact.complete_until if contact else None) if moment is not None]
    return all(now - moment >= bound for moment in known)
