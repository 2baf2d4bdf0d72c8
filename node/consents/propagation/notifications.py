"""Notifications to other parties of a consent: that the person withdrew it, or that one has no part in it any more.

The entity where the person withdrew informs every party that it knows, and so does the one where the consent was given.
Every other entity that learns of it informs that one, the holders, and those to which it released something or which
released something to it. So a withdrawal arrives by several ways, and nobody on one of them can keep it from arriving.
Each entity informs another once, until that one has acknowledged it; only the sender is left out.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from consent_ledger.consents.model import ConsentView
from consent_ledger.log.end_bodies import PERSON_DECEASED
from node.consents.changes import ChangeSource, ConsentChanged
from node.consents.propagation.parties import origin_of, parties_of
from records_exchange.mailboxes import NewNotification, NotificationState, SqlMailbox
from records_exchange.reported_ends import EndMeaning, KeptEnd, SqlReportedEnds
from records_exchange.travel import CONSENT_COPY
from records_exchange.travel_store import SqlTravelStore
from records_exchange.withdrawal import (
    CONSENT_WITHDRAWN,
    PART_LOST,
    PartLostBody,
    ReportedWithdrawal,
    state_withdrawal,
)
from trust.parties import EntityKind

if TYPE_CHECKING:
    from node.context import NodeContext

_ACTED_HERE = frozenset({ChangeSource.WITHDRAWN, ChangeSource.RECEIPT_WITHDRAWN, ChangeSource.PERSON_DECEASED})


def propagate(context: "NodeContext", session: Session, change: ConsentChanged) -> None:
    """Write notifications to the outbox for the entities that a change concerns: a `Subscriber`.

    Nothing is sent of an end of validity, which every holder knows by itself, nor of an erasure, which is no act of
    the person: the professional who erases reads which entities to inform (GDPR art. 19).
    """
    if change.source in _ACTED_HERE:
        withdrawal = _stated_here(context, session, change)
        reached = _reached(context, session, change.consent_id, change.before, acted_here=True)
        post_withdrawal(session, reached, withdrawal, change.recorded_at)
    elif change.reported_by is not None and change.reported_by.withdrawal is not None:
        withdrawal, sender = change.reported_by.withdrawal, change.reported_by.sender
        pass_on(context, session, withdrawal, change.before, change.recorded_at, sender=sender)
    else:
        post_part_lost(session, _left_out(session, change) - {context.settings.entity}, change)


def pass_on(
    context: "NodeContext",
    session: Session,
    withdrawal: ReportedWithdrawal,
    view: ConsentView | None,
    now: datetime,
    *,
    sender: str,
    new: bool = True,
) -> None:
    """Inform other parties of a withdrawal that an entity reported.

    Args:
        context: of this node.
        session: the transaction that records it.
        withdrawal: as its first entity stated it.
        view: of the consent before it; None when it is not held here.
        now: the present time, UTC.
        sender: the entity that reported it.
        new: whether it was not reported like this before; as in `post_withdrawal`.
    """
    reached = _reached(context, session, withdrawal.consent_id, view, acted_here=False)
    post_withdrawal(session, reached - {sender}, withdrawal, now, new=new)


def post_withdrawal(
    session: Session,
    entities: Collection[str],
    withdrawal: ReportedWithdrawal,
    now: datetime,
    *,
    new: bool = True,
) -> None:
    """Write a withdrawal to the outbox for the entities that have not acknowledged it and for which none waits there.

    Args:
        session: the transaction of the act.
        entities: to be informed.
        withdrawal: as its first entity stated it.
        now: the present time, UTC.
        new: whether entities that refused an earlier report get this one.
    """
    consent_id, mailbox = withdrawal.consent_id, SqlMailbox(session)
    settled = {NotificationState.WAITING, NotificationState.ACKNOWLEDGED} | (
        set() if new else {NotificationState.REFUSED}
    )
    states, body = mailbox.states(CONSENT_WITHDRAWN, consent_id), withdrawal.body()
    missing = [entity for entity in sorted(entities) if not states.get(entity, set()) & settled]
    mailbox.post([NewNotification(CONSENT_WITHDRAWN, entity, consent_id, body) for entity in missing], now)


def post_part_lost(session: Session, entities: Collection[str], change: ConsentChanged) -> None:
    """Write to the outbox that some entities have no part in a consent any more."""
    body = PartLostBody(consent_id=change.consent_id, acted_at=change.acted_at, acted_by=change.acted_by)
    content = body.model_dump(mode="json")
    notifications = [NewNotification(PART_LOST, entity, change.consent_id, content) for entity in sorted(entities)]
    SqlMailbox(session).post(notifications, change.recorded_at)


def take_back_copies(session: Session, change: ConsentChanged) -> None:
    """Take back the consent's copies that still wait for a holder which lost its part in it: a `Subscriber`.

    After an erasure nothing can be proved of the consent, and the version that such a holder has may be wider than the
    one that the person left: it is informed that it has no part in the consent any more.
    """
    waiting = SqlMailbox(session).take_back(CONSENT_COPY, change.consent_id, recipients=change.lost_holders)
    if change.source is ChangeSource.PERSON_ERASED:
        post_part_lost(session, waiting, change)


def _stated_here(context: "NodeContext", session: Session, change: ConsentChanged) -> ReportedWithdrawal:
    """Sign that the person withdrew here, and keep that: a copy of the consent may be on its way."""
    own = context.settings.entity
    stated = state_withdrawal(
        change.consent_id,
        entity=own,
        acted_at=change.acted_at,
        acted_by=change.acted_by,
        signer=context.keys.signing,
        reason=PERSON_DECEASED if change.source is ChangeSource.PERSON_DECEASED else None,
    )
    kept = KeptEnd(
        consent_id=change.consent_id,
        stated_by=own,
        meaning=EndMeaning.WITHDRAWN,
        told_by=own,
        acted_at=change.acted_at,
        acted_by=change.acted_by,
        statement=stated.statement,
        unknown=False,
        told_at=change.recorded_at,
    )
    SqlReportedEnds(session).keep(kept)
    return stated


def _reached(
    context: "NodeContext", session: Session, consent_id: str, view: ConsentView | None, *, acted_here: bool
) -> set[str]:
    """Return the entities that this entity informs of a withdrawal."""
    own, store = context.settings.entity, SqlTravelStore(session)
    reached = {*store.recipients(consent_id), *store.holders_of(consent_id)}
    if view is not None:
        origin = origin_of(view.record)
        everybody = acted_here or own == origin
        reached |= parties_of(view.record) if everybody else {origin, *view.record.holders}
    elif acted_here:
        reached |= _possible_holders(context)
    return reached - {own}


def _possible_holders(context: "NodeContext") -> set[str]:
    """Return the entities that may hold records.

    An entity that only received data knows no other party than those that sent them, and one of these might keep the
    withdrawal to itself. The random id tells nothing to an entity without a part in the consent.
    """
    directory = context.directory.newest()
    listed = directory.active() if directory else ()
    return {party.id for party in listed if party.kind is not EntityKind.COLLABORATOR}


def _left_out(session: Session, change: ConsentChanged) -> set[str]:
    """Return the entities that have no part in a consent any more and have to hear it from this one."""
    if change.before is None or not change.was_valid:
        return set()
    served = set(SqlTravelStore(session).recipients(change.consent_id))
    if change.source is ChangeSource.PART_LOST:
        return served if change.ended else set()
    if change.source not in (ChangeSource.NARROWED, ChangeSource.COPY_RECEIVED):
        return set()
    # A recipient that is still a holder learns it from its copy.
    still_holders = set(change.after.record.holders) if change.after and not change.ended else set()
    dropped = (served & change.lost_recipients) - still_holders
    # The other holders hear of the narrower consent from its origin alone.
    return dropped | set(change.lost_holders) if change.source is ChangeSource.NARROWED else dropped
