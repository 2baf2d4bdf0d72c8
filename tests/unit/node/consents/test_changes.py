"""Every way in which a consent ends or loses something reaches every subscriber, and each draws its consequence."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from consent_ledger.consents.model import ConsentScope, ConsentState, ConsentView
from consent_ledger.log.given_elsewhere import ConfirmationBody
from node.consent_subscribers import consent_subscribers
from node.consents.changes import ChangeSource, ConsentChanges
from node.consents.consents import RenewalInput, ScopeInput
from node.consents.held import HeldConsents
from node.consents.propagation.background import send_heartbeats
from node.fetch.cached_copies import shared_copies
from node.locator.consent_changes import PublisherWakeup
from node.messages.heartbeat import HEARTBEAT
from policies.referrals import NEED_FIELD
from records_exchange.mailboxes import NotificationState
from records_exchange.tables import ReceivedRelease
from records_exchange.travel import CONSENT_COPY
from records_exchange.withdrawal import CONSENT_WITHDRAWN, PART_LOST
from tests.support.consent_changes import (
    PURPOSES,
    RECIPIENTS,
    Change,
    die,
    erase,
    expire,
    give_for_all,
    narrow,
    narrowed_to,
    renew_for_less,
    retain,
    watched_changes,
    withdraw,
    withdraw_elsewhere,
)
from tests.support.consent_sides import side_of
from tests.support.one_side import OneSide
from tests.support.origin_peer import FIELDS, OriginPeer
from tests.support.people import PERSON
from tests.support.waiting import NoWait

pytestmark = pytest.mark.invariant(4)


def given_elsewhere(elsewhere: OriginPeer, *recipients: str) -> ConsentView:
    """Send the node `holder` the same consent as a copy of the origin's."""
    terms = elsewhere.terms(
        "holder", purposes=PURPOSES, recipients=recipients or RECIPIENTS, fields=(*FIELDS, NEED_FIELD)
    )
    consent = elsewhere.give(terms)
    elsewhere.send(consent)
    return consent


def narrowed_elsewhere(elsewhere: OriginPeer, side: OneSide, consent: ConsentView, scope: ConsentScope) -> None:
    """Send the node the narrower version of a consent."""
    elsewhere.send(elsewhere.register.narrow(consent.consent_id, scope, side.clock.now()))


def receive(side: OneSide, elsewhere: OriginPeer, consent: ConsentView) -> None:
    """Fetch something at the origin under a consent, and keep it."""
    elsewhere.shares_under(consent, {"work.status": "unemployed"})
    assert side.fetch("origin", FIELDS).replies[0].released
    assert shared_copies(side.context, PERSON)


def given_here(change: Change) -> Callable[[OneSide], str]:
    def act(origin: OneSide) -> str:
        consent = give_for_all(origin)
        change(origin, consent)
        return consent

    return act


def receive_narrower(holder: OneSide) -> str:
    elsewhere = OriginPeer(holder)
    consent = given_elsewhere(elsewhere)
    narrowed_elsewhere(elsewhere, holder, consent, ConsentScope(recipients=("holder", "other")))
    return consent.consent_id


def lose_the_part(holder: OneSide) -> str:
    elsewhere = OriginPeer(holder)
    consent = given_elsewhere(elsewhere)
    elsewhere.leave_out(consent.consent_id)
    return consent.consent_id


def decline(holder: OneSide) -> str:
    view = given_elsewhere(OriginPeer(holder))
    with holder.context.transaction() as session:
        held = HeldConsents(holder.context, session, holder.changes)
        record = held.get(view.consent_id).record
        assert record.origin is not None
        decision = ConfirmationBody(
            consent_id=view.consent_id,
            person_ref=record.person_ref,
            origin_index=record.origin.index,
            terms_sha256="ab" * 32,
            form_sha256="cd" * 32,
            decided_by="ts-01",
            reason="person_denies",
        )
        held.confirm(decision, None, holder.clock.now())
    return view.consent_id


def withdraw_where_only_received(asker: OneSide) -> str:
    elsewhere = OriginPeer(asker)
    consent = elsewhere.give(elsewhere.terms())
    receive(asker, elsewhere, consent)
    asker.consents.withdraw(consent.consent_id)
    return consent.consent_id


