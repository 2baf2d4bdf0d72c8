"""An entity vouches for having told everything only while nothing of it is waiting for a holder's answer."""

import threading
from datetime import datetime, timedelta

import pytest

from node.consents.consents import GrantInput, RenewalInput, ScopeInput
from node.consents.propagation.background import send_heartbeats
from node.messages.heartbeat import HEARTBEAT
from node.seals.contacts import contacts_in
from records_exchange.contacts import Contact
from records_exchange.message import NOTIFICATION_LIFETIME
from records_exchange.travel import CONSENT_COPY, parse_copy, read_copy
from records_exchange.withdrawal import CONSENT_WITHDRAWN
from service.errors import PeerSilent
from tests.support.consent_sides import give
from tests.support.one_side import OneSide
from tests.support.origin_peer import FIELDS, OriginPeer
from tests.support.parts import hold
from tests.support.people import OTHER_PERSON, person_record
from tests.support.waiting import PATIENCE_SECONDS
from trust.parties import Party
from trust.signing import Envelope


def test_a_holder_that_can_be_reached_is_not_vouched_to_before_a_withdrawal_is_delivered(origin: OneSide) -> None:
    consent = give(origin, "holder")
    origin.deliver()
    origin.later(minutes=5)
    origin.consents.withdraw(consent)
    assert send_heartbeats(origin.context, origin.outbox) == 0
    assert vouched(origin) == []
    origin.deliver()
    assert send_heartbeats(origin.context, origin.outbox) == 1
    assert vouched(origin) == [origin.clock.now()]
    assert [message.kind for message in origin.peers.told("holder")][-2:] == [CONSENT_WITHDRAWN, HEARTBEAT]


@pytest.mark.parametrize("change", ["narrowed", "renewed"])
def test_a_holder_is_not_vouched_to_before_a_change_is_delivered(origin: OneSide, change: str) -> None:
    consent = give(origin, "holder")
    origin.deliver()
    if change == "narrowed":
        origin.consents.narrow(consent, ScopeInput(fields=("work.status",)))
    else:
        origin.consents.renew(RenewalInput(consent, valid_days=60))
    assert send_heartbeats(origin.context, origin.outbox) == 0


def test_what_waits_for_one_holder_keeps_only_that_one_from_being_vouched_to(origin: OneSide) -> None:
    consent = give(origin, "holder", "other")
    origin.deliver()
    origin.peers.away.add("holder")
    origin.consents.withdraw(consent)
    origin.deliver()
    origin.peers.away.clear()
    origin.later(minutes=1)
    assert send_heartbeats(origin.context, origin.outbox) == 1
    assert vouched(origin) == []
    assert vouched(origin, "other") == [origin.clock.now()]


def test_no_holder_waits_for_the_heartbeat_of_a_slow_one(origin: OneSide, monkeypatch: pytest.MonkeyPatch) -> None:
    give(origin, "holder", "other")
    origin.deliver()
    others_heard, call = {"holder": threading.Event(), "other": threading.Event()}, origin.peers.call

    def slow(party: Party, envelope: Envelope) -> Envelope:
        others_heard[party.id].set()
        # Each waits until the other one was called: one after the other, neither would be heard.
        (other,) = (event for entity, event in others_heard.items() if entity != party.id)
        if not other.wait(PATIENCE_SECONDS):
            raise PeerSilent("nobody else was called meanwhile")
        return call(party, envelope)

    monkeypatch.setattr(origin.peers, "call", slow)
    assert send_heartbeats(origin.context, origin.outbox) == 2


@pytest.mark.invariant(4)
def test_a_withdrawal_that_waits_stops_the_sharing_however_well_the_holder_is_connected(
    origin: OneSide, holder: OneSide, elsewhere: OriginPeer
) -> None:
    consent = give(origin, "holder")
    origin.deliver()
    elsewhere.given("holder")
    origin.consents.withdraw(consent)
    for _ in range(5):
        for side in (origin, holder):
            side.later(hours=10)
        send_heartbeats(origin.context, origin.outbox)
    assert vouched(origin) == []  # so the holder, which hears nothing of its origin, stops
    assert holder.shares("asker", FIELDS) == set()


@pytest.mark.invariant(4)
def test_a_withdrawal_that_was_given_up_is_never_vouched_over(origin: OneSide) -> None:
    consent = give(origin, "holder")
    origin.deliver()
    origin.peers.away.add("holder")
    origin.consents.withdraw(consent)
    origin.later(seconds=NOTIFICATION_LIFETIME.total_seconds())
    origin.deliver()
    assert origin.waiting() == []
    origin.peers.away.clear()
    assert send_heartbeats(origin.context, origin.outbox) == 0
    assert vouched(origin) == []


def test_a_change_that_was_given_up_is_made_good_by_a_later_one_that_arrives(origin: OneSide) -> None:
    consent = give(origin, "holder")
    origin.deliver()
    origin.peers.away.add("holder")
    origin.consents.narrow(consent, ScopeInput(fields=("work.status",)))
    origin.later(seconds=NOTIFICATION_LIFETIME.total_seconds())
    origin.deliver()
    origin.peers.away.clear()
    assert send_heartbeats(origin.context, origin.outbox) == 0
    origin.consents.renew(RenewalInput(consent, valid_days=60))
    origin.deliver()
    assert send_heartbeats(origin.context, origin.outbox) == 1
    newest = origin.peers.told("holder", CONSENT_COPY)[-1]
    assert read_copy(parse_copy(newest.body).proof_bytes).record.fields == ("work.status",)


def test_a_clock_ahead_of_ours_vouches_for_no_time_to_come(holder: OneSide, elsewhere: OriginPeer) -> None:
    elsewhere.given("holder")
    now = holder.clock.now()
    elsewhere.vouch(now + timedelta(days=30))
    assert heard(holder).complete_until == now  # that is when the message says it was written


def test_an_entity_vouches_for_itself_alone(holder: OneSide, elsewhere: OriginPeer) -> None:
    elsewhere.given("holder")
    before = heard(holder)
    holder.later(hours=1)
    OriginPeer(holder, "asker").vouch()
    assert heard(holder) == before


def test_consents_of_another_person_wait_for_the_same_holders_answer(origin: OneSide) -> None:
    hold(origin.context, person_record(OTHER_PERSON, name="Otra Ficticia"))
    give(origin, "holder")
    origin.deliver()
    origin.consents.grant(GrantInput(OTHER_PERSON, ("casework",), ("asker",), FIELDS, holders=("holder",)))
    assert send_heartbeats(origin.context, origin.outbox) == 0


def vouched(origin: OneSide, entity: str = "holder") -> list[datetime]:
    """Return the moments up to which a peer was told that it knows everything."""
    told = origin.peers.told(entity, HEARTBEAT)
    return [datetime.fromisoformat(message.body["complete_until"]) for message in told]


def heard(holder: OneSide) -> Contact:
    with holder.context.snapshot() as session:
        contact = contacts_in(session, holder.context.keys.cipher).of("origin")
    assert contact is not None
    return contact
