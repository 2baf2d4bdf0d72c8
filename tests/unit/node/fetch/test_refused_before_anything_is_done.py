"""A consent names no suspended entity, a question no unknown word, and a caller's questions are bounded."""

from contextlib import closing
from pathlib import Path

import pytest

from node.consents.consents import GrantInput
from node.context import NodeContext
from node.fetch.asking import Asking
from node.ledger.peers import PeerLedgers
from node.messages.heartbeat import HEARTBEAT
from policies.errors import UnknownTerm
from records_exchange.message import new_message, seal_message
from records_exchange.request import Question
from service.errors import TooManyCalls
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory, consents_of, context_of, keys_of, receiver_of
from tests.support.people import PERSON
from trust.errors import PartySuspended, UnknownParty
from trust.parties import EntityKind, EntityStatus, Party
from trust.signing import Envelope


@pytest.mark.parametrize("part", ["recipient", "holder"])
def test_a_consent_names_no_suspended_and_no_unknown_entity(
    context: NodeContext, directory: SignedDirectory, part: str
) -> None:
    directory.add("county", kind=EntityKind.PUBLIC)

    def give(entity: str) -> str:
        recipients, holders = (("ngo",), (entity,)) if part == "holder" else ((entity,), ())
        return consents_of(context).grant(GrantInput(PERSON, ("casework",), recipients, holders=holders)).consent_id

    give("county")
    directory.change("county", status=EntityStatus.SUSPENDED)
    with pytest.raises(PartySuspended):
        give("county")
    with pytest.raises(UnknownParty):
        give("nobody")
    assert len(consents_of(context).list()) == 1


@pytest.mark.parametrize(
    "question",
    [
        Question("curiosity", ("person.sex",), "entity_technician"),
        Question("casework", ("person.shoe_size",), "entity_technician"),
        Question("casework", ("person.sex",), "nosy_neighbour"),
    ],
    ids=["purpose", "field", "role"],
)
def test_a_question_in_unknown_words_is_not_sent(
    tmp_path: Path, directory: SignedDirectory, question: Question
) -> None:
    sent: list[Party] = []

    def send(holder: Party, envelope: Envelope) -> Envelope:
        sent.append(holder)
        return envelope

    with closing(context_of("ngo", tmp_path / "ngo", directory)) as ngo, pytest.raises(UnknownTerm):
        Asking(ngo, PeerLedgers(ngo), send).fetch(PERSON, question, ["town"])
    assert sent == []


def test_one_callers_questions_are_bounded_and_leave_the_others_theirs(
    tmp_path: Path, clock: FrozenClock, directory: SignedDirectory
) -> None:
    directory.add("other")
    directory.add("strict")
    context = context_of("strict", tmp_path / "strict", directory, questions_burst=2)
    receiver = receiver_of(context)

    def ask(sender: str) -> None:
        now = clock.now()
        message = new_message(
            HEARTBEAT, {"complete_until": now.isoformat()}, sender=sender, recipient="strict", now=now
        )
        receiver.take(seal_message(message, keys_of(sender).signing), sender)

    for _ in range(2):
        ask("ngo")
    with pytest.raises(TooManyCalls):
        ask("ngo")
    ask("other")
    clock.advance(minutes=1)
    ask("ngo")
    context.close()
