"""An entity that both shares and receives under one consent deletes what it received when the person withdraws."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_ledger.consents.model import ConsentView
from node.fetch.cached_copies import shared_copies
from tests.support.consent_sides import ENTITIES, side_of
from tests.support.one_side import OneSide
from tests.support.origin_peer import FIELDS, OriginPeer
from tests.support.people import PERSON

VALUES = dict(zip(FIELDS, ("es", "unemployed"), strict=True))


@pytest.fixture
def asker(tmp_path: Path) -> Iterator[OneSide]:
    made = side_of(tmp_path, "asker")
    yield made
    made.context.close()


@pytest.fixture
def origin(asker: OneSide) -> OriginPeer:
    """The peer where the person consents."""
    return OriginPeer(asker)


@pytest.fixture
def consent(asker: OneSide, origin: OriginPeer) -> ConsentView:
    """A consent under which `asker` shares what it holds and has received something of the origin."""
    consent = origin.give(origin.terms("asker", recipients=("asker", "other")))
    origin.send(consent)
    assert asker.state(consent.consent_id) is not None
    receive(asker, origin, consent, VALUES)
    assert kept(asker) == 1
    return consent


def receive(asker: OneSide, origin: OriginPeer, consent: ConsentView, values: dict[str, str]) -> None:
    origin.shares_under(consent, values)
    assert asker.fetch("origin", tuple(values)).replies[0].released


def kept(asker: OneSide) -> int:
    return len(shared_copies(asker.context, PERSON))


@pytest.mark.invariant(4)
def test_a_withdrawal_where_the_consent_is_held_deletes_what_was_received_there(
    asker: OneSide, consent: ConsentView
) -> None:
    asker.consents.withdraw(consent.consent_id)
    assert kept(asker) == 0


@pytest.mark.invariant(4)
def test_a_withdrawal_that_arrives_deletes_what_was_received_where_the_consent_is_held(
    asker: OneSide, origin: OriginPeer, consent: ConsentView
) -> None:
    origin.end(consent.consent_id)
    assert kept(asker) == 0


@pytest.mark.invariant(4)
def test_a_withdrawal_where_something_was_only_received_deletes_it_before_anybody_is_told(
    asker: OneSide, origin: OriginPeer
) -> None:
    consent = origin.give(origin.terms())
    receive(asker, origin, consent, VALUES)
    assert kept(asker) == 1
    asker.peers.away.update(ENTITIES)
    asker.consents.withdraw(consent.consent_id)
    assert kept(asker) == 0


def test_a_withdrawal_leaves_what_was_received_under_another_consent(
    asker: OneSide, origin: OriginPeer, consent: ConsentView
) -> None:
    other = origin.give(origin.terms(fields=("edu.level",)))
    receive(asker, origin, other, {"edu.level": "lower_secondary"})
    assert kept(asker) == 2
    asker.consents.withdraw(consent.consent_id)
    assert [each.fields[0].id for each in shared_copies(asker.context, PERSON)] == ["edu.level"]
    origin.end(other.consent_id)
    assert kept(asker) == 0
