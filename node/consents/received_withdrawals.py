"""Withdrawals that persons made here of consents under which this entity only received data."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from consent_ledger.consents.order import act_digest
from records_exchange.mailboxes import SqlMailbox
from records_exchange.travel import CONSENT_WITHDRAWN
from records_exchange.travel_store import SqlTravelStore


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
    return tuple(dict.fromkeys(act_digest(consent_id, datetime.fromisoformat(at)) for consent_id, at in told))
