"""Withdrawals that the register of consents does not have: of consents not held here, and further acts of one."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from consent_ledger.consents import order
from records_exchange.mailboxes import SqlMailbox
from records_exchange.reported_ends import SqlReportedEnds
from records_exchange.travel_store import SqlTravelStore
from records_exchange.withdrawal import CONSENT_WITHDRAWN


def withdrawn_receipts(session: Session, person_ref: str, held: Collection[str]) -> tuple[str, ...]:
    """Return the digests of a person's withdrawals that this entity told of consents that it does not hold.

    Args:
        session: of this node's database.
        person_ref: this node's id of the person.
        held: ids of the consents in the register, which has their ends.
    """
    mailbox = SqlMailbox(session)
    told = [
        (consent_id, notice.content["acted_at"])
        for consent_id in SqlTravelStore(session).received_under(person_ref)
        for notice in mailbox.about(consent_id)
        if notice.kind == CONSENT_WITHDRAWN and consent_id not in held
    ]
    return tuple(dict.fromkeys(order.act_digest(consent_id, datetime.fromisoformat(at)) for consent_id, at in told))


def reported_acts(session: Session, held: Collection[str], now: datetime) -> tuple[str, ...]:
    """Return the digests of all withdrawals that other entities reported of consents that are held here.

    A person may withdraw one consent at several entities: the register has the first act, a holder may have another.
    """
    ends = SqlReportedEnds(session)
    digests = (
        order.act_digest(consent_id, end.acted_at) for consent_id in sorted(held) for end in ends.of(consent_id, now)
    )
    return tuple(dict.fromkeys(digests))
