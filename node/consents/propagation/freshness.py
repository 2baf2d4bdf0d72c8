"""The freshness bound: a consent that travelled covers nothing while its origin has been silent for too long.

Whoever is cut off from where a consent was given cannot learn of its withdrawal. After a set time it stops sharing
under such consents, and goes on by itself when the origin is heard again. What was given here is not concerned.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from consent_ledger.consents.model import LiveConsent
from records_exchange.mailboxes import SqlMailbox


def fresh_consents(
    session: Session, live: Sequence[LiveConsent], now: datetime, bound: timedelta
) -> tuple[LiveConsent, ...]:
    """Return the consents that were given here, or whose origin has vouched lately that it has told us everything."""
    return tuple(
        consent
        for consent in live
        if consent.origin is None or not is_silent(session, consent.origin, consent.told_at, now=now, bound=bound)
    )


def is_silent(session: Session, origin: str, told_at: datetime | None, *, now: datetime, bound: timedelta) -> bool:
    """Tell whether an origin has not vouched within the bound that it has told us everything.

    Args:
        session: of this node's database.
        origin: the entity where the consent was given.
        told_at: when it said what is known of this consent.
        now: the present time, UTC.
        bound: how long a silence may last.
    """
    contact = SqlMailbox(session).contact(origin)
    known = [moment for moment in (told_at, contact.complete_until if contact else None) if moment is not None]
    return all(now - moment >= bound for moment in known)
