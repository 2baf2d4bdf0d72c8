"""Withdrawals between entities: from the one where the person acted to every holder and recipient.

The entity where the consent was given is informed by every entity that learns of the withdrawal from another; the other
holders by that entity and by the one where the person withdrew; recipients by each entity that released something to
them. Each acknowledgement is signed, and noted in the ledger of the entity that sent the withdrawal.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from consent_ledger.consents.model import ConsentState, ConsentView, Withdrawal
from consent_ledger.errors import ConsentUnknown
from consent_ledger.log.bodies import WithdrawalAcknowledgedBody
from consent_ledger.log.entry import EntryType, NewEntry
from node.consents.changes import ChangeSource, ConsentChanged, ConsentChanges, ReportedBy
from node.consents.held import HeldConsents
from node.consents.propagation.parties import origin_of, parties_of
from node.ledger.own import own_ledger
from node.messages.kinds import Kind, Response
from presentation.messages import _
from records_exchange.mailboxes import NewNotification, Notification, SqlMailbox
from records_exchange.message import MessageOutcome, VerifiedMessage, VerifiedReply
from records_exchange.travel import CONSENT_COPY, CONSENT_WITHDRAWN, WithdrawnBody, parse_withdrawn
from records_exchange.travel_store import SqlTravelStore

if TYPE_CHECKING:
    from node.context import NodeContext

NOT_A_PARTY: Final = "not_a_party"
OTHER_ENTITY: Final = "other-entity"
"""The method of a withdrawal that the person made elsewhere."""
_LONGEST_CONSENT: Final = timedelta(days=5 * 366)
"""No consent is valid for longer: after this no copy of it can come."""


def withdrawal_kind(context: "NodeContext", changes: ConsentChanges) -> Kind:
    """Return the kind of message that reports a withdrawal."""
    return Kind(CONSENT_WITHDRAWN, partial(_receive, context, changes), settle=partial(_settle, context))


def propagate(context: "NodeContext", session: Session, change: ConsentChanged) -> None:
    """Write withdrawals to the outbox for every entity that lost its part in a consent: a `Subscriber`.

    Nothing is sent of an end of validity, which every holder knows by itself, nor of an erasure, which is no act of
    the person: the professional who erases reads which entities to inform (GDPR art. 19).
    """
    reached = _reached_by(context, session, change)
    others = sorted(reached - {context.settings.entity})
    post_withdrawal(session, others, _withdrawn(change), change.recorded_at)


def post_withdrawal(session: Session, entities: Collection[str], body: WithdrawnBody, now: datetime) -> None:
    """Write a withdrawal to the outbox for some entities."""
    content = body.model_dump(mode="json")
    SqlMailbox(session).post(
        [NewNotification(CONSENT_WITHDRAWN, each, body.consent_id, content) for each in entities], now
    )


def take_back_copies(session: Session, change: ConsentChanged) -> None:
    """Take back the consent's copies that still wait for a holder which lost its part in it: a `Subscriber`.

    After an erasure nothing can be proved of the consent, and the version that such a holder has may be wider than the
    one that the person left: it is informed that the consent ended.
    """
    waiting = SqlMailbox(session).take_back(CONSENT_COPY, change.consent_id, recipients=change.lost_holders)
    if change.source is ChangeSource.PERSON_ERASED:
        post_withdrawal(session, waiting, _withdrawn(change), change.recorded_at)


def bar_receipt(context: "NodeContext", session: Session, consent_id: str, now: datetime) -> None:
    """Bar a consent under which this entity only received data: a copy of it may wait here, or be on its way.

    Raises:
        ConsentUnknown: nothing was received under such a consent.
    """
    store = SqlTravelStore(session)
    if not store.holders_of(consent_id):
        raise ConsentUnknown(
            _("no existe el consentimiento {consent_id!r}", consent_id=consent_id),
            remedy=_("ejecute: redpact-node consent list"),
        )
    store.bar(context.settings.entity, consent_id, now + _LONGEST_CONSENT)


def bar_withdrawn(context: "NodeContext", session: Session, views: Sequence[ConsentView], now: datetime) -> None:
    """Bar the consents given elsewhere that were withdrawn, as they are erased here: a newer copy may still come."""
    store = SqlTravelStore(session)
    for view in views:
        if view.record.origin is not None and view.state is ConsentState.WITHDRAWN:
            store.bar(context.settings.entity, view.consent_id, now + _LONGEST_CONSENT)


def _withdrawn(change: ConsentChanged) -> WithdrawnBody:
    return WithdrawnBody(
        consent_id=change.consent_id, entity=change.entity, acted_at=change.acted_at, acted_by=change.acted_by
    )


def _reached_by(context: "NodeContext", session: Session, change: ConsentChanged) -> set[str]:
    """Return the entities that this entity has to inform of a change."""
    store = SqlTravelStore(session)
    if change.source is ChangeSource.RECEIPT_WITHDRAWN:
        return set(store.holders_of(change.consent_id))
    if change.before is None or not change.was_valid:
        return set()
    record, served = change.before.record, set(store.recipients(change.consent_id))
    if change.source in (ChangeSource.NARROWED, ChangeSource.COPY_RECEIVED):
        # A recipient that is still a holder learns it from its copy; a withdrawal would end the consent there.
        still_holders = set(change.after.record.holders) if change.after and not change.ended else set()
        dropped = (served & change.lost_recipients) - still_holders
        # The other holders hear of the narrower consent from its origin alone.
        return dropped | set(change.lost_holders) if change.source is ChangeSource.NARROWED else dropped
    if change.source is ChangeSource.WITHDRAWN:
        return {origin_of(record), *served, *record.holders}
    if change.source is ChangeSource.WITHDRAWAL_RECEIVED and change.reported_by is not None:
        others = set(record.holders) if context.settings.entity == origin_of(record) else set()
        return ({origin_of(record)} | served | others) - {change.reported_by.sender, change.entity}
    return set()


def _receive(
    context: "NodeContext", changes: ConsentChanges, session: Session, received: VerifiedMessage, now: datetime
) -> Response:
    sender, said = received.message.sender, parse_withdrawn(received.message.body)
    store, consents = SqlTravelStore(session), HeldConsents(context, session, changes)
    view = consents.find(said.consent_id)
    if view is not None and sender not in parties_of(view.record):
        return Response(refusal=NOT_A_PARTY)
    if view is None:
        # It may come before the consent it ends, or end one that waits for its person to be known.
        store.bar(sender, said.consent_id, received.message.expires + _LONGEST_CONSENT)
        store.drop_copy(sender, said.consent_id)
    purged = store.count_received(said.consent_id)
    # The time is written as stated, also when that clock is fast: it orders nothing, and tells this act from others.
    act = Withdrawal(acted_by=said.acted_by, method=OTHER_ENTITY, entity=said.entity, acted_at=said.acted_at)
    consents.withdrawal_received(said.consent_id, act, ReportedBy(sender, received.sha256), now)
    return Response({"effect": "ended", "purged": purged})


def _settle(
    context: "NodeContext", session: Session, notification: Notification, verified: VerifiedReply, now: datetime
) -> None:
    if verified.reply.outcome is not MessageOutcome.ACCEPTED:
        return
    body = WithdrawalAcknowledgedBody(
        consent_id=notification.reference, entity=verified.reply.sender, acknowledgement_sha256=verified.sha256
    )
    own_ledger(context, session).append([NewEntry(EntryType.WITHDRAWAL_ACKNOWLEDGED, body)], now)
