"""The messages of referrals, received: offers and later steps, checked against the table of steps."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from node.inbox.items import Inbox, ItemKind, NewItem
from node.ledger.own import own_consents
from node.messages.kinds import Kind, Response
from node.people.linking import find_person, pairwise_keys
from node.people.store import people_store
from node.referrals.consent_changes import CONSENT_WITHDRAWN, PERSON_ERASED, covers
from node.referrals.steps import Steps
from node.referrals.store import Referral, ReferralStore, TakenStep
from node.referrals.transfer import mark_transferred
from policies.referrals import MOVES, ReferralSide, ReferralState, ReferralStep, allows, join
from records_exchange.mailboxes import Notification
from records_exchange.message import MessageOutcome, VerifiedMessage, VerifiedReply
from records_exchange.referral import OFFER, STEP, Offer, Step, offer_is_coded, read_offer, read_step, step_is_allowed
from records_exchange.store import SqlExchangeStore

if TYPE_CHECKING:
    from node.context import NodeContext

NOT_TAKEN: Final = "not_taken"
TOO_MANY: Final = "too_many_referrals"
"""The refusal of a new referral of an entity that has reached its limit; it is sent again later."""
MOST_A_DAY: Final = 200
"""New referrals of one entity in 24 hours: each waits for a professional here, and has an entry of the ledger."""
_NEWS: Final = {
    ReferralState.REVOKED: ItemKind.REFERRAL_REVOKED,
    ReferralState.LAPSED: ItemKind.REFERRAL_LAPSED,
}


def referral_kinds(context: "NodeContext") -> tuple[Kind, Kind]:
    """Return the two kinds of messages: the offer, and every later step."""
    receiver = _StepReceiver(context)
    again = frozenset({TOO_MANY})
    return (
        Kind(OFFER, receiver.offer, settle=receiver.settle_offer, again=again),
        Kind(STEP, receiver.step, again=again),
    )


class _StepReceiver:
    """Handles the messages of the other side of a referral."""

    def __init__(self, context: "NodeContext") -> None:
        self._context = context

    def offer(self, session: Session, received: VerifiedMessage, now: datetime) -> Response:
        """Record an offer, acknowledge it by a step of its own, and show it in the inbox."""
        offer, message = read_offer(received.message), received.message
        if not offer_is_coded(offer):
            return Response(refusal="unknown_term", remembered=False)
        known = ReferralStore(session).find(offer.referral_id)
        if known is not None and not _awaits_offer(known, message.sender):
            return Response(refusal="referral_conflict", remembered=False)
        if known is None and not _within_limit(session, message.sender, now):
            return Response(refusal=TOO_MANY, remembered=False)
        key = pairwise_keys(self._context, received.sender)
        people = people_store(self._context, session)
        subject = people.cipher.hidden_pseudonym(message.subject or "")
        person = find_person(people, SqlExchangeStore(session), key, subject)
        steps = Steps(self._context, session)
        started = _received(offer, known, message.sender, now)
        sent = TakenStep(
            offer.referral_id, ReferralSide.SENDER, 1, ReferralStep.SEND, None, message.issued, now, received.sha256
        )
        referral = steps.note(replace(started, person_ref=person, subject=subject), sent)
        if allows(ReferralStep.RECEIVE, referral.side, referral.state):
            steps.take(referral, ReferralStep.RECEIVE, now)
            detail = "person_known" if person else "person_unknown"
            item = NewItem(ItemKind.REFERRAL_RECEIVED, offer.referral_id, message.sender, detail)
            Inbox(session).add(item, now)
        return Response()

    def step(self, session: Session, received: VerifiedMessage, now: datetime) -> Response:
        """Record a later step of the other side, joined with the state known here."""
        step, message = read_step(received.message), received.message
        known = ReferralStore(session).find(step.referral_id)
        referral = known or _overtaken(step, message.sender, now)
        if referral is None or referral.peer != message.sender:
            return Response(refusal="referral_unknown", remembered=False)
        if known is None and not _within_limit(session, message.sender, now):
            return Response(refusal=TOO_MANY, remembered=False)
        refusal = self._refusal(session, referral, step, message.issued)
        if refusal:
            return Response(refusal=refusal, remembered=False)
        taken = TakenStep(
            step.referral_id,
            referral.other_side,
            step.number,
            step.step,
            step.code,
            message.issued,
            now,
            received.sha256,
        )
        steps = Steps(self._context, session)
        changed = steps.note(referral, taken)
        if changed.state is not referral.state:
            self._show_in_inbox(session, changed, now)
        mark_transferred(people_store(self._context, session), changed, now)
        ended = self._basis_ended(session, changed)
        if ended:
            steps.take(changed, ReferralStep.REVOKE, now, code=ended)
        return Response()

    def settle_offer(
        self, session: Session, notification: Notification, verified: VerifiedReply, now: datetime
    ) -> None:
        """Let a referral lapse whose offer the other node refused: nobody there will answer it."""
        referral = ReferralStore(session).find(notification.reference)
        if verified.reply.outcome is MessageOutcome.ACCEPTED or referral is None:
            return
        if allows(ReferralStep.LAPSE, referral.side, referral.state):
            Steps(self._context, session).take(referral, ReferralStep.LAPSE, now, code=NOT_TAKEN, notify=False)

    def _refusal(self, session: Session, referral: Referral, step: Step, taken_at: datetime) -> str | None:
        side = referral.other_side
        if step.step is ReferralStep.SEND or not step_is_allowed(step, side):
            return "step_not_allowed"
        late = referral.answer_by is not None and taken_at >= referral.answer_by
        if step.step is ReferralStep.ACCEPT and late:
            return "too_late"
        taken = ReferralStore(session).has_step(step.referral_id, side, step.number)
        first = side is ReferralSide.SENDER and step.number == 1  # that is the offer
        if taken or first or join(referral.state, MOVES[step.step].after) is None:
            return "step_conflict"
        return None

    def _show_in_inbox(self, session: Session, referral: Referral, now: datetime) -> None:
        if referral.state is ReferralState.RECEIVED:
            return  # nobody has to act on it; the list shows it
        kind = _NEWS.get(referral.state, ItemKind.REFERRAL_ANSWERED)
        item = NewItem(kind, referral.referral_id, referral.peer, referral.state.value)
        Inbox(session).add(item, now)

    def _basis_ended(self, session: Session, referral: Referral) -> str | None:
        """Return the code to revoke a referral that a late answer revived; None when its consent covers it."""
        if referral.side is not ReferralSide.SENDER:
            return None
        if referral.state not in (ReferralState.ACCEPTED, ReferralState.IN_PROGRESS):
            return None
        if referral.person_ref is None:
            return PERSON_ERASED
        consent = own_consents(self._context, session).find(referral.consent_id)
        return None if covers(consent, referral) else CONSENT_WITHDRAWN


def _within_limit(session: Session, sender: str, now: datetime) -> bool:
    """Return whether one more referral of an entity is taken now; one too many is in the inbox once a day."""
    if ReferralStore(session).new_from(sender, now - timedelta(days=1)) < MOST_A_DAY:
        return True
    Inbox(session).add_once([NewItem(ItemKind.ORIGIN_ALARM, now.date().isoformat(), sender, TOO_MANY)], now)
    return False


def _awaits_offer(known: Referral, sender: str) -> bool:
    """Return whether a later step of this sender came before its offer, which may still come."""
    return known.side is ReferralSide.RECEIVER and known.peer == sender and known.answer_by is None


def _received(offer: Offer, known: Referral | None, sender: str, now: datetime) -> Referral:
    return Referral(
        referral_id=offer.referral_id,
        side=ReferralSide.RECEIVER,
        peer=sender,
        kind=offer.kind,
        state=known.state if known else ReferralState.SENT,
        service=offer.service,
        need=offer.need,
        urgency=offer.urgency,
        consent_id=offer.consent_id,
        person_ref=None,
        subject=None,
        code=known.code if known else None,
        answer_by=offer.answer_by,
        own_steps=known.own_steps if known else 0,
        created_at=known.created_at if known else now,
        changed_at=now,
    )


def _overtaken(step: Step, sender: str, now: datetime) -> Referral | None:
    """Return the referral that a later step of its sender begins; None for a step of the receiver."""
    if MOVES[step.step].by is not ReferralSide.SENDER:
        return None
    return Referral(
        referral_id=step.referral_id,
        side=ReferralSide.RECEIVER,
        peer=sender,
        kind="referral",
        state=ReferralState.SENT,
        service="",
        need=None,
        urgency="",
        consent_id="",
        person_ref=None,
        subject=None,
        code=None,
        answer_by=None,
        own_steps=0,
        created_at=now,
        changed_at=now,
    )
