"""How a node stays attached: what it does when streams end, without a network."""

import threading
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import grpc
import pytest
from typing_extensions import override

from node.clients import relay
from node.clients.relay import RelayedCall
from node.context import NodeContext
from node.messages import relay as relaying
from node.messages.relay import LONGEST_WAIT_SECONDS, RelayedCalls, Take, attend_relay
from node.rpc.incoming import Incoming
from records_exchange.errors import SealBroken
from records_exchange.message import MESSAGE_TYPE
from records_exchange.request import REQUEST_TYPE
from records_exchange.sealing import Refusal, Route, open_return, seal_call
from service.errors import PeerUnreachable
from service.limits import CallerLimits
from service.turns import AT_ONCE
from tests.support.parts import NETWORK, SignedDirectory, answering_of, context_of, keys_of, receiver_of
from tests.support.waiting import PATIENCE_SECONDS
from trust.signing import Envelope, seal

ROUNDS = 14


class Stopping(threading.Event):
    """Counts the waits in place of waiting, and is set after so many of them."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    @override
    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        if len(self.waits) == ROUNDS:
            self.set()
        return self.is_set()


def waits(context: NodeContext, monkeypatch: pytest.MonkeyPatch, *, calls: int, fault: bool) -> list[float]:
    """Attend a relay whose every stream brings so many calls and then ends, by a fault or by itself."""
    answered = []

    def attend(_channel: grpc.Channel) -> Iterator[RelayedCall | None]:
        yield None
        for number in range(calls):
            yield RelayedCall(str(number), "nobody", b"rubbish")
        if fault:
            raise PeerUnreachable("gone")

    monkeypatch.setattr(relay, "attend", attend)
    monkeypatch.setattr(relay, "answer", lambda _channel, call_id, sealed: answered.append((call_id, sealed)))
    stopping = Stopping()
    attend_relay(relayed_calls_of(context), stopping)
    assert answered == [("0", b"")] * calls * ROUNDS  # whom nobody knows is told at once that there is no answer
    return stopping.waits


@pytest.mark.parametrize("fault", [True, False])
def test_streams_that_serve_nobody_are_opened_ever_more_rarely(
    context: NodeContext, monkeypatch: pytest.MonkeyPatch, fault: bool
) -> None:
    found = waits(context, monkeypatch, calls=0, fault=fault)
    assert found[0] < 0.1
    assert found[-1] >= LONGEST_WAIT_SECONDS / 2
    assert max(found) <= LONGEST_WAIT_SECONDS


@pytest.mark.parametrize("fault", [True, False])
def test_after_a_stream_of_use_the_next_is_opened_at_once(
    context: NodeContext, monkeypatch: pytest.MonkeyPatch, fault: bool
) -> None:
    assert max(waits(context, monkeypatch, calls=1, fault=fault)) < 0.1


def test_after_a_stream_that_lasted_the_next_is_opened_at_once(
    context: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "LASTING_SECONDS", -1.0)
    assert max(waits(context, monkeypatch, calls=0, fault=False)) < 0.1


def test_what_comes_by_relay_counts_like_a_direct_call(tmp_path: Path, directory: SignedDirectory) -> None:
    context = context_of("town", tmp_path / "town", directory, fetches_burst=2, fetches_per_second=0.01)
    calls, ngo, route = relayed_calls_of(context), keys_of("ngo"), Route(NETWORK, "ngo", "town")

    def by_relay() -> Envelope | Refusal:
        rubbish = seal(REQUEST_TYPE, b"{}", ngo.signing)
        call = seal_call(rubbish, route, context.keys.exchange_public)
        return open_return(calls.answer(RelayedCall("1", "ngo", call.data)), route, call.binding, ngo.exchange)

    answers = [by_relay() for _ in range(3)]
    context.close()
    assert [each.code for each in answers if isinstance(each, Refusal)] == [
        "request_malformed",
        "request_malformed",
        "too_many_calls",
    ]


def test_a_flood_of_one_caller_leaves_threads_and_turns_for_the_others(
    tmp_path: Path, directory: SignedDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty calls of one caller, none of which ends: three are worked on, and another caller is answered."""
    context = context_of("town", tmp_path / "town", directory, workers=12)
    begun, ended, lock = list[str](), threading.Event(), threading.Lock()
    flood, honest = [f"ngo {number}" for number in range(20)], "other 0"
    answered = {call: threading.Event() for call in (*flood, honest)}

    def take(envelope: Envelope, caller: str) -> Envelope:
        with lock:
            begun.append(caller)
        if caller == "ngo":
            assert ended.wait(PATIENCE_SECONDS)
        return envelope

    def attend(_channel: grpc.Channel) -> Iterator[RelayedCall | None]:
        for name in (*flood, honest):
            caller = name.split(" ", maxsplit=1)[0]
            said = seal(REQUEST_TYPE, name.encode(), keys_of(caller).signing)
            call = seal_call(said, Route(NETWORK, caller, "town"), context.keys.exchange_public)
            yield RelayedCall(name, caller, call.data)
        assert answered[honest].wait(PATIENCE_SECONDS)
        with lock:
            assert begun.count("ngo") == AT_ONCE
        ended.set()
        stopping.set()

    monkeypatch.setattr(relay, "attend", attend)
    monkeypatch.setattr(relay, "answer", lambda _channel, call_id, _sealed: answered[call_id].set())
    stopping = threading.Event()
    attend_relay(relayed_calls_of(context, take), stopping)
    assert all(each.is_set() for each in answered.values())
    context.close()


def test_what_does_not_open_uses_up_the_reserve_of_its_caller(tmp_path: Path, directory: SignedDirectory) -> None:
    context = context_of("town", tmp_path / "town", directory, messages_burst=500, messages_per_second=0.01)
    calls, ngo, route = relayed_calls_of(context), keys_of("ngo"), Route(NETWORK, "ngo", "town")
    for _again in range(500):
        with pytest.raises(SealBroken):
            calls.answer(RelayedCall("1", "ngo", b"rubbish"))
    call = seal_call(seal(MESSAGE_TYPE, b"{}", ngo.signing), route, context.keys.exchange_public)
    answer = open_return(calls.answer(RelayedCall("2", "ngo", call.data)), route, call.binding, ngo.exchange)
    context.close()
    assert isinstance(answer, Refusal)
    assert answer.code == "too_many_calls"


def relayed_calls_of(context: NodeContext, take: Take | None = None) -> RelayedCalls:
    """Return what answers relayed calls; its channel is looked at by nobody."""
    limits = CallerLimits(context.settings.rates, threads=context.settings.workers, now=context.clock.now)
    usual = Incoming(answering_of(context), receiver_of(context)).take
    return RelayedCalls(context, lambda: Mock(spec=grpc.Channel), limits, take or usual)
