"""Referrals that were not answered in time: they lapse, with a notification to the receiver and an inbox item."""

from typing import TYPE_CHECKING, Final

from node.inbox.items import Inbox, ItemKind, NewItem
from node.referrals.steps import Steps
from node.referrals.store import Referral, ReferralStore
from policies.referrals import ReferralStep

if TYPE_CHECKING:
    from node.context import NodeContext

NOT_ANSWERED: Final = "not_answered"


def lapse_unanswered(context: "NodeContext") -> tuple[Referral, ...]:
    """End the referrals sent from here that were not answered in time, and return them."""
    now = context.clock.now()
    with context.transaction() as session:
        steps, inbox = Steps(context, session), Inbox(session)
        lapsed = tuple(
            steps.take(referral, ReferralStep.LAPSE, now, code=NOT_ANSWERED)
            for referral in ReferralStore(session).unanswered(now)
        )
        for referral in lapsed:
            inbox.add(NewItem(ItemKind.REFERRAL_LAPSED, referral.referral_id, referral.peer, referral.state.value), now)
        return lapsed
