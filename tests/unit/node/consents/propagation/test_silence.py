"""The bound on silence ends sharing at its very instant, under what was given elsewhere and under nothing else."""

from datetime import timedelta

import pytest

from node.consents.consents import GrantInput
from node.consents.propagation.background import send_heartbeats
from node.consents.propagation.origins import check_origins
from node.messages.heartbeat import HEARTBEAT
from service.findings import Level
from tests.support.exchange import PERSON
from tests.support.town import FIELDS, Town
from trust.parties import EntityStatus

TICK = timedelta(microseconds=1)


@pytest.mark.invariant(4)
@pytest.mark.parametrize(("before", "shared"), [(TICK, set(FIELDS)), (timedelta(0), set())])
def test_sharing_stops_when_the_silence_has_lasted_for_the_bound(
    town: Town, before: timedelta, shared: set[str]
) -> None:
    town.give("holder")
    town.deliver()
    town.later(microseconds=(town["holder"].context.settings.silence_bound - before) // TICK)
    assert town.shares("holder") == shared
    assert (check_origins(town["holder"].context).level is Level.OK) is bool(shared)


@pytest.mark.invariant(4)
def test_the_bound_counts_from_what_the_origin_said_and_not_from_when_it_arrived(town: Town) -> None:
    town.give("holder")
    town.deliver()
    bound = town["holder"].context.settings.silence_bound
    town.later(microseconds=bound // TICK // 2)
    send_heartbeats(town["origin"].context, town["origin"].outbox)
    town.later(microseconds=(bound - TICK) // TICK)
    assert town.shares("holder") == set(FIELDS)
    town.later(microseconds=1)
    assert town.shares("holder") == set()


def test_what_was_given_here_needs_no_word_of_anybody(town: Town) -> None:
    town["holder"].consents.grant(GrantInput(PERSON, ("casework",), ("asker",), FIELDS))
    town.later(days=6)
    assert town.shares("holder") == set(FIELDS)


def test_another_entity_that_is_heard_does_not_stand_in_for_the_origin(town: Town) -> None:
    town.give("holder")
    town.deliver()
    given = GrantInput(PERSON, ("casework",), ("other",), FIELDS, holders=("holder",))
    town["asker"].consents.grant(given)
    town.deliver()
    town.later(days=3)
    assert send_heartbeats(town["asker"].context, town["asker"].outbox) == 1
    assert town.shares("holder") == set()


def test_an_origin_that_is_heard_but_vouches_for_nothing_newer_is_silent(town: Town) -> None:
    town.give("holder")
    town.deliver()
    given = town.network.clock.now()
    town.later(days=3)
    town["origin"].outbox.ask("holder", HEARTBEAT, {"complete_until": given.isoformat()})
    assert town.shares("holder") == set()


def test_a_suspended_origin_is_silent(town: Town) -> None:
    town.give("holder")
    town.deliver()
    town.network.change("origin", status=EntityStatus.SUSPENDED)
    town.later(days=3)
    assert send_heartbeats(town["origin"].context, town["origin"].outbox) == 0
    assert town.shares("holder") == set()
