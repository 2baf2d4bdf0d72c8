"""A referral rests on its consent: what the consent loses, the referral loses, and nothing brings it back."""

import pytest

from node.consents.consents import GrantInput, ScopeInput
from node.referrals.expiry import lapse_unanswered
from node.referrals.referrals import NewReferral, Referrals
from policies.referrals import ReferralState
from records_exchange.referral import OFFER, STEP
from tests.support.consent_changes import Change, erase, give_for_all, narrowed_to, withdraw, withdraw_elsewhere
from tests.support.one_side import OneSide
from tests.support.origin_peer import FIELDS
from tests.support.people import PERSON
from tests.support.referral_steps import accepted_by, step_of

pytestmark = pytest.mark.invariant(4)


OUT: dict[str, Change] = {
    "recipient": narrowed_to(recipients=("asker",)),
    "purpose": narrowed_to(purposes=("casework",)),
    "need": narrowed_to(fields=FIELDS),
    "withdrawn": withdraw,
    "erased": erase,
}


def refer(origin: OneSide, need: str | None = "employment") -> str:
    return Referrals(origin.context).send(NewReferral(PERSON, "other", "job_guidance", need=need)).referral_id


def state(origin: OneSide, referral: str) -> ReferralState:
    return Referrals(origin.context).show(referral)[0].state


@pytest.mark.parametrize("lost", OUT)
def test_a_referral_that_its_consent_does_not_cover_any_more_is_revoked_and_its_offer_never_leaves(
    origin: OneSide, lost: str
) -> None:
    consent = give_for_all(origin)
    referral = refer(origin)
    OUT[lost](origin, consent)
    found, _ = Referrals(origin.context).show(referral)
    assert found.state is ReferralState.REVOKED
    assert found.code == ("person_erased" if lost == "erased" else "consent_withdrawn")
    assert origin.waiting(OFFER) == []
    assert origin.waiting(STEP) == ["other"]
    origin.deliver()
    assert origin.peers.told("other", OFFER) == []
    (told,) = origin.peers.told("other", STEP)
    assert (told.body["referral_id"], told.body["step"], told.subject) == (referral, "revoke", None)
    assert b"employment" not in b"".join(envelope.payload for envelope in origin.peers["other"].told)


def test_a_withdrawal_that_arrives_revokes_what_was_agreed(origin: OneSide) -> None:
    consent = give_for_all(origin)
    referral = refer(origin)
    origin.deliver()
    accepted_by(origin, "other", referral)
    assert state(origin, referral) is ReferralState.ACCEPTED
    withdraw_elsewhere(origin, consent)
    assert state(origin, referral) is ReferralState.REVOKED
    origin.deliver()
    assert [message.body["step"] for message in origin.peers.told("other", STEP)] == ["revoke"]


def test_a_referral_that_is_still_covered_goes_on(origin: OneSide) -> None:
    consent = give_for_all(origin)
    with_need, without = refer(origin), refer(origin, need=None)
    origin.consents.narrow(consent, ScopeInput(fields=FIELDS))
    assert state(origin, with_need) is ReferralState.REVOKED
    assert state(origin, without) is ReferralState.SENT


def test_an_acceptance_that_crosses_a_narrowing_does_not_revive_a_lapsed_referral(origin: OneSide) -> None:
    consent = give_for_all(origin)
    referral = refer(origin)
    origin.deliver()
    origin.takes("other", step_of(origin, "other", referral, "receive", "sent", number=1))
    accepted = step_of(origin, "other", referral, "accept", "received", number=2)  # in time, and on its way for long
    origin.later(days=61)
    assert lapse_unanswered(origin.context)
    origin.consents.narrow(consent, ScopeInput(recipients=("asker",)))
    origin.takes("other", accepted)
    assert state(origin, referral) is ReferralState.REVOKED


def test_an_offer_that_nobody_has_taken_does_not_outlive_its_consent(origin: OneSide) -> None:
    origin.consents.grant(GrantInput(PERSON, ("referral",), ("other",), FIELDS, valid_days=2))
    referral = refer(origin, need=None)
    origin.later(days=3)
    origin.consents.expire_due()
    assert origin.waiting(OFFER) == []
    assert state(origin, referral) is ReferralState.LAPSED
