"""What the desk takes and what it refuses, whoever calls."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from node.messages.heartbeat import HEARTBEAT
from node.wiring import Node
from policies.errors import RedpactError
from records_exchange.errors import MessageMalformed, MessageMisaddressed, MessageReplayed, MessageStale
from records_exchange.mailboxes import SqlMailbox
from records_exchange.message import (
    MESSAGE_TYPE,
    NOTICE_LIFETIME,
    Message,
    MessageOutcome,
    MessageReply,
    new_message,
    open_reply,
    seal_message,
)
from records_exchange.request import payload_digest
from tests.support.exchange import ExchangeNetwork
from tests.support.simulated_peer import forged
from trust.errors import PartySuspended, SignatureInvalid, UnknownParty
from trust.parties import EntityStatus
from trust.signing import Envelope, seal


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    network = ExchangeNetwork(tmp_path)
    for entity in ("ngo", "town", "other"):
        network.add(entity)
    yield network
    network.close()


def pulse(network: ExchangeNetwork, sender: str = "ngo", **changes: object) -> Message:
    now = network.clock.now()
    body = {"complete_until": now.isoformat()}
    message = new_message(HEARTBEAT, body, sender=sender, recipient="town", now=now)
    return message.model_copy(update=changes)


def sealed(network: ExchangeNetwork, message: Message, signer: str = "ngo") -> Envelope:
    return seal_message(message, network.nodes[signer].context.keys.signing)


def take(network: ExchangeNetwork, envelope: Envelope, caller: str = "ngo") -> MessageReply:
    town, ngo = network.nodes["town"], network.parties["town"]
    reply = town.message_receiver.take(envelope, caller)
    message = Message.model_validate_json(envelope.payload)
    return open_reply(reply, message, payload_digest(envelope), peer=ngo, now=network.clock.now()).reply


def contact_of(town: Node) -> object:
    with town.context.snapshot() as session:
        return SqlMailbox(session).contact("ngo")


def test_a_message_is_answered_with_a_signed_reply_bound_to_it(network: ExchangeNetwork) -> None:
    reply = take(network, sealed(network, pulse(network)))
    assert reply.outcome is MessageOutcome.ACCEPTED
    assert contact_of(network.nodes["town"]) is not None


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"sender": "other"}, MessageMisaddressed),
        ({"recipient": "other"}, MessageMisaddressed),
        ({"kind": "unheard.of"}, MessageMalformed),
        ({"body": {}}, MessageMalformed),
        ({"body": {"complete_until": "soon"}}, MessageMalformed),
    ],
)
def test_a_message_that_is_wrong_is_refused_and_changes_nothing(
    network: ExchangeNetwork, change: dict[str, Any], error: type[RedpactError]
) -> None:
    with pytest.raises(error):
        take(network, sealed(network, pulse(network, **change)))
    assert contact_of(network.nodes["town"]) is None


@pytest.mark.invariant(8)
def test_bytes_that_are_no_message_are_refused(network: ExchangeNetwork) -> None:
    for payload in (b"", b"{}", b"[]", b"\xff", b'{"v":1', b'{"v":2}'):
        envelope = seal(MESSAGE_TYPE, payload, network.nodes["ngo"].context.keys.signing)
        with pytest.raises(MessageMalformed):
            network.nodes["town"].message_receiver.take(envelope, "ngo")


def test_a_message_signed_by_somebody_else_is_refused(network: ExchangeNetwork) -> None:
    envelope = sealed(network, pulse(network))
    for wrong in (forged(envelope), replace(envelope, payload_type="application/json")):
        with pytest.raises(SignatureInvalid):
            take(network, wrong)
    with pytest.raises(SignatureInvalid):
        take(network, sealed(network, pulse(network), signer="other"))


def test_who_may_not_take_part_is_not_heard(network: ExchangeNetwork) -> None:
    network.change("ngo", status=EntityStatus.SUSPENDED)
    with pytest.raises(PartySuspended):
        take(network, sealed(network, pulse(network)))
    with pytest.raises(UnknownParty):
        take(network, sealed(network, pulse(network, "nobody")), caller="nobody")


@pytest.mark.invariant(10)
def test_a_message_outside_its_time_is_refused(network: ExchangeNetwork) -> None:
    now, hour = network.clock.now(), timedelta(hours=1)
    for wrong in (
        pulse(network, issued=now + hour, expires=now + 2 * hour),
        pulse(network, issued=now - 2 * hour, expires=now - hour),
        pulse(network, expires=now + NOTICE_LIFETIME + hour),
        pulse(network, expires=now + hour),  # too long for a question
        pulse(network, issued=now, expires=now),
    ):
        with pytest.raises(MessageStale):
            take(network, sealed(network, wrong))


def test_a_question_is_answered_once(network: ExchangeNetwork) -> None:
    envelope = sealed(network, pulse(network))
    take(network, envelope)
    with pytest.raises(MessageReplayed):
        take(network, envelope)


def test_a_pulse_from_a_fast_clock_buys_no_time(network: ExchangeNetwork) -> None:
    now = network.clock.now()
    take(network, sealed(network, pulse(network, body={"complete_until": (now + timedelta(days=30)).isoformat()})))
    with network.nodes["town"].context.snapshot() as session:
        contact = SqlMailbox(session).contact("ngo")
    assert contact is not None
    assert contact.complete_until == now
