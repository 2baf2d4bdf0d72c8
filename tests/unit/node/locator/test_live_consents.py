"""Following the consents as the ledger grows: nothing missed, nothing kept that is over."""

from datetime import timedelta

from node.consents.consents import RenewalInput
from node.locator.live_consents import LiveConsents
from tests.support.clock import FrozenClock
from tests.support.exchange import OTHER_PERSON, PERSON, ExchangeNetwork, grant, hold, person_record


def test_every_way_in_which_a_consent_changes_is_followed(network: ExchangeNetwork) -> None:
    town = network.nodes["town"]
    hold(town, person_record(OTHER_PERSON, name="Otra Ficticia"))
    live, consents = LiveConsents(town.context), town.consents

    def look() -> tuple[bool, set[str]]:
        with town.context.snapshot() as session:
            changed = live.refresh(session)
        return changed, {view.consent_id for view in live.at(network.clock.now())}

    assert look() == (False, set())
    first, second = grant(town, "ngo"), grant(town, "ngo", document=OTHER_PERSON)
    assert look() == (True, {first, second})
    assert look() == (False, {first, second})
    consents.renew(RenewalInput(first, valid_days=300))
    changed, known = look()
    assert (changed, known) == (True, {first, second})
    later = network.clock.now() + timedelta(days=200)
    assert {view.consent_id for view in live.at(later)} == {first}
    consents.withdraw(first)
    assert look() == (True, {second})
    third = grant(town, "ngo")
    town.erasures.erase_person(OTHER_PERSON, "eu-gdpr:A17-1-a")
    assert look() == (True, {third})
    assert isinstance(network.clock, FrozenClock)
    network.clock.advance(days=31)
    consents.expire_due()
    assert look() == (True, set())


def test_a_follower_that_starts_late_sees_the_same(network: ExchangeNetwork) -> None:
    town = network.nodes["town"]
    kept, gone = grant(town, "ngo"), grant(town, "ngo", document=PERSON)
    town.consents.withdraw(gone)
    live = LiveConsents(town.context)
    with town.context.snapshot() as session:
        assert live.refresh(session)
    assert [view.consent_id for view in live.at(network.clock.now())] == [kept]
