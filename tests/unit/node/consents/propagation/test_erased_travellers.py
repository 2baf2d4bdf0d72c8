"""Erasing a person leaves nothing of the consents that travelled: not what was sent, not what was taken in."""

import pytest
from sqlalchemy import select, update

from consent_ledger.consents.model import ConsentState
from node.consents.consents import ScopeInput
from node.consents.propagation.background import maintain_copies, send_heartbeats
from node.people.linking import hidden_pseudonym
from records_exchange.mailboxes import NotificationState
from records_exchange.message import NOTIFICATION_LIFETIME
from records_exchange.tables import ConsentCopy, OutboxMessage
from records_exchange.travel import CONSENT_COPY
from records_exchange.withdrawal import PART_LOST
from tests.support.consent_sides import give
from tests.support.one_side import OneSide
from tests.support.origin_peer import OriginPeer
from tests.support.parts import hold
from tests.support.people import OTHER_PERSON, PERSON, person_record

BASIS = "eu-gdpr:A17-1-b"


def disk(side: OneSide) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(side.context.home.glob("node.sqlite*")))


def copies(side: OneSide) -> list[str]:
    with side.context.snapshot() as session:
        return list(session.scalars(select(ConsentCopy.consent_id)))


def envelopes(side: OneSide) -> list[bytes]:
    with side.context.snapshot() as session:
        return [each for each in session.scalars(select(OutboxMessage.envelope)) if each is not None]


def outbox(side: OneSide, consent: str) -> list[tuple[str, NotificationState]]:
    return [(each.kind, each.state) for each in side.notifications(consent)]


def test_a_message_that_was_answered_or_given_up_is_not_kept(origin: OneSide) -> None:
    give(origin, "holder", "other")
    origin.peers.away.add("other")
    origin.deliver()
    assert len(envelopes(origin)) == 1
    origin.later(seconds=NOTIFICATION_LIFETIME.total_seconds())
    origin.deliver()
    assert envelopes(origin) == []


@pytest.mark.invariant(3)
def test_where_it_was_given_the_outbox_has_nothing_of_what_was_erased(origin: OneSide) -> None:
    consent = give(origin, "holder")
    origin.peers.reply_lost.add("holder")
    origin.deliver()
    (sent,) = envelopes(origin)  # the entry with its salt, signed
    parts = [sent[start : start + 64] for start in range(64, len(sent) - 64, 64)]  # a page's end may fall in one
    assert any(part in disk(origin) for part in parts)
    origin.peers.reply_lost.clear()
    origin.later(hours=1)
    origin.deliver()
    origin.erasures.erase_person(PERSON, BASIS)
    assert outbox(origin, consent) == [(CONSENT_COPY, NotificationState.ACKNOWLEDGED)]
    assert not any(part in disk(origin) for part in parts)


def test_what_was_answered_before_messages_were_let_go_is_erased_with_the_person(origin: OneSide) -> None:
    give(origin, "holder")
    origin.deliver()
    with origin.context.transaction() as session:
        session.execute(update(OutboxMessage).values(envelope=b"an older program kept it"))
    origin.erasures.erase_person(PERSON, BASIS)
    assert envelopes(origin) == []


@pytest.mark.invariant(3)
def test_where_it_was_taken_in_no_proof_and_no_pseudonym_is_left(holder: OneSide, elsewhere: OriginPeer) -> None:
    hold(holder.context, person_record(OTHER_PERSON, name="Otra Ficticia"))
    elsewhere.given("holder")
    stays = elsewhere.give(elsewhere.terms("holder"))
    elsewhere.send(stays, OTHER_PERSON)
    pseudonym = holder.peers.subject("origin", holder.context, PERSON)
    stored = hidden_pseudonym(holder.context, pseudonym).encode()
    assert stored in disk(holder)
    holder.erasures.erase_person(PERSON, BASIS)
    assert stored not in disk(holder)
    assert copies(holder) == [stays.consent_id]


def test_a_copy_that_came_to_nothing_goes_too(stranger: OneSide) -> None:
    """As when the person turns out to be a child, who cannot have signed alone."""
    hold(stranger.context, person_record(PERSON, birth=stranger.clock.now().date().replace(year=2020)))
    consent = OriginPeer(stranger).given("other").consent_id
    assert (stranger.state(consent), copies(stranger)) == (None, [consent])
    stranger.erasures.erase_person(PERSON, BASIS)
    assert copies(stranger) == []


@pytest.mark.invariant(4)
def test_a_holder_that_waits_for_less_is_told_that_the_consent_ended(origin: OneSide) -> None:
    consent = give(origin, "holder")
    origin.deliver()
    origin.peers.away.add("holder")
    origin.consents.narrow(consent, ScopeInput(fields=("work.status",)))
    origin.deliver()  # signed, and lost
    origin.erasures.erase_person(PERSON, BASIS)
    assert envelopes(origin) == []
    assert send_heartbeats(origin.context, origin.outbox) == 0
    origin.peers.away.clear()
    origin.later(hours=2)
    origin.deliver()
    (ended,) = origin.peers.told("holder", PART_LOST)
    assert ended.body["consent_id"] == consent
    assert len(origin.peers.told("holder", CONSENT_COPY)) == 1
    assert send_heartbeats(origin.context, origin.outbox) == 1
    assert outbox(origin, consent)[-1] == (PART_LOST, NotificationState.ACKNOWLEDGED)


@pytest.mark.invariant(4)
@pytest.mark.parametrize("withdrawn", [True, False], ids=["withdrawn", "live"])
def test_a_withdrawal_outlives_the_erasure_of_the_person(
    holder: OneSide, elsewhere: OriginPeer, *, withdrawn: bool
) -> None:
    """The person is recorded again, and the origin, which has heard nothing yet, sends a newer version."""
    consent = elsewhere.given("holder")
    if withdrawn:
        holder.consents.withdraw(consent.consent_id)
    holder.erasures.erase_person(PERSON, BASIS)
    holder.later(minutes=1)
    elsewhere.send(elsewhere.narrow(consent, "work.status"))
    hold(holder.context, person_record(PERSON))
    maintain_copies(holder.context, holder.changes, "")
    assert holder.state(consent.consent_id) is (None if withdrawn else ConsentState.GIVEN)


def test_what_the_retention_schedule_erases_leaves_no_proof_either(holder: OneSide, elsewhere: OriginPeer) -> None:
    consent = elsewhere.given("holder")
    elsewhere.end(consent.consent_id)
    holder.later(days=1827)
    assert holder.erasures.retain().entries == {"consents": 2}
    assert copies(holder) == []
