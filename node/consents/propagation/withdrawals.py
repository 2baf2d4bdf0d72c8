"""A withdrawal that arrives: from wherever the person acted to every holder, and to all who received something.

Told are: the entity where the consent was given, by whoever learns of it from somebody else; every other holder, by
that entity and by the one where the person withdrew; and those who received something, by whoever released it to them.
Each acknowledgement is signed and in the ledger of whoever told.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from consent_ledger.consents.model import VALID_FOR_PROCESSING, ConsentState, ConsentView, Withdrawal
from consent_ledger.errors import ConsentUnknown
from consent_ledger.log.bodies import Actor, WithdrawalAcknowledgedBody, WithdrawalReceivedBody
from consent_ledger.log.entry import EntryType, NewEntry
from node.consents.propagation.parties import origin_of, parties_of
from node.ledger.own import own_consents, own_ledger
from node.messages.kinds import Kind, Response
from node.referrals.referrals import Referrals
from presentation.messages import _
from records_exchange.mailboxes import NewNotice, Notice, SqlMailbox
from records_exchange.message import Outcome, VerifiedMessage, VerifiedReply
from records_exchange.travel import CONSENT_COPY, CONSENT_WITHDRAWN, WithdrawnBody, parse_withdrawn
from records_exchange.travel_store import SqlTravelStore

if TYPE_CHECKING:
    from node.context import NodeContext

NOT_A_PARTY: Final = "not_a_party"
_METHOD: Final = "other-entity"
_LONGEST_CONSENT: Final = timedelta(days=5 * 366)
"""No consent is valid for longer: after this no copy of it can come."""


def withdrawal_kind(context: "NodeContext") -> Kind:
    """Return the kind of message that tells of a withdrawal."""
    return Kind(CONSENT_WITHDRAWN, partial(_receive, context), settle=partial(_settle, context))


def tell_withdrawal(
    context: "NodeContext", session: Session, view: ConsentView, told: WithdrawnBody, *, skip: Collection[str] = ()
) -> None:
    """Write to the outbox whom this entity has to tell that a consent it holds was withdrawn."""
    own, record, origin = context.settings.entity, view.record, origin_of(view.record)
    SqlMailbox(session).take_back(CONSENT_COPY, view.consent_id)
    entities = {origin, *SqlTravelStore(session).recipients(view.consent_id)}
    if own in (origin, told.entity):
        entities.update(record.holders)
    post_withdrawal(session, sorted(entities - {own, *skip}), told, context.clock.now())


def post_withdrawal(session: Session, entities: Collection[str], told: WithdrawnBody, now: datetime) -> None:
    """Write to the outbox that some entities are to be told of a withdrawal."""
    content = told.model_dump(mode="json")
    SqlMailbox(session).post([NewNotice(CONSENT_WITHDRAWN, each, told.consent_id, content) for each in entities], now)


def withdraw_received(
    context: "NodeContext", session: Session, consent_id: str, *, acted_by: Actor, now: datetime
) -> None:
    """Withdraw, for the person, a consent under which this entity only received something.

    Its copies are deleted at once; the holders that released them are told, and see to the rest.

    Raises:
        ConsentUnknown: nothing was received under such a consent.
    """
    store = SqlTravelStore(session)
    holders = store.holders_of(consent_id)
    if not holders:
        raise ConsentUnknown(
            _("no existe el consentimiento {consent_id!r}", consent_id=consent_id),
            remedy=_("ejecute: redpact-node consent list"),
        )
    store.purge_consent(consent_id)
    store.bar(context.settings.entity, consent_id, now + _LONGEST_CONSENT)  # a copy may wait here, or be on its way
    told = WithdrawnBody(consent_id=consent_id, entity=context.settings.entity, acted_at=now, acted_by=acted_by)
    post_withdrawal(session, holders, told, now)


def forget_travelled(context: "NodeContext", session: Session, person: str, now: datetime) -> None:
    """Delete what travelled of a person's consents: part of erasing the person, while their pseudonyms are known.

    A holder that waits for a copy is told that the consent ended: once the entry is erased nothing can be proved of it,
    and what the holder has may be wider than what the person left. What was withdrawn here stays withdrawn.
    """
    store, own = SqlTravelStore(session), context.settings.entity
    for notice in SqlMailbox(session).drop_waiting(CONSENT_COPY, person):
        told = WithdrawnBody(consent_id=notice.reference, entity=own, acted_at=now, acted_by=Actor.PERSON)
        post_withdrawal(session, [notice.recipient], told, now)
    views = own_consents(context, session).list(person)
    for view in views:
        if view.record.origin is not None and view.state is ConsentState.WITHDRAWN:
            store.bar(own, view.consent_id, now + _LONGEST_CONSENT)
    store.forget_copies([view.consent_id for view in views], person)


def _receive(context: "NodeContext", session: Session, received: VerifiedMessage, now: datetime) -> Response:
    sender, told = received.message.sender, parse_withdrawn(received.message.body)
    store, register = SqlTravelStore(session), own_consents(context, session)
    view = register.find(told.consent_id)
    if view is not None and sender not in parties_of(view.record):
        return Response(refusal=NOT_A_PARTY)
    if view is None:
        # It may come before the consent it ends, or end one that waits for its person to be known.
        store.bar(sender, told.consent_id, received.message.expires + _LONGEST_CONSENT)
        store.drop_copy(sender, told.consent_id)
    elif view.state in VALID_FOR_PROCESSING:
        act = Withdrawal(acted_by=told.acted_by, method=_METHOD, entity=told.entity, acted_at=min(told.acted_at, now))
        tell_withdrawal(
            context, session, register.withdraw(told.consent_id, now, act), told, skip={sender, told.entity}
        )
        Referrals(context).consent_ended(session, told.consent_id, now)
    purged = _purge(context, session, received, told.consent_id, now)
    return Response({"effect": "ended", "purged": purged})


def _purge(context: "NodeContext", session: Session, received: VerifiedMessage, consent_id: str, now: datetime) -> int:
    store = SqlTravelStore(session)
    if not store.holders_of(consent_id):
        return 0
    purged = store.purge_consent(consent_id)
    body = WithdrawalReceivedBody(
        consent_id=consent_id, entity=received.message.sender, message_sha256=received.sha256, purged=purged
    )
    own_ledger(context, session).append([NewEntry(EntryType.WITHDRAWAL_RECEIVED, body)], now)
    return purged


def _settle(context: "NodeContext", session: Session, notice: Notice, verified: VerifiedReply, now: datetime) -> None:
    if verified.reply.outcome is not Outcome.ACCEPTED:
        return
    body = WithdrawalAcknowledgedBody(
        consent_id=notice.reference, entity=verified.reply.sender, acknowledgement_sha256=verified.sha256
    )
    own_ledger(context, session).append([NewEntry(EntryType.WITHDRAWAL_ACKNOWLEDGED, body)], now)
