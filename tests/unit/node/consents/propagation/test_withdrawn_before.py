"""A withdrawal that meets its consent on the way: in the sender's outbox, or waiting for a person to be known."""

import pytest

from consent_ledger.consents.model import ConsentView
from node.consents.propagation.background import maintain_copies
from records_exchange.travel import CONSENT_COPY
from records_exchange.travel_store import SqlTravelStore
from records_exchange.withdrawal import CONSENT_WITHDRAWN
from tests.support.consent_sides import give
from tests.support.one_side import OneSide
from tests.support.origin_peer import FIELDS, OriginPeer
from tests.support.parts import hold
from tests.support.people import PERSON, person_record


def test_a_consent_that_never_left_does_not_leave_after_its_withdrawal(origin: OneSide) -> None:
    consent = give(origin, "holder")
    origin.consents.withdraw(consent)
    assert {each.kind for each in origin.notifications(consent)} == {CONSENT_WITHDRAWN}
    origin.deliver()
    assert [message.kind for message in origin.peers.told("holder")] == [CONSENT_WITHDRAWN]
    assert not any(CONSENT_COPY.encode() in envelope.payload for envelope in origin.peers.sent)


@pytest.mark.invariant(4)
def test_a_consent_that_waits_here_does_not_outlive_a_withdrawal_here(stranger: OneSide) -> None:
    """The entity received something under it, holds no record of the person yet, and is to share under it too."""
    origin = OriginPeer(stranger)
    consent = received_under(stranger, origin)
    origin.send(consent)
    stranger.consents.withdraw(consent.consent_id)
    hold(stranger.context, person_record(PERSON))
    maintain_copies(stranger.context, stranger.changes, "")
    assert stranger.state(consent.consent_id) is None
    assert stranger.shares("asker", FIELDS) == set()


@pytest.mark.invariant(4)
def test_a_consent_that_arrives_after_a_withdrawal_here_is_barred(stranger: OneSide) -> None:
    origin = OriginPeer(stranger)
    consent = received_under(stranger, origin)
    hold(stranger.context, person_record(PERSON))
    stranger.consents.withdraw(consent.consent_id)
    origin.send(consent)
    assert stranger.state(consent.consent_id) is None


def test_a_consent_that_waits_is_let_go_when_its_sender_takes_it_back(stranger: OneSide) -> None:
    origin = OriginPeer(stranger)
    consent = origin.given("other")
    origin.end(consent.consent_id)
    with stranger.context.snapshot() as session:
        assert SqlTravelStore(session).copy("origin", consent.consent_id) is None


def received_under(stranger: OneSide, origin: OriginPeer) -> ConsentView:
    """Give a consent that names the node as holder and recipient, under which it has received something."""
    consent = origin.give(origin.terms("other", recipients=("asker", "other")))
    origin.shares_under(consent, {"work.status": "unemployed"})
    assert stranger.fetch("origin", FIELDS).replies[0].released
    return consent
