"""Erasure of a person's referrals: those still open are revoked, and none names the person any more."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from node.erasers import Eraser, PersonToErase
from node.referrals.consent_changes import PERSON_ERASED
from node.referrals.steps import Steps
from node.referrals.store import ReferralStore
from policies.referrals import OPEN, ReferralSide, ReferralStep
from records_exchange.mailboxes import SqlMailbox
from records_exchange.referral import OFFER

if TYPE_CHECKING:
    from node.context import NodeContext


def referrals_eraser(context: "NodeContext") -> Eraser:
    """Return the eraser of referrals, of their offers and of summaries that came with a transferred case."""

    def erase(session: Session, person: PersonToErase, now: datetime) -> None:
        store, steps = ReferralStore(session), Steps(context, session)
        referrals = store.about(person.person_ref, person.pseudonyms)
        for referral in referrals:
            if referral.side is ReferralSide.SENDER and referral.state in OPEN:
                steps.take(referral, ReferralStep.REVOKE, now, code=PERSON_ERASED)
        SqlMailbox(session).forget_content(OFFER, [referral.referral_id for referral in referrals])
        store.forget_person(person.person_ref, person.pseudonyms)

    return Eraser(frozenset({"referrals", "imported_summaries"}), erase)
