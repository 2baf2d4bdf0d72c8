"""What a mailbox promises, on every database."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from node.cipher import RecordCipher
from node.seals.contacts import contacts_in
from records_exchange.errors import MessageReplayed
from records_exchange.mailboxes import LONGEST_WAIT, NewNotification, NotificationState, SqlMailbox, wait_after
from records_exchange.message import NOTIFICATION_LIFETIME, VerifiedMessage, new_message
from service.storage import snapshot, transaction
from tests.support.clock import START
from tests.support.simulated_peer import SimulatedPeer
from trust.parties import EntityKind

PEER = SimulatedPeer("ngo", kind=EntityKind.AGENT).party


def notification(recipient: str = "town", reference: str = "c-1", **content: Any) -> NewNotification:
    return NewNotification("consent.withdrawn", recipient, reference, content, "p-1")


def received(sha256: str = "a" * 64, message_id: str = "") -> VerifiedMessage:
    message = new_message("pulse", {}, sender="ngo", recipient="town", now=START)
    return VerifiedMessage(message.model_copy(update={"id": message_id or message.id}), sha256, PEER)


def post(engine: Engine, *notifications: NewNotification) -> None:
    with transaction(engine) as session:
        SqlMailbox(session).post(notifications, START)


def test_notices_are_due_in_the_order_in_which_they_were_written(engine: Engine) -> None:
    post(engine, notification("town", n=1), notification("county", n=2), notification("town", n=3))
    with snapshot(engine) as session:
        assert [each.content["n"] for each in SqlMailbox(session).due(START, 10)] == [1, 2, 3]
        assert [each.content["n"] for each in SqlMailbox(session).due(START, 2)] == [1, 2]


def test_nothing_of_an_act_that_failed_is_in_the_outbox(engine: Engine) -> None:
    def act_and_fail() -> None:
        with transaction(engine) as session:
            SqlMailbox(session).post([notification()], START)
            raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        act_and_fail()
    with snapshot(engine) as session:
        assert SqlMailbox(session).waiting() == []


def test_a_deferred_notice_comes_again_later_and_says_why_it_waits(engine: Engine) -> None:
    post(engine, notification())
    with transaction(engine) as session:
        SqlMailbox(session).defer(SqlMailbox(session).due(START, 1), "peer_unreachable", START)
    with snapshot(engine) as session:
        mailbox = SqlMailbox(session)
        assert mailbox.due(START, 1) == []
        (waiting,) = mailbox.due(START + LONGEST_WAIT, 1)
        assert (waiting.attempts, waiting.fault, waiting.state) == (1, "peer_unreachable", NotificationState.WAITING)


def test_waits_grow_and_are_bounded() -> None:
    assert all(timedelta(0) < wait_after(attempts) <= LONGEST_WAIT for attempts in range(100))
    assert max(wait_after(0) for _ in range(50)) < min(wait_after(6) for _ in range(50))


def test_a_notice_lapses_when_its_recipient_was_away_for_its_whole_life(engine: Engine) -> None:
    post(engine, notification())
    with transaction(engine) as session:
        mailbox = SqlMailbox(session)
        mailbox.defer(mailbox.waiting(), "peer_unreachable", START + NOTIFICATION_LIFETIME)
        assert mailbox.waiting() == []
        assert [each.state for each in mailbox.about("c-1")] == [NotificationState.LAPSED]


def test_a_notice_is_settled_once(engine: Engine) -> None:
    post(engine, notification())
    with transaction(engine) as session:
        mailbox = SqlMailbox(session)
        (waiting,) = mailbox.waiting()
        assert mailbox.settle(waiting.number, NotificationState.ACKNOWLEDGED, b"reply", START)
        assert not mailbox.settle(waiting.number, NotificationState.REFUSED, b"other", START)
        mailbox.defer([waiting], "late", START)
        assert [each.state for each in mailbox.about("c-1")] == [NotificationState.ACKNOWLEDGED]
        assert mailbox.acknowledged_by("consent.withdrawn") == ["town"]


def test_the_oldest_thing_that_somebody_did_not_acknowledge_is_known(engine: Engine) -> None:
    post(engine, notification())
    with transaction(engine) as session:
        SqlMailbox(session).post([notification()], START + timedelta(days=1))
        assert SqlMailbox(session).oldest_waiting("town") == START
        assert SqlMailbox(session).oldest_waiting("county") is None


def test_what_is_composed_once_is_sent_again_as_it_was(engine: Engine) -> None:
    post(engine, notification())
    with transaction(engine) as session:
        mailbox = SqlMailbox(session)
        (waiting,) = mailbox.waiting()
        mailbox.compose(waiting.number, b"signed")
        assert mailbox.waiting()[0].envelope == b"signed"
        mailbox.compose(waiting.number, None)
        assert mailbox.waiting()[0].envelope is None


def test_an_erased_person_is_in_no_notice(engine: Engine) -> None:
    post(engine, notification())
    with transaction(engine) as session:
        SqlMailbox(session).forget_person("p-1")
        assert [each.person_ref for each in SqlMailbox(session).waiting()] == [None]


def test_a_message_handled_before_gets_the_reply_it_got_then(engine: Engine) -> None:
    first = received()
    with transaction(engine) as session:
        mailbox = SqlMailbox(session)
        assert mailbox.earlier_reply(first) is None
        mailbox.remember(first, b"reply", forget_at=START, now=START - timedelta(days=1))
    with transaction(engine) as session:
        assert SqlMailbox(session).earlier_reply(first) == b"reply"


@pytest.mark.invariant(8)
def test_the_id_of_an_earlier_message_is_no_use_for_another(engine: Engine) -> None:
    first = received()
    with transaction(engine) as session:
        SqlMailbox(session).remember(first, b"reply", forget_at=START + timedelta(days=1), now=START)
    with transaction(engine) as session, pytest.raises(MessageReplayed):
        SqlMailbox(session).earlier_reply(received("b" * 64, first.message.id))


def test_a_question_is_not_answered_twice(engine: Engine) -> None:
    first = received()
    with transaction(engine) as session:
        SqlMailbox(session).remember(first, None, forget_at=START + timedelta(days=1), now=START)
    with transaction(engine) as session, pytest.raises(MessageReplayed):
        SqlMailbox(session).earlier_reply(first)


def test_of_two_that_handle_one_message_at_once_one_is_undone(engine: Engine) -> None:
    first = received()
    with transaction(engine) as session:
        SqlMailbox(session).remember(first, b"reply", forget_at=START + timedelta(days=1), now=START)

    def again() -> None:
        with transaction(engine) as session:
            SqlMailbox(session).remember(first, b"reply", forget_at=START + timedelta(days=1), now=START)

    with pytest.raises(MessageReplayed):
        again()


def test_what_a_peer_vouches_for_never_goes_back(engine: Engine) -> None:
    with transaction(engine) as session:
        contacts = contacts_in(session, RecordCipher(bytes(32)))
        assert contacts.of("ngo") is None
        contacts.heard("ngo", START, complete_until=START)
        contacts.heard("ngo", START + timedelta(hours=1))
        contacts.heard("ngo", START - timedelta(hours=1), complete_until=START - timedelta(hours=1))
        contact = contacts.of("ngo")
        assert contact is not None
        assert (contact.heard_at, contact.complete_until) == (START + timedelta(hours=1), START)
