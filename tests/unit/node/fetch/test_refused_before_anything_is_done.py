"""A consent names no suspended entity, a question no unknown word, and a caller's questions are bounded."""

import pytest

from node.consents.consents import GrantInput
from node.fetch.asking import Asking
from node.messages.heartbeat import HEARTBEAT
from policies.errors import UnknownTerm
from records_exchange.message import new_message, seal_message
from records_exchange.request import Question
from service.errors import TooManyCalls
from tests.support.clock import FrozenClock
from tests.support.exchange import PERSON, ExchangeNetwork
from trust.errors import PartySuspended, UnknownParty
from trust.parties import EntityKind, EntityStatus, Party
from trust.signing import Envelope


@pytest.mark.parametrize("part", ["recipient", "holder"])
def test_a_consent_names_no_suspended_and_no_unknown_entity(network: ExchangeNetwork, part: str) -> None:
    network.add("county", kind=EntityKind.PUBLIC)
    town = network.nodes["town"]

    def give(entity: str) -> str:
        recipients, holders = (("ngo",), (entity,)) if part == "holder" else ((entity,), ())
        return town.consents.grant(GrantInput(PERSON, ("casework",), recipients, holders=holders)).consent_id

    give("county")
    network.change("county", status=EntityStatus.SUSPENDED)
    with pytest.raises(PartySuspended):
        give("county")
    with pytest.raises(UnknownParty):
        give("nobody")
    assert len(town.consents.list()) == 1


@pytest.mark.parametrize(
    "question",
    [
        Question("curiosity", ("person.sex",), "entity_technician"),
        Question("casework", ("person.shoe_size",), "entity_technician"),
        Question("casework", ("person.sex",), "nosy_neighbour"),
    ],
    ids=["purpose", "field", "role"],
)
def test_a_question_in_unknown_words_is_not_sent(network: ExchangeNetwork, question: Question) -> None:
    sent: list[Party] = []

    def send(holder: Party, envelope: Envelope) -> Envelope:
        sent.append(holder)
        return envelope

    with pytest.raises(UnknownTerm):
        Asking(network.nodes["ngo"].context, network.nodes["ngo"].peer_ledgers, send).fetch(PERSON, question, ["town"])
    assert sent == []


def test_one_callers_questions_are_bounded_and_leave_the_others_theirs(network: ExchangeNetwork) -> None:
    network.add("other")
    network.add("strict", questions_burst=2)

    def ask(sender: str) -> None:
        now = network.clock.now()
        message = new_message(
            HEARTBEAT, {"complete_until": now.isoformat()}, sender=sender, recipient="strict", now=now
        )
        network.nodes["strict"].message_receiver.take(
            seal_message(message, network.nodes[sender].context.keys.signing), sender
        )

    for _ in range(2):
        ask("ngo")
    with pytest.raises(TooManyCalls):
        ask("ngo")
    ask("other")
    assert isinstance(network.clock, FrozenClock)
    network.clock.advance(minutes=1)
    ask("ngo")
