"""An entity that both shares and receives under one consent deletes what it received when the person withdraws."""

import pytest

from node.consents.consents import GrantInput
from node.fetch.cached_copies import shared_copies
from tests.support.exchange import PERSON
from tests.support.town import FIELDS, Town


@pytest.fixture
def consent(town: Town) -> str:
    """A consent under which `asker` shares what it holds and has received something of `origin`."""
    given = GrantInput(PERSON, ("casework",), ("asker", "other"), FIELDS, holders=("asker",))
    consent = town["origin"].consents.grant(given).consent_id
    town.deliver()
    assert town.state("asker", consent) is not None
    assert town.shares("origin") == set(FIELDS)
    assert kept(town) == 1
    return consent


def kept(town: Town) -> int:
    return len(shared_copies(town["asker"].context, PERSON))


@pytest.mark.invariant(4)
def test_a_withdrawal_where_the_consent_is_held_deletes_what_was_received_there(town: Town, consent: str) -> None:
    town["asker"].consents.withdraw(consent)
    assert kept(town) == 0


@pytest.mark.invariant(4)
def test_a_withdrawal_that_arrives_deletes_what_was_received_where_the_consent_is_held(
    town: Town, consent: str
) -> None:
    town["origin"].consents.withdraw(consent)
    town.deliver("origin")
    assert kept(town) == 0


@pytest.mark.invariant(4)
def test_a_withdrawal_where_something_was_only_received_deletes_it_before_anybody_is_told(town: Town) -> None:
    consent = town.give()
    assert town.shares("origin") == set(FIELDS)
    town.wires.partition(["asker"], ["origin", "holder", "other"])
    town["asker"].consents.withdraw(consent)
    assert kept(town) == 0


def test_a_withdrawal_leaves_what_was_received_under_another_consent(town: Town, consent: str) -> None:
    other = town["origin"].consents.grant(GrantInput(PERSON, ("casework",), ("asker",), ("edu.level",))).consent_id
    assert town.shares("origin", ("edu.level",)) == {"edu.level"}
    assert kept(town) == 2
    town["asker"].consents.withdraw(consent)
    assert [each.fields[0].id for each in shared_copies(town["asker"].context, PERSON)] == ["edu.level"]
    town["origin"].consents.withdraw(other)
    town.deliver()
    assert kept(town) == 0
