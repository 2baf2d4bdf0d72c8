"""Withdrawals that other entities report: verified, recorded, passed on, and acknowledged.

A report is heard when a party to the consent signed it: the entity where the person withdrew, in the statement that
travels with it, or else its sender. About a consent that is not known here it waits, within a bound for each entity.
"""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from consent_ledger.consents.model import VALID_FOR_PROCESSING, Withdrawal
from consent_ledger.log.bodies import WithdrawalAcknowledgedBody
from consent_ledger.log.end_bodies import PERSON_DECEASED
from consent_ledger.log.entry import EntryType, NewEntry
from node.consents.changes import ConsentChanges, ReportedBy
from node.consents.held import HeldConsents
from node.consents.propagation.notifications import pass_on
from node.consents.propagation.parties import parties_of
from node.ledger.own import own_ledger
from node.messages.kinds import Kind, Response
from records_exchange.mailboxes import Notification
from records_exchange.message import MessageOutcome, VerifiedMessage, VerifiedReply
from records_exchange.reported_ends import EndMeaning, KeptEnd, SqlReportedEnds
from records_exchange.travel import read_copy
from records_exchange.travel_store import SqlTravelStore
from records_exchange.withdrawal import CONSENT_WITHDRAWN, ReportedWithdrawal, open_withdrawal

if TYPE_CHECKING:
    from collections.abc import Collection

    from node.context import NodeContext

NOT_A_PARTY: Final = "not_a_party"
TOO_MANY_UNKNOWN: Final = "too_many_unknown"
OTHER_ENTITY: Final = "other-entity"
"""The method of a withdrawal that the person made elsewhere."""


def withdrawal_kind(context: "NodeContext", changes: ConsentChanges) -> Kind:
    """Return the kind of message that reports a withdrawal."""
    return Kind(
        CONSENT_WITHDRAWN,
        partial(_receive, context, changes),
        settle=partial(note_acknowledgement, context),
        again=frozenset({TOO_MANY_UNKNOWN}),
        urgent=True,
    )


def take_withdrawal(
    context: "NodeContext",
    changes: ConsentChanges,
    session: Session,
    received: VerifiedMessage,
    said: ReportedWithdrawal,
    *,
    now: datetime,
) -> Response:
    """Record a withdrawal that a message reports, inform others of it, and return the reply."""
    sender, consents, store = received.message.sender, HeldConsents(context, session, changes), SqlTravelStore(session)
    view = consents.find(said.consent_id)
    if view is not None:
        heard = _heard(said, sender, parties_of(view.record))
        if heard is None:
            return Response(refusal=NOT_A_PARTY, remembered=False)
        said = heard
    known = view is not None or _drop_waiting(store, said, sender) or bool(store.holders_of(said.consent_id))
    ends = SqlReportedEnds(session)
    if not known and not ends.has_room(said.stated_by):
        return Response(refusal=TOO_MANY_UNKNOWN, remembered=False)
    new, purged = ends.keep(_kept(said, sender, now, known=known)), store.count_received(said.consent_id)
    if sender != said.stated_by and (known or ends.has_room(sender)):
        ends.keep(_kept(_own_word(said, sender), sender, now, known=known))
    happens = new or purged > 0 or (view is not None and view.state in VALID_FOR_PROCESSING)
    if happens:
        reported_by = ReportedBy(sender, received.sha256, said)
        consents.withdrawal_received(said.consent_id, _act(said), reported_by, now)
    else:
        pass_on(context, session, said, view, now, sender=sender, new=False)
    body = {"effect": "ended", "purged": purged, "stated_by": said.stated_by}
    return Response(body, remembered=happens)


def note_acknowledgement(
    context: "NodeContext", session: Session, notification: Notification, verified: VerifiedReply, now: datetime
) -> None:
    """Write to the ledger that an entity acknowledged the end of a consent."""
    if verified.reply.outcome is not MessageOutcome.ACCEPTED:
        return
    body = WithdrawalAcknowledgedBody(
        consent_id=notification.reference, entity=verified.reply.sender, acknowledgement_sha256=verified.sha256
    )
    own_ledger(context, session).append([NewEntry(EntryType.WITHDRAWAL_ACKNOWLEDGED, body)], now)


def _receive(
    context: "NodeContext", changes: ConsentChanges, session: Session, received: VerifiedMessage, now: datetime
) -> Response:
    directory = context.directory.current(now)
    said = open_withdrawal(received.message.body, sender=received.message.sender, directory=directory)
    return take_withdrawal(context, changes, session, received, said, now=now)


def _heard(said: ReportedWithdrawal, sender: str, parties: "Collection[str]") -> ReportedWithdrawal | None:
    """Return a report as a party to the consent signed it; None when none did."""
    if said.stated_by in parties:
        return said
    return _own_word(said, sender) if sender in parties else None


def _own_word(said: ReportedWithdrawal, sender: str) -> ReportedWithdrawal:
    """Return a report as its sender signed it, without the statement of another entity."""
    return ReportedWithdrawal(said.consent_id, sender, said.acted_at, said.acted_by, reason=said.reason)


def _drop_waiting(store: SqlTravelStore, said: ReportedWithdrawal, sender: str) -> bool:
    """Delete the copies of a consent that wait for their person, as far as a party to them signed the report."""
    ended = [
        copy
        for copy in store.copies_of(said.consent_id)
        if _heard(said, sender, parties_of(read_copy(copy.proof).record))
    ]
    for copy in ended:
        store.drop_copy(copy.sender, copy.consent_id)
    return bool(ended)


def _kept(said: ReportedWithdrawal, sender: str, now: datetime, *, known: bool) -> KeptEnd:
    return KeptEnd(
        consent_id=said.consent_id,
        stated_by=said.stated_by,
        meaning=EndMeaning.WITHDRAWN,
        told_by=sender,
        acted_at=said.acted_at,
        acted_by=said.acted_by,
        statement=said.statement,
        unknown=not known,
        told_at=now,
    )


def _act(said: ReportedWithdrawal) -> Withdrawal:
    # The time is written as stated, also when that clock is fast: by it the act is known again elsewhere.
    return Withdrawal(
        acted_by=said.acted_by,
        method=OTHER_ENTITY,
        entity=said.stated_by,
        acted_at=said.acted_at,
        statement_sha256=said.statement_sha256,
        reason=PERSON_DECEASED if said.reason == PERSON_DECEASED else None,
    )
