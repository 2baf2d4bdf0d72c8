"""Following the consents as the ledger grows: nothing missed, nothing kept that is over."""

from datetime import timedelta

import pytest

from node.consents.consents import RenewalInput
from node.context import NodeContext
from node.locator.live_consents import LiveConsents
from tests.support.clock import FrozenClock
from tests.support.parts import consents_of, erasures_of, grant, hold
from tests.support.people import OTHER_PERSON, person_record


def test_every_way_in_which_a_consent_changes_is_followed(context: NodeContext, clock: FrozenClock) -> None:
    hold(context, person_record(OTHER_PERSON, name="Otra Ficticia"))
    live, consents = LiveConsents(context), consents_of(context)

    def look() -> tuple[bool, set[str]]:
        with context.snapshot() as session:
            changed = live.refresh(session)
            return changed, {open_one.consent_id for open_one in live.at(session, context.clock.now())}

    assert look() == (False, set())
    first, second = grant(context, "ngo"), grant(context, "ngo", document=OTHER_PERSON)
    assert look() == (True, {first, second})
    assert look() == (False, {first, second})
    consents.renew(RenewalInput(first, valid_days=300))
    changed, known = look()
    assert (changed, known) == (True, {first, second})
    later = context.clock.now() + timedelta(days=200)
    with context.snapshot() as session:
        assert {open_one.consent_id for open_one in live.at(session, later)} == {first}
    consents.withdraw(first)
    assert look() == (True, {second})
    third = grant(context, "ngo")
    erasures_of(context).erase_person(OTHER_PERSON, "eu-gdpr:A17-1-a")
    assert look() == (True, {third})
    clock.advance(days=31)
    consents.expire_due()
    assert look() == (True, set())


def test_a_follower_that_starts_late_sees_the_same(context: NodeContext) -> None:
    hold(context, person_record(OTHER_PERSON, name="Otra Ficticia"))
    kept, gone = grant(context, "ngo"), grant(context, "ngo", document=OTHER_PERSON)
    consents_of(context).withdraw(gone)
    live = LiveConsents(context)
    with context.snapshot() as session:
        assert live.refresh(session)
        assert [open_one.consent_id for open_one in live.at(session, context.clock.now())] == [kept]


@pytest.mark.invariant(4)
def test_a_consent_that_a_later_no_took_everything_from_is_not_published(context: NodeContext) -> None:
    grant(context, "ngo")
    later = grant(context, "ngo")
    consents_of(context).withdraw(later)  # says no to the same again, also under the first
    live = LiveConsents(context)
    with context.snapshot() as session:
        assert live.refresh(session)
        assert list(live.at(session, context.clock.now())) == []
