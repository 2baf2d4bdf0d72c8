"""Referrals that nobody answered in the time they state: their sender notes it, says so, and somebody here is told."""

from typing import TYPE_CHECKING, Final

from node.inbox.items import Inbox, ItemKind, NewItem
from node.referrals.steps import Steps
from node.referrals.store import Referral, ReferralStore
from policies.referrals import ReferralStep

if TYPE_CHECKING:
    from node.context import NodeContext

NOT_ANSWERED: Final = "not_answered"


def lapse_unanswered(context: "NodeContext") -> tuple[Referral, ...]:
    """Let lapse what was sent from here and has to be answered by now, and return it."""
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
