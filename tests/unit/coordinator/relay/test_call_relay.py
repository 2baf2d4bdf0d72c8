"""The relay without a network: delivery of calls, delivery of answers, and every limit."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from coordinator.relay.call_relay import GRACE_SECONDS, Attachment, CallRelay, PendingCall
from coordinator.relay.errors import (
    RelayBusy,
    RelayCallUnknown,
    RelayNotAttached,
    RelayTooLarge,
    RelayUnanswered,
)
from coordinator.relay.quotas import RelayLimits
from records_exchange.sealing import MAX_SEALED_BYTES

LIMITS = RelayLimits(attached=3, calls=6, calls_from=4, calls_to=5, calls_per_minute=100, bytes_per_minute=10_000_000)
LONG = 20.0


class Time:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def board(**changes: int) -> tuple[CallRelay, Time]:
    clock = Time()
    return CallRelay(replace(LIMITS, **changes), monotonic=clock), clock


def later(work: Callable[[], bytes]) -> "Future[bytes]":
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    return future


def taken(attachment: Attachment) -> PendingCall:
    call = attachment.take(LONG)
    assert call is not None
    return call


def test_a_call_reaches_its_recipient_and_the_answer_its_caller() -> None:
    relay, _ = board()
    town = relay.attach("town")
    waiting = later(lambda: relay.forward("ngo", "town", b"question", LONG))
    call = taken(town)
    assert (call.caller, call.sealed) == ("ngo", b"question")
    relay.answer("town", call.call_id, b"answer")
    assert waiting.result(LONG) == b"answer"


def test_answers_in_any_order_reach_their_callers() -> None:
    relay, _ = board()
    town = relay.attach("town")
    waiting = {}
    for number in range(4):
        question = b"%d" % number
        waiting[question] = later(partial(relay.forward, "ngo", "town", question, LONG))
    calls = [taken(town) for _ in range(4)]
    for call in reversed(calls):
        relay.answer("town", call.call_id, call.sealed + b"!")
    assert {question: found.result(LONG) for question, found in waiting.items()} == {
        question: question + b"!" for question in waiting
    }


def test_nobody_answers_for_another_nor_twice_nor_late() -> None:
    relay, _ = board()
    town = relay.attach("town")
    relay.attach("soria")
    waiting = later(lambda: relay.forward("ngo", "town", b"question", LONG))
    call = taken(town)
    for entity, call_id in (("soria", call.call_id), ("ngo", call.call_id), ("town", "0" * 32), ("town", "")):
        with pytest.raises(RelayCallUnknown):
            relay.answer(entity, call_id, b"forged")
    relay.answer("town", call.call_id, b"answer")
    with pytest.raises(RelayCallUnknown):
        relay.answer("town", call.call_id, b"another")
    assert waiting.result(LONG) == b"answer"
    with pytest.raises(RelayCallUnknown):
        relay.answer("town", call.call_id, b"late")


def test_who_is_not_attached_is_told_at_once_and_a_short_while_after_a_stream_ended_is_not_told_yet() -> None:
    relay, clock = board()
    with pytest.raises(RelayNotAttached):
        relay.forward("ngo", "town", b"question", LONG)
    relay.attach("town").close()
    assert relay.attached() == ()
    waiting = later(lambda: relay.forward("ngo", "town", b"question", LONG))
    call = taken_when_attached(relay)
    relay.answer("town", call.call_id, b"answer")
    assert waiting.result(LONG) == b"answer"
    relay.attach("town").close()
    clock.now += GRACE_SECONDS
    with pytest.raises(RelayNotAttached):
        relay.forward("ngo", "town", b"question", LONG)


def taken_when_attached(relay: CallRelay) -> PendingCall:
    return taken(relay.attach("town"))


def test_time_that_is_up_and_calls_that_cannot_be_opened_are_told() -> None:
    relay, _ = board()
    town = relay.attach("town")
    with pytest.raises(RelayUnanswered):
        relay.forward("ngo", "town", b"question", 0.01)
    assert town.take(0.01) is None  # nobody waits for it any more
    waiting = later(lambda: relay.forward("ngo", "town", b"question", LONG))
    relay.answer("town", taken(town).call_id, b"")
    with pytest.raises(RelayUnanswered):
        waiting.result(LONG)


def test_the_newest_stream_of_an_entity_gets_the_calls() -> None:
    relay, _ = board()
    old = relay.attach("town")
    new = relay.attach("town")
    assert old.closed
    assert not new.closed
    waiting = later(lambda: relay.forward("ngo", "town", b"question", LONG))
    assert old.take(0.01) is None
    old.close()  # as its stream ends, after the new one began
    assert relay.attached() == ("town",)
    relay.answer("town", taken(new).call_id, b"answer")
    assert waiting.result(LONG) == b"answer"


def test_closing_releases_callers_and_streams_for_good() -> None:
    relay, _ = board()
    town = relay.attach("town")
    waiting = later(lambda: relay.forward("ngo", "town", b"question", LONG))
    taken(town)
    relay.close()
    assert town.closed
    with pytest.raises(RelayUnanswered):
        waiting.result(LONG)
    with pytest.raises(RelayBusy):
        relay.attach("town")
    with pytest.raises(RelayBusy):
        relay.forward("ngo", "town", b"question", LONG)


@pytest.mark.parametrize(
    ("limit", "callers", "recipients"),
    [
        ({"calls_from": 2}, ["ngo"], ["town", "soria"]),
        ({"calls_to": 2}, ["ngo", "leon"], ["town"]),
        ({"calls": 2}, ["ngo", "leon"], ["town", "soria"]),
    ],
)
def test_beyond_so_many_calls_under_way_the_next_is_refused_and_none_is_queued(
    limit: dict[str, int], callers: list[str], recipients: list[str]
) -> None:
    relay, _ = board(**limit)
    streams = {entity: relay.attach(entity) for entity in recipients}

    def ask(number: int, seconds: float) -> bytes:
        return relay.forward(callers[number % len(callers)], recipients[number % len(recipients)], b"?", seconds)

    waiting = [later(partial(ask, number, LONG)) for number in range(2)]
    calls = [taken(streams[recipients[number % len(recipients)]]) for number in range(2)]
    with pytest.raises(RelayBusy):
        ask(2, LONG)
    for call in calls:
        relay.answer(call.recipient, call.call_id, b"!")
    assert [found.result(LONG) for found in waiting] == [b"!", b"!"]
    with pytest.raises(RelayUnanswered):
        ask(2, 0.01)  # there is room again


def test_so_many_calls_and_bytes_a_minute_and_no_more() -> None:
    relay, clock = board(calls_per_minute=2, bytes_per_minute=3000)
    town = relay.attach("town")
    for _ in range(2):
        with pytest.raises(RelayUnanswered):
            relay.forward("ngo", "town", b"?", 0)
    with pytest.raises(RelayBusy):
        relay.forward("ngo", "town", b"?", LONG)
    clock.now += 60
    with pytest.raises(RelayBusy):
        relay.forward("ngo", "town", bytes(3001), LONG)
    waiting = later(lambda: relay.forward("ngo", "town", bytes(2000), LONG))
    call = taken(town)
    with pytest.raises(RelayBusy):
        relay.answer("town", call.call_id, bytes(3001))
    relay.answer("town", call.call_id, bytes(3000))
    assert waiting.result(LONG) == bytes(3000)


def test_probing_who_is_there_is_counted_too() -> None:
    relay, _ = board(calls_per_minute=3)
    for _ in range(3):
        with pytest.raises(RelayNotAttached):
            relay.forward("ngo", "nobody", b"?", LONG)
    with pytest.raises(RelayBusy):
        relay.forward("ngo", "nobody", b"?", LONG)


def test_only_so_many_entities_are_attached_at_once() -> None:
    relay, _ = board()
    streams = [relay.attach(entity) for entity in ("a", "b", "c")]
    with pytest.raises(RelayBusy):
        relay.attach("d")
    relay.attach("a")  # again, in place of its own
    streams[1].close()
    relay.attach("d")
    assert relay.attached() == ("a", "c", "d")


def test_more_bytes_than_a_call_has_are_refused_either_way() -> None:
    relay, _ = board()
    town = relay.attach("town")
    with pytest.raises(RelayTooLarge):
        relay.forward("ngo", "town", bytes(MAX_SEALED_BYTES + 1), LONG)
    waiting = later(lambda: relay.forward("ngo", "town", bytes(MAX_SEALED_BYTES), LONG))
    call = taken(town)
    with pytest.raises(RelayTooLarge):
        relay.answer("town", call.call_id, bytes(MAX_SEALED_BYTES + 1))
    relay.answer("town", call.call_id, b"!")
    assert waiting.result(LONG) == b"!"


def test_many_callers_at_once_each_get_their_own_answer() -> None:
    relay, _ = board(calls=64, calls_from=64, calls_to=64, calls_per_minute=10_000)
    town, stop = relay.attach("town"), threading.Event()

    def work() -> None:
        while not stop.is_set():
            call = town.take(0.05)
            if call is not None:
                relay.answer("town", call.call_id, call.sealed[::-1])

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    questions = [b"%06d" % number for number in range(600)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda question: relay.forward("ngo", "town", question, LONG), questions))
    stop.set()
    for worker in workers:
        worker.join()
    assert answers == [question[::-1] for question in questions]
