"""Referrals after a change of the consent that they rest on: a `Subscriber` of consent changes."""

from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from consent_ledger.consents.model import ConsentState, ConsentView
from consent_ledger.log.end_bodies import PERSON_DECEASED
from node.consents.changes import ChangeSource, ConsentChanged
from node.inbox.items import Inbox, ItemKind, NewItem
from node.referrals.expiry import NOT_ANSWERED
from node.referrals.steps import Steps
from node.referrals.store import Referral, ReferralStore
from policies.referrals import NEED_FIELD, PURPOSE, ReferralStep
from records_exchange.mailboxes import SqlMailbox
from records_exchange.referral import OFFER

if TYPE_CHECKING:
    from node.context import NodeContext

CONSENT_WITHDRAWN: Final = "consent_withdrawn"
PERSON_ERASED: Final = "person_erased"
OTHER_REASON: Final = "other"
"""Of a declined consent: the person has withdrawn nothing, and the peer may be the entity that invented it."""
_CODES: Final = {
    ChangeSource.PERSON_ERASED: PERSON_ERASED,
    ChangeSource.PERSON_DECEASED: PERSON_DECEASED,
    ChangeSource.DECLINED: OTHER_REASON,
}
_OVER: Final = frozenset({ConsentState.WITHDRAWN, ConsentState.ENDED})
_VALIDITY_OVER: Final = frozenset({ChangeSource.EXPIRED, ChangeSource.RETENTION})


def revoke_uncovered(context: "NodeContext", session: Session, change: ConsentChanged) -> None:
    """Revoke the open referrals that the consent does not cover any more, and take back their unanswered offers.

    An end of validity leaves what was agreed as it is (decision 0011); only what its receiver has not taken yet lapses.
    """
    code = _CODES.get(change.source, CONSENT_WITHDRAWN)
    steps = Steps(context, session)
    for referral in ReferralStore(session).resting_on(change.consent_id):
        if change.source in _VALIDITY_OVER:
            _lapse_untaken(session, steps, referral, change)
        elif not covers(change.after, referral):
            take_back_offer(session, referral)
            steps.take(referral, ReferralStep.REVOKE, change.recorded_at, code=code)


def covers(consent: ConsentView | None, referral: Referral) -> bool:
    """Return whether the scope of a consent covers a referral: purpose, recipient and, where it names one, the need.

    One given elsewhere that a professional declined covers none. Its
    validity is not asked for: the help that was agreed may go on after it.
    """
    if consent is None or consent.state in _OVER or not consent.names(PURPOSE, referral.peer):
        return False
    if consent.record.origin is not None and consent.record.origin.declined is not None:
        return False
    return referral.need is None or NEED_FIELD in consent.record.fields


def take_back_offer(session: Session, referral: Referral) -> bool:
    """Delete a referral's offer from the outbox and return whether it was still there.

    It may have arrived without our knowing: the caller takes a step that says that it is over.
    """
    return bool(SqlMailbox(session).take_back(OFFER, referral.referral_id, recipients=[referral.peer]))


def _lapse_untaken(session: Session, steps: Steps, referral: Referral, change: ConsentChanged) -> None:
    if not take_back_offer(session, referral):
        return
    lapsed = steps.take(referral, ReferralStep.LAPSE, change.recorded_at, code=NOT_ANSWERED)
    item = NewItem(ItemKind.REFERRAL_LAPSED, lapsed.referral_id, lapsed.peer, lapsed.state.value)
    Inbox(session).add(item, change.recorded_at)