SOURCES: dict[ChangeSource, tuple[str, Callable[[OneSide], str]]] = {
    ChangeSource.WITHDRAWN: ("origin", given_here(withdraw)),
    ChangeSource.RECEIPT_WITHDRAWN: ("asker", withdraw_where_only_received),
    ChangeSource.WITHDRAWAL_RECEIVED: ("origin", given_here(withdraw_elsewhere)),
    ChangeSource.PART_LOST: ("holder", lose_the_part),
    ChangeSource.NARROWED: ("origin", given_here(narrow)),
    ChangeSource.COPY_RECEIVED: ("holder", receive_narrower),
    ChangeSource.RENEWED: ("origin", given_here(renew_for_less)),
    ChangeSource.DECLINED: ("holder", decline),
    ChangeSource.EXPIRED: ("origin", given_here(expire)),
    ChangeSource.PERSON_DECEASED: ("origin", given_here(die)),
    ChangeSource.PERSON_ERASED: ("origin", given_here(erase)),
    ChangeSource.RETENTION: ("origin", given_here(retain)),
}
"""For each source: the entity at which it is one, and the acts that lead to it."""


@pytest.fixture
def watched(tmp_path: Path, source: ChangeSource) -> Iterator[OneSide]:
    """The node at which the source is one."""
    made = side_of(tmp_path, SOURCES[source][0])
    yield made
    made.context.close()


def test_no_source_of_changes_is_forgotten() -> None:
    assert set(SOURCES) == set(ChangeSource)


@pytest.mark.parametrize("source", ChangeSource)
def test_every_change_reaches_every_subscriber_in_its_transaction(watched: OneSide, source: ChangeSource) -> None:
    watched.changes, reached = watched_changes(watched.context)
    consent = SOURCES[source][1](watched)
    found = [(name, change) for name, change in reached if change.source is source]
    assert [name for name, _ in found] == list(consent_subscribers(watched.context, PublisherWakeup()))
    for _, change in found:
        assert change.consent_id == consent
        assert change.recorded_at <= watched.clock.now()
        assert (change.reported_by is None) == (
            source not in (ChangeSource.WITHDRAWAL_RECEIVED, ChangeSource.PART_LOST, ChangeSource.COPY_RECEIVED)
        )


def test_a_change_by_which_nothing_is_lost_reaches_nobody(origin: OneSide) -> None:
    origin.changes, reached = watched_changes(origin.context)
    consent = give_for_all(origin)
    origin.consents.renew(RenewalInput(consent, valid_days=900))
    assert reached == []


# ---- outbox

