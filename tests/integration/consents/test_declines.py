"""A professional declines a consent given elsewhere: what already rested on it ends too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.consents.consents import GrantInput
from node.referrals.referrals import NewReferral
from policies.referrals import ReferralState
from tests.support.assurance import PROFESSIONAL, join_case, signed_form
from tests.support.exchange import PERSON
from tests.support.town import FIELDS, Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Entities that take the origin's word for some data: a consent is in use before its form is seen."""
    made = Town(tmp_path)
    yield made
    made.network.close()


def given(town: Town, tmp_path: Path) -> str:
    asked = GrantInput(
        PERSON, ("casework", "referral"), ("asker",), FIELDS, holders=("holder",), evidence=signed_form(tmp_path)
    )
    consent = town["origin"].consents.grant(asked).consent_id
    town.deliver()
    return consent


@pytest.mark.invariant(1)
@pytest.mark.parametrize("reason", ["person_denies", "signature_missing"])
def test_a_decline_revokes_the_referrals_that_rest_on_the_consent(town: Town, tmp_path: Path, reason: str) -> None:
    consent = given(town, tmp_path)
    join_case(town["holder"])
    sent = town["holder"].referrals.send(NewReferral(PERSON, "asker", "training"))
    assert sent.consent_id == consent
    town.deliver()
    assert town["asker"].referrals.show(sent.referral_id)[0].state is ReferralState.RECEIVED
    town["holder"].consent_requests.decline(consent, PROFESSIONAL, reason)
    town.deliver()
    for entity in ("holder", "asker"):
        found, _steps = town[entity].referrals.show(sent.referral_id)
        assert (found.state, found.code) == (ReferralState.REVOKED, "other")
    assert town.shares("holder") == set()


def test_an_offer_that_has_not_left_is_taken_back(town: Town, tmp_path: Path) -> None:
    consent = given(town, tmp_path)
    join_case(town["holder"])
    sent = town["holder"].referrals.send(NewReferral(PERSON, "asker", "training"))
    town["holder"].consent_requests.decline(consent, PROFESSIONAL, "person_denies")
    town.deliver()
    assert town["holder"].referrals.show(sent.referral_id)[0].state is ReferralState.REVOKED
