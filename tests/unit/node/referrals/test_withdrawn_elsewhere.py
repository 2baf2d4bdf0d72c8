"""A referral ends with its consent wherever the person withdrew it, and its codes are those of the closed lists."""

import pytest

from policies.errors import UnknownTerm
from policies.referrals import ReferralState
from records_exchange.message import MessageOutcome
from records_exchange.withdrawal import CONSENT_WITHDRAWN
from tests.support.postoffice import PostOffice
from tests.support.referrals import sent, state


@pytest.mark.invariant(4)
def test_a_withdrawal_at_the_recipient_ends_the_referral_at_its_sender(office: PostOffice) -> None:
    referral = sent(office)
    office.deliver()
    body = {
        "consent_id": referral.consent_id,
        "acted_at": office.network.clock.now().isoformat(),
        "acted_by": "person",
    }
    told = office.network.nodes["ngo"].outbox.ask("town", CONSENT_WITHDRAWN, body)
    assert told.reply.outcome is MessageOutcome.ACCEPTED
    known, _ = office.network.nodes["town"].referrals.show(referral.referral_id)
    assert (known.state, known.code) == (ReferralState.REVOKED, "consent_withdrawn")
    office.deliver()
    assert state(office, "ngo", referral) is ReferralState.REVOKED


def test_a_reason_of_no_list_moves_nothing(office: PostOffice) -> None:
    referral, ngo = sent(office), office.network.nodes["ngo"]
    office.deliver()
    for reason in ("Ana no vino", "given"):  # free text, and a code of another step
        with pytest.raises(UnknownTerm):
            ngo.referrals.reject(referral.referral_id, reason)
    assert state(office, "ngo", referral) is ReferralState.RECEIVED
