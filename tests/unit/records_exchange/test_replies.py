"""A reply is good for one message, of its sender and at its time; a directory is good for its life."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from policies.catalogue import load_catalogue
from records_exchange.checks import MAX_CLOCK_SKEW
from records_exchange.errors import EvidenceInvalid, ReplyMalformed, ReplyUnbound
from records_exchange.message import MessageOutcome, VerifiedReply, open_message, open_reply, parse_message
from records_exchange.request import payload_digest
from records_exchange.verification import open_answer
from tests.support.clock import START
from tests.support.simulated_peer import NETWORK, SimulatedPeer, sent
from trust.directory import Directory
from trust.errors import DirectoryExpired
from trust.parties import ledger_origin

SENDER, PEER = SimulatedPeer("ngo"), SimulatedPeer("town", {"person.sex": "f", "work.status": "unemployed"})
TICK = timedelta(microseconds=1)


def replied(changes: Mapping[str, object]) -> VerifiedReply:
    """Verify the reply of the peer to a message, right but for these changes to its fields."""
    told = SENDER.tell("town", START, "pulse", {})
    PEER.change_reply = lambda reply: reply.model_copy(update=changes)
    message = parse_message(told.payload)
    return open_reply(PEER.reply(told, START), message, payload_digest(told), peer=PEER.party, now=START)


def test_the_reply_to_the_message_itself_is_good() -> None:
    assert replied({}).reply.sender == "town"


@pytest.mark.parametrize(
    "changes",
    [
        {"message_id": "ab" * 16},
        {"message_sha256": "ab" * 32},
        {"sender": "other"},
        {"recipient": "other"},
        {"issued": START - MAX_CLOCK_SKEW - TICK},
        {"issued": START + MAX_CLOCK_SKEW + TICK},
    ],
    ids=["of-another-message", "of-other-bytes", "of-another-entity", "for-another", "too-early", "too-late"],
)
def test_the_reply_to_anything_else_is_not(changes: dict[str, object]) -> None:
    with pytest.raises(ReplyUnbound):
        replied(changes)


@pytest.mark.parametrize(
    "changes",
    [{"reason": "not_a_party"}, {"outcome": MessageOutcome.REFUSED}],
    ids=["yes-with-a-reason", "no-without-one"],
)
def test_a_reply_says_no_with_a_reason_and_yes_without_one(changes: dict[str, object]) -> None:
    with pytest.raises(ReplyMalformed):
        replied(changes)


@pytest.mark.parametrize("issued", [START - MAX_CLOCK_SKEW, START + MAX_CLOCK_SKEW])
def test_clocks_may_differ_by_a_minute(issued: object) -> None:
    assert replied({"issued": issued}).reply.message_id


@pytest.mark.parametrize(("left", "taken"), [(TICK, True), (timedelta(0), False)])
def test_no_message_is_taken_under_a_directory_that_is_over(left: timedelta, *, taken: bool) -> None:
    directory = Directory(
        network=NETWORK,
        serial=1,
        issued=START - timedelta(days=1),
        expires=START + left,
        coordinator_key="00" * 32,
        coordinator_address="127.0.0.1:1",
        ca_pem="",
        entities=(SENDER.party,),
    )
    told = SENDER.tell("town", START, "pulse", {})
    if taken:
        assert open_message(told, caller="ngo", recipient="town", directory=directory, now=START).sender == SENDER.party
    else:
        with pytest.raises(DirectoryExpired):
            open_message(told, caller="ngo", recipient="town", directory=directory, now=START)


def test_an_answer_is_logged_in_the_ledger_that_bears_the_holders_name() -> None:
    asked = sent(SENDER.ask("town", START))
    another = PEER.party.model_copy(update={"ledger_vkey": SENDER.party.ledger_vkey})
    with pytest.raises(EvidenceInvalid, match="another name"):
        open_answer(
            PEER.answer(asked.envelope, START),
            asked,
            holder=another,
            origin=ledger_origin(NETWORK, "town"),
            values=load_catalogue(),
            now=START,
        )
