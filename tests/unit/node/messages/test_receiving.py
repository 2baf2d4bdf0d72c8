"""What the desk takes and what it refuses, whoever calls."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from node.context import NodeContext
from node.messages.heartbeat import HEARTBEAT
from node.seals.contacts import contacts_in
from policies.errors import RedpactError
from records_exchange.errors import MessageMalformed, MessageMisaddressed, MessageReplayed, MessageStale
from records_exchange.message import (
    MESSAGE_TYPE,
    NOTIFICATION_LIFETIME,
    Message,
    MessageOutcome,
    MessageReply,
    new_message,
    open_reply,
    seal_message,
)
from records_exchange.request import payload_digest
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory, keys_of, receiver_of
from tests.support.simulated_peer import forged
from trust.errors import PartySuspended, SignatureInvalid, UnknownParty
from trust.parties import EntityKind, EntityStatus
from trust.signing import Envelope, seal


@pytest.fixture
def directory(clock: FrozenClock) -> SignedDirectory:
    return SignedDirectory(clock, dict.fromkeys(("ngo", "town", "other"), EntityKind.AGENT))


def pulse(context: NodeContext, sender: str = "ngo", **changes: object) -> Message:
    now = context.clock.now()
    body = {"complete_until": now.isoformat()}
    message = new_message(HEARTBEAT, body, sender=sender, recipient="town", now=now)
    return message.model_copy(update=changes)


def sealed(message: Message, signer: str = "ngo") -> Envelope:
    return seal_message(message, keys_of(signer).signing)


def take(context: NodeContext, envelope: Envelope, caller: str = "ngo") -> MessageReply:
    town = context.directory.current(context.clock.now()).party("town")
    reply = receiver_of(context).take(envelope, caller)
    message = Message.model_validate_json(envelope.payload)
    return open_reply(reply, message, payload_digest(envelope), peer=town, now=context.clock.now()).reply


def contact_of(context: NodeContext) -> object:
    with context.snapshot() as session:
        return contacts_in(session, context.keys.cipher).of("ngo")


def test_a_message_is_answered_with_a_signed_reply_bound_to_it(context: NodeContext) -> None:
    reply = take(context, sealed(pulse(context)))
    assert reply.outcome is MessageOutcome.ACCEPTED
    assert contact_of(context) is not None


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
    context: NodeContext, change: dict[str, Any], error: type[RedpactError]
) -> None:
    with pytest.raises(error):
        take(context, sealed(pulse(context, **change)))
    assert contact_of(context) is None


@pytest.mark.invariant(8)
def test_bytes_that_are_no_message_are_refused(context: NodeContext) -> None:
    for payload in (b"", b"{}", b"[]", b"\xff", b'{"v":1', b'{"v":2}'):
        envelope = seal(MESSAGE_TYPE, payload, keys_of("ngo").signing)
        with pytest.raises(MessageMalformed):
            receiver_of(context).take(envelope, "ngo")


def test_a_message_signed_by_somebody_else_is_refused(context: NodeContext) -> None:
    envelope = sealed(pulse(context))
    for wrong in (forged(envelope), replace(envelope, payload_type="application/json")):
        with pytest.raises(SignatureInvalid):
            take(context, wrong)
    with pytest.raises(SignatureInvalid):
        take(context, sealed(pulse(context), signer="other"))


def test_who_may_not_take_part_is_not_heard(context: NodeContext, directory: SignedDirectory) -> None:
    directory.change("ngo", status=EntityStatus.SUSPENDED)
    with pytest.raises(PartySuspended):
        take(context, sealed(pulse(context)))
    with pytest.raises(UnknownParty):
        take(context, sealed(pulse(context, "nobody")), caller="nobody")


@pytest.mark.invariant(10)
def test_a_message_outside_its_time_is_refused(context: NodeContext) -> None:
    now, hour = context.clock.now(), timedelta(hours=1)
    for wrong in (
        pulse(context, issued=now + hour, expires=now + 2 * hour),
        pulse(context, issued=now - 2 * hour, expires=now - hour),
        pulse(context, expires=now + NOTIFICATION_LIFETIME + hour),
        pulse(context, expires=now + hour),  # too long for a question
        pulse(context, issued=now, expires=now),
    ):
        with pytest.raises(MessageStale):
            take(context, sealed(wrong))


def test_a_question_is_answered_once(context: NodeContext) -> None:
    envelope = sealed(pulse(context))
    take(context, envelope)
    with pytest.raises(MessageReplayed):
        take(context, envelope)


def test_a_pulse_from_a_fast_clock_buys_no_time(context: NodeContext) -> None:
    now = context.clock.now()
    take(context, sealed(pulse(context, body={"complete_until": (now + timedelta(days=30)).isoformat()})))
    with context.snapshot() as session:
        contact = contacts_in(session, context.keys.cipher).of("ngo")
    assert contact is not None
    assert contact.complete_until == now
