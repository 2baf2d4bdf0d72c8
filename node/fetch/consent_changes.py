"""Cached copies after a change of the consent under which they were received: a `Subscriber` of consent changes."""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from consent_ledger.log.bodies import WithdrawalReceivedBody
from consent_ledger.log.entry import EntryType, NewEntry
from node.consents.changes import ChangeSource, ConsentChanged
from node.ledger.own import own_ledger
from records_exchange.travel_store import SqlTravelStore

if TYPE_CHECKING:
    from node.context import NodeContext


def purge_copies(context: "NodeContext", session: Session, change: ConsentChanged) -> None:
    """Delete the copies received under a consent that ended or became narrower; the rest can be fetched again.

    A withdrawal that another entity reported is noted in the ledger, with the number of copies deleted.
    """
    if not change.narrowed:
        return
    store = SqlTravelStore(session)
    purged = store.purge_consent(change.consent_id)
    reported_by = change.reported_by
    if (
        change.source not in (ChangeSource.WITHDRAWAL_RECEIVED, ChangeSource.PART_LOST)
        or reported_by is None
        or reported_by.message_sha256 is None
    ):
        return
    if not store.holders_of(change.consent_id):
        return
    body = WithdrawalReceivedBody(
        consent_id=change.consent_id,
        entity=reported_by.sender,
        message_sha256=reported_by.message_sha256,
        purged=purged,
    )
    own_ledger(context, session).append([NewEntry(EntryType.WITHDRAWAL_RECEIVED, body)], change.recorded_at)
