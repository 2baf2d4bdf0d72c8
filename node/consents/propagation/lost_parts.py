"""Messages by which this entity learns that it has no part in a consent any more, while the consent may go on.

Only the entity where the consent was given can take it from a holder. Another party, which released data to this one,
says that no more of it may be kept here. Nothing is passed on but to those that this entity served under the consent.
"""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from consent_ledger.consents.model import VALID_FOR_PROCESSING, ConsentView, Withdrawal
from node.consents.changes import ConsentChanges, ReportedBy
from node.consents.held import HeldConsents
from node.consents.propagation.parties import origin_of, parties_of
from node.consents.propagation.withdrawals import (
    NOT_A_PARTY,
    OTHER_ENTITY,
    TOO_MANY_UNKNOWN,
    note_acknowledgement,
    take_withdrawal,
)
from node.messages.kinds import Kind, Response
from records_exchange.message import VerifiedMessage
from records_exchange.reported_ends import EndMeaning, KeptEnd, SqlReportedEnds
from records_exchange.travel_store import SqlTravelStore
from records_exchange.withdrawal import (
    CONSENT_ENDED,
    PART_LOST,
    PartLostBody,
    ReportedWithdrawal,
    parse_ended,
    parse_part_lost,
)

if TYPE_CHECKING:
    from node.context import NodeContext

NO_PART: Final = "no_part_left"
"""The reason by which a consent ends here when this entity is no holder of it any more."""


def lost_part_kinds(context: "NodeContext", changes: ConsentChanges) -> tuple[Kind, ...]:
    """Return the kind of message about a lost part, and that of earlier versions, which meant a withdrawal as well."""
    settle, again = partial(note_acknowledgement, context), frozenset({TOO_MANY_UNKNOWN})
    lost, ended = partial(_receive_part_lost, context, changes), partial(_receive_ended, context, changes)
    return (
        Kind(PART_LOST, lost, settle=settle, again=again, urgent=True),
        Kind(CONSENT_ENDED, ended, settle=settle, again=again, urgent=True),
    )


def _receive_part_lost(
    context: "NodeContext", changes: ConsentChanges, session: Session, received: VerifiedMessage, now: datetime
) -> Response:
    said, consents = parse_part_lost(received.message.body), HeldConsents(context, session, changes)
    return _take(session, consents, received, said, now, meaning=EndMeaning.PART_LOST)


def _receive_ended(
    context: "NodeContext", changes: ConsentChanges, session: Session, received: VerifiedMessage, now: datetime
) -> Response:
    sender, said = received.message.sender, parse_ended(received.message.body)
    consents = HeldConsents(context, session, changes)
    view = consents.find(said.consent_id)
    if view is not None and sender != origin_of(view.record):  # which cannot take a part from us: a withdrawal
        reported = ReportedWithdrawal(said.consent_id, sender, said.acted_at, said.acted_by)
        return take_withdrawal(context, changes, session, received, reported, now=now)
    return _take(session, consents, received, said, now, meaning=EndMeaning.ENDED)


def _take(
    session: Session,
    consents: HeldConsents,
    received: VerifiedMessage,
    said: PartLostBody,
    now: datetime,
    *,
    meaning: EndMeaning,
) -> Response:
    sender, store, ends = received.message.sender, SqlTravelStore(session), SqlReportedEnds(session)
    view = consents.find(said.consent_id)
    if view is not None and sender not in parties_of(view.record):
        return Response(refusal=NOT_A_PARTY, remembered=False)
    known = view is not None or bool(store.holders_of(said.consent_id))
    if not known and not ends.has_room(sender):
        return Response(refusal=TOO_MANY_UNKNOWN, remembered=False)
    new, purged = ends.keep(_kept(said, sender, now, meaning, known=known)), store.count_received(said.consent_id)
    if view is None:
        store.drop_copy(sender, said.consent_id)
    ends_here = view is not None and sender == origin_of(view.record)
    happens = new or purged > 0 or (ends_here and _is_valid(view))
    if happens:
        act = Withdrawal(
            acted_by=said.acted_by,
            method=OTHER_ENTITY,
            reason=NO_PART,
            entity=sender,
            acted_at=said.acted_at,
        )
        consents.part_lost(said.consent_id, act, ReportedBy(sender, received.sha256), now, ends=ends_here)
    return Response({"effect": "ended", "purged": purged}, remembered=happens)


def _is_valid(view: ConsentView | None) -> bool:
    return view is not None and view.state in VALID_FOR_PROCESSING


def _kept(said: PartLostBody, sender: str, now: datetime, meaning: EndMeaning, *, known: bool) -> KeptEnd:
    return KeptEnd(
        consent_id=said.consent_id,
        stated_by=sender,
        meaning=meaning,
        told_by=sender,
        acted_at=said.acted_at,
        acted_by=said.acted_by,
        statement=None,
        unknown=not known,
        told_at=now,
    )
