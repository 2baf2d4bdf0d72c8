"""A referral ends with its consent wherever the person withdrew it, and its codes are those of the closed lists."""

import pytest

from node.referrals.referrals import Referrals
from policies.errors import UnknownTerm
from policies.referrals import ReferralState
from records_exchange.message import MessageOutcome
from records_exchange.referral import STEP
from records_exchange.travel import CONSENT_WITHDRAWN
from tests.support.one_side import OneSide
from tests.support.referral_records import TO_NGO
from tests.support.referral_steps import offer_of, step_of


@pytest.mark.invariant(4)
def test_a_withdrawal_at_the_recipient_ends_the_referral_at_its_sender(town: OneSide) -> None:
    referral = Referrals(town.context).send(TO_NGO)
    town.deliver()
    town.takes("ngo", step_of(town, "ngo", referral.referral_id, "receive", "sent", number=1))
    body = {
        "consent_id": referral.consent_id,
        "entity": "ngo",
        "acted_at": town.clock.now().isoformat(),
        "acted_by": "person",
    }
    assert town.hears("ngo", CONSENT_WITHDRAWN, body).outcome is MessageOutcome.ACCEPTED
    known, _ = Referrals(town.context).show(referral.referral_id)
    assert (known.state, known.code) == (ReferralState.REVOKED, "consent_withdrawn")
    town.deliver()
    (told,) = town.peers.told("ngo", STEP)
    assert (told.body["step"], told.body["code"]) == ("revoke", "consent_withdrawn")


def test_a_reason_of_no_list_moves_nothing(ngo: OneSide) -> None:
    offer_of(ngo, "town", "cd" * 16)
    for reason in ("Ana no vino", "given"):  # free text, and a code of another step
        with pytest.raises(UnknownTerm):
            Referrals(ngo.context).reject("cd" * 16, reason)
    assert Referrals(ngo.context).show("cd" * 16)[0].state is ReferralState.RECEIVED
