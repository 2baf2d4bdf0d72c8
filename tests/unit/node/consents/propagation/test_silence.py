"""The bound on silence ends sharing at its very instant, under what was given elsewhere and under nothing else."""

from datetime import timedelta

import pytest

from node.consents.consents import GrantInput
from node.consents.propagation.origins import check_origins
from service.findings import Level
from tests.support.one_side import OneSide
from tests.support.origin_peer import FIELDS, OriginPeer
from tests.support.people import PERSON
from trust.errors import PartySuspended
from trust.parties import EntityStatus

TICK = timedelta(microseconds=1)


@pytest.mark.invariant(4)
@pytest.mark.parametrize(("before", "shared"), [(TICK, set(FIELDS)), (timedelta(0), set())])
def test_sharing_stops_when_the_silence_has_lasted_for_the_bound(
    holder: OneSide, elsewhere: OriginPeer, before: timedelta, shared: set[str]
) -> None:
    elsewhere.given("holder")
    holder.later(microseconds=(holder.context.settings.silence_bound - before) // TICK)
    assert holder.shares("asker", FIELDS) == shared
    assert (check_origins(holder.context).level is Level.OK) is bool(shared)


@pytest.mark.invariant(4)
def test_the_bound_counts_from_what_the_origin_said_and_not_from_when_it_arrived(
    holder: OneSide, elsewhere: OriginPeer
) -> None:
    elsewhere.given("holder")
    bound = holder.context.settings.silence_bound
    holder.later(microseconds=bound // TICK // 2)
    said = holder.clock.now()
    holder.later(minutes=1)
    elsewhere.vouch(said)
    holder.later(microseconds=(bound - TICK) // TICK, minutes=-1)
    assert holder.shares("asker", FIELDS) == set(FIELDS)
    holder.later(microseconds=1)
    assert holder.shares("asker", FIELDS) == set()


def test_what_was_given_here_needs_no_word_of_anybody(holder: OneSide) -> None:
    holder.consents.grant(GrantInput(PERSON, ("casework",), ("asker",), FIELDS))
    holder.later(days=6)
    assert holder.shares("asker", FIELDS) == set(FIELDS)


def test_another_entity_that_is_heard_does_not_stand_in_for_the_origin(holder: OneSide, elsewhere: OriginPeer) -> None:
    elsewhere.given("holder")
    another = OriginPeer(holder, "asker")
    another.send(another.give(another.terms("holder", recipients=("other",))))
    holder.later(days=3)
    assert another.vouch().reason is None
    assert holder.shares("asker", FIELDS) == set()


def test_an_origin_that_is_heard_but_vouches_for_nothing_newer_is_silent(
    holder: OneSide, elsewhere: OriginPeer
) -> None:
    elsewhere.given("holder")
    given = holder.clock.now()
    holder.later(days=3)
    assert elsewhere.vouch(given).reason is None
    assert holder.shares("asker", FIELDS) == set()


def test_a_suspended_origin_is_silent(holder: OneSide, elsewhere: OriginPeer) -> None:
    elsewhere.given("holder")
    holder.directory.change("origin", status=EntityStatus.SUSPENDED)
    holder.later(days=3)
    with pytest.raises(PartySuspended):
        elsewhere.vouch()
    assert holder.shares("asker", FIELDS) == set()
