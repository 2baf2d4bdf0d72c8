"""A withdrawal that meets its consent on the way: in the sender's outbox, or waiting for a person to be known."""

import pytest

from node.consents.consents import GrantInput
from node.consents.propagation.background import maintain_copies
from node.fetch.asking import question_of
from records_exchange.mailboxes import SqlMailbox
from records_exchange.travel import CONSENT_COPY
from records_exchange.travel_store import SqlTravelStore
from records_exchange.withdrawal import CONSENT_WITHDRAWN
from tests.support.exchange import PERSON, hold, person_record
from tests.support.town import FIELDS, Town


def test_a_consent_that_never_left_does_not_leave_after_its_withdrawal(town: Town) -> None:
    consent = town.give("holder")
    town["origin"].consents.withdraw(consent)
    with town["origin"].context.snapshot() as session:
        assert {each.kind for each in SqlMailbox(session).about(consent)} == {CONSENT_WITHDRAWN}
    town.deliver()
    assert not any(CONSENT_COPY.encode() in payload for _, _, payload in town.wires.crossed)


@pytest.mark.invariant(4)
def test_a_consent_that_waits_here_does_not_outlive_a_withdrawal_here(town: Town) -> None:
    """The entity received something under it, holds no record of the person yet, and is to share under it too."""
    given = GrantInput(PERSON, ("casework",), ("asker", "other"), FIELDS, holders=("other",))
    consent = town["origin"].consents.grant(given).consent_id
    ask_of_the_origin(town)
    town.deliver("origin")
    town["other"].consents.withdraw(consent)
    hold(town["other"], person_record(PERSON))
    maintain_copies(town["other"].context, town["other"].consent_changes, "")
    assert town.state("other", consent) is None
    assert town.shares("other") == set()


@pytest.mark.invariant(4)
def test_a_consent_that_arrives_after_a_withdrawal_here_is_barred(town: Town) -> None:
    given = GrantInput(PERSON, ("casework",), ("asker", "other"), FIELDS, holders=("other",))
    consent = town["origin"].consents.grant(given).consent_id
    ask_of_the_origin(town)
    hold(town["other"], person_record(PERSON))
    town["other"].consents.withdraw(consent)
    town.deliver("origin")
    assert town.state("other", consent) is None


def test_a_consent_that_waits_is_let_go_when_its_sender_takes_it_back(town: Town) -> None:
    consent = town.give("other")
    town.deliver()
    town["origin"].consents.withdraw(consent)
    town.deliver()
    with town["other"].context.snapshot() as session:
        assert SqlTravelStore(session).copy("origin", consent) is None


def ask_of_the_origin(town: Town) -> None:
    node = town["other"]
    (reply,) = node.asking.fetch(PERSON, question_of(node.context, "casework", fields=FIELDS), ["origin"]).replies
    assert reply.released
