"""Referrals at one entity: what may be sent, what came, and which person it is about."""

from dataclasses import replace

import pytest

from node.inbox.items import ItemKind
from node.people.errors import PersonUnknown
from node.referrals.errors import (
    ReferralInvalid,
    ReferralOfAnotherPerson,
    ReferralUnknown,
    ReferralWithoutConsent,
)
from node.referrals.referrals import Referrals
from policies.errors import UnknownTerm
from policies.referrals import ReferralState
from tests.support.exports import audit, faults
from tests.support.one_side import OneSide
from tests.support.parts import grant, hold
from tests.support.people import OTHER_PERSON, PERSON, STRANGER, person_record
from tests.support.referral_records import TO_NGO, attention, bodies
from tests.support.referral_steps import offer_of, step_of

OFFERED = "cd" * 16


def test_without_a_live_consent_for_referral_nothing_is_sent(town: OneSide) -> None:
    hold(town.context, person_record(OTHER_PERSON))
    grant(town.context, "ngo", document=OTHER_PERSON, purposes=("casework",))
    for new in (replace(TO_NGO, document=OTHER_PERSON), replace(TO_NGO, recipient="bank")):
        with pytest.raises(ReferralWithoutConsent):
            Referrals(town.context).send(new)
    assert town.waiting() == []
    assert bodies(town.context) == []


def test_a_need_is_told_only_where_the_consent_covers_it(town: OneSide) -> None:
    hold(town.context, person_record(OTHER_PERSON))
    grant(town.context, "ngo", document=OTHER_PERSON, purposes=("referral",), fields=("person.sex",))
    other = replace(TO_NGO, document=OTHER_PERSON)
    with pytest.raises(ReferralWithoutConsent):
        Referrals(town.context).send(other)
    assert Referrals(town.context).send(replace(other, need=None)).need is None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"service": "miracles"}, UnknownTerm),
        ({"need": "curiosity"}, UnknownTerm),
        ({"urgency": "yesterday"}, UnknownTerm),
        ({"recipient": "town"}, ReferralInvalid),
        ({"answer_days": 0}, ReferralInvalid),
        ({"answer_days": 61}, ReferralInvalid),
        ({"recipient": "bank", "transfer": True}, ReferralInvalid),
        ({"document": STRANGER}, PersonUnknown),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(
    town: OneSide, change: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        Referrals(town.context).send(replace(TO_NGO, **change))  # type: ignore[arg-type]  # each is a field of it
    assert town.waiting() == []


def test_a_revocation_that_overtakes_its_referral_is_not_lost(ngo: OneSide) -> None:
    revocation = step_of(ngo, "town", OFFERED, "revoke", "sent", number=2, code="sent_by_mistake")
    assert ngo.takes("town", revocation).reason is None
    assert Referrals(ngo.context).show(OFFERED)[0].state is ReferralState.REVOKED
    assert offer_of(ngo, "town", OFFERED).reason is None
    known, _ = Referrals(ngo.context).show(OFFERED)
    assert (known.state, known.service) == (ReferralState.REVOKED, "job_guidance")
    assert attention(ngo.context) == [(ItemKind.REFERRAL_REVOKED, "revoked")]
    assert faults(audit(ngo.context)) == []


def test_the_person_who_came_is_the_one_referred_or_is_told_apart(ngo: OneSide) -> None:
    offer_of(ngo, "town", OFFERED)
    referrals = Referrals(ngo.context)
    with pytest.raises(ReferralOfAnotherPerson):
        referrals.link(OFFERED, OTHER_PERSON)
    assert referrals.link(OFFERED[:8], PERSON)[1] is False
    hold(ngo.context, person_record(PERSON))
    linked, known = referrals.link(OFFERED, PERSON)
    assert known
    assert bodies(ngo.context)[-1].person_ref == linked.person_ref is not None
    size = len(bodies(ngo.context))
    referrals.link(OFFERED, PERSON)
    assert len(bodies(ngo.context)) == size
    assert faults(audit(ngo.context)) == []


def test_a_person_known_at_the_receiver_is_recognised(ngo: OneSide) -> None:
    hold(ngo.context, person_record(PERSON))
    offer_of(ngo, "town", OFFERED)
    assert Referrals(ngo.context).show(OFFERED)[0].person_ref
    assert attention(ngo.context) == [(ItemKind.REFERRAL_RECEIVED, "person_known")]


def test_a_referral_is_found_by_its_beginning_and_by_nothing_shorter(town: OneSide) -> None:
    referral = Referrals(town.context).send(TO_NGO)
    grouped = "-".join(referral.referral_id[start : start + 4] for start in range(0, 32, 4)).upper()
    assert Referrals(town.context).show(grouped)[0] == referral
    for reference in (referral.referral_id[:7], "", "%" * 8, "f" * 33):
        with pytest.raises(ReferralUnknown):
            Referrals(town.context).show(reference)


def test_what_a_receiver_learned_later_is_erased_with_the_person(ngo: OneSide) -> None:
    """Its first entries about the referral name nobody: they are found by the referral."""
    offer_of(ngo, "town", OFFERED)
    hold(ngo.context, person_record(PERSON))
    Referrals(ngo.context).link(OFFERED, PERSON)
    assert bodies(ngo.context) != []
    ngo.erasures.erase_person(PERSON, "eu-gdpr:A17-1-b")
    assert bodies(ngo.context) == []
