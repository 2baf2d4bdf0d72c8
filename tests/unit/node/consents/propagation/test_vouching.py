"""An entity vouches for having told everything only while nothing of it is waiting for a holder's answer."""

from datetime import timedelta

import pytest

from node.consents.consents import RenewalInput, ScopeInput
from node.consents.propagation.background import send_heartbeats
from node.messages.heartbeat import HEARTBEAT
from records_exchange.mailboxes import Contact, SqlMailbox
from records_exchange.message import NOTIFICATION_LIFETIME
from tests.support.exchange import OTHER_PERSON, hold, person_record
from tests.support.town import FIELDS, Town


def test_a_holder_that_can_be_reached_is_not_vouched_to_before_a_withdrawal_is_delivered(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    before = heard(town)
    town.later(minutes=5)
    town["origin"].consents.withdraw(consent)
    assert send_heartbeats(town["origin"].context, town["origin"].outbox) == 0
    assert heard(town) == before
    town.deliver("origin")
    assert send_heartbeats(town["origin"].context, town["origin"].outbox) == 1
    assert heard(town).complete_until == town.network.clock.now()


@pytest.mark.parametrize("change", ["narrowed", "renewed"])
def test_a_holder_is_not_vouched_to_before_a_change_is_delivered(town: Town, change: str) -> None:
    consent = town.give("holder")
    town.deliver()
    if change == "narrowed":
        town["origin"].consents.narrow(consent, ScopeInput(fields=("work.status",)))
    else:
        town["origin"].consents.renew(RenewalInput(consent, valid_days=60))
    assert send_heartbeats(town["origin"].context, town["origin"].outbox) == 0


def test_what_waits_for_one_holder_keeps_only_that_one_from_being_vouched_to(town: Town) -> None:
    hold(town["other"], person_record())
    consent = town.give("holder", "other")
    town.deliver()
    town.wires.partition(["holder"], ["origin"])
    town["origin"].consents.withdraw(consent)
    town.deliver("origin")
    town.wires.heal()
    town.later(minutes=1)
    before = heard(town)
    assert send_heartbeats(town["origin"].context, town["origin"].outbox) == 1
    assert heard(town) == before
    assert heard(town, "other").complete_until == town.network.clock.now()


@pytest.mark.invariant(4)
def test_a_withdrawal_that_waits_stops_the_sharing_however_well_the_holder_is_connected(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    town["origin"].consents.withdraw(consent)
    for _ in range(5):
        town.later(hours=10)
        send_heartbeats(town["origin"].context, town["origin"].outbox)
    assert town.shares("holder") == set()


@pytest.mark.invariant(4)
def test_a_withdrawal_that_was_given_up_is_never_vouched_over(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    town.wires.partition(["holder"], ["origin"])
    town["origin"].consents.withdraw(consent)
    town.later(seconds=NOTIFICATION_LIFETIME.total_seconds())
    town.network.publish()
    town.deliver("origin")
    assert waiting(town) == 0
    town.wires.heal()
    assert send_heartbeats(town["origin"].context, town["origin"].outbox) == 0
    assert town.shares("holder") == set()


def test_a_change_that_was_given_up_is_made_good_by_a_later_one_that_arrives(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    town.wires.partition(["holder"], ["origin"])
    town["origin"].consents.narrow(consent, ScopeInput(fields=("work.status",)))
    town.later(seconds=NOTIFICATION_LIFETIME.total_seconds())
    town.network.publish()
    town.deliver("origin")
    town.wires.heal()
    assert send_heartbeats(town["origin"].context, town["origin"].outbox) == 0
    town["origin"].consents.renew(RenewalInput(consent, valid_days=60))
    town.deliver("origin")
    assert send_heartbeats(town["origin"].context, town["origin"].outbox) == 1
    assert town.shares("holder") == {"work.status"}


def test_a_clock_ahead_of_ours_vouches_for_no_time_to_come(town: Town) -> None:
    town.give("holder")
    town.deliver()
    now = town.network.clock.now()
    body = {"complete_until": (now + timedelta(days=30)).isoformat()}
    town["origin"].outbox.ask("holder", HEARTBEAT, body)
    assert heard(town).complete_until == now  # that is when the message says it was written


def test_an_entity_vouches_for_itself_alone(town: Town) -> None:
    town.give("holder")
    town.deliver()
    before = heard(town)
    town.later(hours=1)
    town["asker"].outbox.ask("holder", HEARTBEAT, {"complete_until": town.network.clock.now().isoformat()})
    assert heard(town) == before


def test_consents_of_another_person_wait_for_the_same_holders_answer(town: Town) -> None:
    hold(town["origin"], person_record(OTHER_PERSON, name="Otra Ficticia"))
    town.give("holder", fields=FIELDS)
    town.deliver()
    town.give("holder", fields=FIELDS[:1])
    assert send_heartbeats(town["origin"].context, town["origin"].outbox) == 0


def heard(town: Town, holder: str = "holder") -> Contact:
    with town[holder].context.snapshot() as session:
        contact = SqlMailbox(session).contact("origin")
    assert contact is not None
    return contact


def waiting(town: Town) -> int:
    with town["origin"].context.snapshot() as session:
        return len(SqlMailbox(session).waiting())