ENDS: dict[str, Change] = {
    "holder taken out": narrowed_to(drop_holders=("holder",)),
    "withdrawn": withdraw,
    "expired": expire,
    "erased": erase,
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("signed", [False, True])
def test_a_copy_that_waits_for_a_holder_that_is_out_is_taken_back(origin: OneSide, end: str, *, signed: bool) -> None:
    origin.peers.away.add("holder")
    consent = give_for_all(origin)
    if signed:
        origin.outbox.deliver_due()
    assert origin.waiting(CONSENT_COPY) == ["holder"]
    ENDS[end](origin, consent)
    assert origin.waiting(CONSENT_COPY) == []


def test_a_notification_that_is_taken_back_while_the_queue_is_worked_off_is_not_sent(origin: OneSide) -> None:
    """The queue is read in one go; the withdrawal comes while the first notification of it is on its way."""
    first = give_for_all(origin)
    second = give_for_all(origin)
    origin.peers.before = lambda: withdraw(origin, second) if origin.state(second) is ConsentState.GIVEN else None
    origin.outbox.deliver_due()
    assert [each.kind for each in origin.notifications(first)] == [CONSENT_COPY]
    assert {each.kind for each in origin.notifications(second)} == {CONSENT_WITHDRAWN}
    assert [message.kind for message in origin.peers.told("holder")] == [CONSENT_COPY]
    assert {each.state for each in origin.notifications(second)} == {NotificationState.WAITING}


# ---- propagation


def test_a_recipient_that_is_out_is_told_by_each_entity_that_served_it(
    origin: OneSide, holder: OneSide, elsewhere: OriginPeer
) -> None:
    consent = give_for_all(origin)
    origin.deliver()
    narrow(origin, consent)
    assert origin.waiting(PART_LOST) == []  # the origin served nobody
    copy = given_elsewhere(elsewhere)
    assert holder.shares("asker", FIELDS)
    narrowed_elsewhere(elsewhere, holder, copy, ConsentScope(recipients=("holder", "other")))
    assert holder.waiting(PART_LOST) == ["asker"]


def test_a_recipient_that_is_told_that_it_is_out_deletes_what_it_received(tmp_path: Path) -> None:
    asker = side_of(tmp_path, "asker")
    elsewhere = OriginPeer(asker)
    consent = elsewhere.give(elsewhere.terms())
    receive(asker, elsewhere, consent)
    OriginPeer(asker, "holder").leave_out(consent.consent_id)
    assert shared_copies(asker.context, PERSON) == ()
    asker.context.close()


def test_a_recipient_that_still_holds_the_consent_goes_on_sharing_under_it(
    origin: OneSide, holder: OneSide, elsewhere: OriginPeer
) -> None:
    consent = give_for_all(origin)
    origin.deliver()
    assert origin.shares("holder", FIELDS)
    origin.consents.narrow(consent, ScopeInput(recipients=("asker", "other")))
    assert origin.waiting(PART_LOST) == []  # its copy of the consent says so
    copy = given_elsewhere(elsewhere)
    receive(holder, elsewhere, copy)
    narrowed_elsewhere(elsewhere, holder, copy, ConsentScope(recipients=("asker", "other")))
    assert shared_copies(holder.context, PERSON) == ()
    assert holder.state(copy.consent_id) is ConsentState.RENEWED
    assert holder.shares("asker", FIELDS) == set(FIELDS)


def test_a_consent_of_which_nothing_is_left_for_a_holder_ends_there(holder: OneSide, elsewhere: OriginPeer) -> None:
    consent = given_elsewhere(elsewhere, "asker", "holder")
    assert holder.shares("asker", FIELDS)
    narrowed_elsewhere(elsewhere, holder, consent, ConsentScope(recipients=("holder",)))
    assert holder.shares("asker", FIELDS) == set()
    assert holder.state(consent.consent_id) is ConsentState.WITHDRAWN


def test_an_erasure_sends_no_withdrawal(origin: OneSide) -> None:
    give_for_all(origin)
    origin.deliver()
    assert origin.shares("asker", FIELDS)
    erase(origin, "")
    assert origin.waiting(CONSENT_WITHDRAWN) == []


# ---- cached copies


@pytest.mark.parametrize("end", ["withdrawn", "narrowed", "expired"])
def test_copies_received_under_a_consent_that_is_held_too_are_deleted(
    holder: OneSide, elsewhere: OriginPeer, end: str
) -> None:
    consent = given_elsewhere(elsewhere)
    receive(holder, elsewhere, consent)
    if end == "withdrawn":
        holder.consents.withdraw(consent.consent_id)
    elif end == "narrowed":
        narrowed_elsewhere(elsewhere, holder, consent, ConsentScope(fields=("work.status",)))
    else:
        holder.later(days=366)
        holder.consents.expire_due()
    with holder.context.snapshot() as session:
        assert list(session.scalars(select(ReceivedRelease.content))) == [None]


# ---- locator


def test_the_publisher_is_woken_at_once(origin: OneSide) -> None:
    wakeup = PublisherWakeup()
    origin.changes = ConsentChanges(consent_subscribers(origin.context, wakeup))
    withdraw(origin, give_for_all(origin))
    stopping = NoWait()
    assert wakeup.wait(60, stopping)
    stopping.set()
    assert not wakeup.wait(60, stopping)


# ---- heartbeats


def test_no_heartbeat_vouches_for_an_entity_that_a_withdrawal_never_reached(origin: OneSide) -> None:
    """Away for longer than a notification lives, the holder gets the withdrawal first and a heartbeat only then."""
    consent = give_for_all(origin)
    origin.deliver()
    origin.peers.away.add("holder")
    withdraw(origin, consent)
    origin.later(days=91)
    origin.outbox.deliver_due()
    states = {each.entity: each.state for each in origin.status(consent).notifications}
    assert states["holder"] is NotificationState.LAPSED
    origin.peers.away.clear()
    assert send_heartbeats(origin.context, origin.outbox) == 0
    origin.outbox.deliver_due()
    assert origin.peers.told("holder")[-1].kind == CONSENT_WITHDRAWN
    assert send_heartbeats(origin.context, origin.outbox) == 1
    assert origin.peers.told("holder")[-1].kind == HEARTBEAT
