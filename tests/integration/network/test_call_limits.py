"""One caller asks for more than its share, over mutual TLS: it is told, and the others are served."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from coordinator.authority import Authority
from service.call_guard import CallGuard, CallLimit
from service.channels import ChannelPool
from service.errors import PeerBusy, PeerRefused
from service.grpc_server import RunningServer, start_server
from service.limits import FAULTS, CallGroup, Excess, Rate
from service.peer import caller_id
from service.status import peer_errors
from service.turns import AT_ONCE
from tests.support.guards import call_guard, caller_limits
from tests.support.pki import authority, credentials
from tests.support.waiting import PATIENCE_SECONDS
from trust.parties import server_name

NETWORK = "limits.test.example"
METHOD = "/test.Echo/Call"
CALLS = {METHOD: CallLimit(CallGroup.FETCHES, 100)}
THREADS = 8


class Echo:
    """Returns the caller's id, and holds the calls of chosen callers."""

    def __init__(self) -> None:
        self.hold, self.release = "", threading.Event()
        self.holding = threading.Semaphore(0)

    def register(self, server: grpc.Server) -> None:
        def call(_request: bytes, context: grpc.ServicerContext) -> bytes:
            caller = caller_id(context, NETWORK)
            if caller == self.hold:
                self.holding.release()
                self.release.wait(PATIENCE_SECONDS)
            return caller.encode()

        handler = grpc.unary_unary_rpc_method_handler(call, request_deserializer=bytes, response_serializer=bytes)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", {"Call": handler}),))


@pytest.fixture(scope="module")
def ca() -> Authority:
    return authority(NETWORK)


Caller = Callable[..., str]


@pytest.fixture
def caller(tmp_path: Path, ca: Authority) -> Iterator[Callable[[RunningServer, str], grpc.Channel]]:
    pools: dict[str, ChannelPool] = {}

    def open_channel(server: RunningServer, entity: str) -> grpc.Channel:
        if entity not in pools:
            pools[entity] = ChannelPool(credentials(tmp_path / entity, ca, entity).current())
        return pools[entity].channel(f"127.0.0.1:{server.port}", server_name(NETWORK, "avila"))

    yield open_channel
    for pool in pools.values():
        pool.close()


@contextmanager
def serving(tmp_path: Path, ca: Authority, echo: Echo, guard: CallGuard) -> Iterator[RunningServer]:
    credential = credentials(tmp_path / "server", ca, "avila").current().server_credentials()
    server = start_server("127.0.0.1:0", credential, [echo.register], workers=THREADS, guard=guard)
    try:
        yield server
    finally:
        echo.release.set()
        server.stop(0)


def call(channel: grpc.Channel, data: bytes = b"x") -> str:
    stub: Any = channel.unary_unary(METHOD)
    with peer_errors("avila"):
        return bytes(stub(data, timeout=PATIENCE_SECONDS)).decode()


Channels = Callable[[RunningServer, str], grpc.Channel]


def test_a_caller_beyond_its_rate_is_told_when_to_come_back_and_others_are_served(
    tmp_path: Path, ca: Authority, caller: Channels
) -> None:
    limits = caller_limits(threads=THREADS, rate=Rate(per_second=0.1, burst=5))
    guard = call_guard(NETWORK, CALLS, limits=limits)
    with serving(tmp_path, ca, Echo(), guard) as server:
        assert [call(caller(server, "flood")) for _ in range(5)] == ["flood"] * 5
        with pytest.raises(PeerBusy) as caught:
            call(caller(server, "flood"))
        assert caught.value.retry_after == pytest.approx(10.0)
        assert [call(caller(server, "honest")) for _ in range(5)] == ["honest"] * 5
        (refused,) = limits.refused()
        assert (refused.caller, refused.group, refused.excess) == ("flood", CallGroup.FETCHES, Excess.RATE)


def test_a_caller_that_holds_calls_open_gets_its_share_of_threads_and_no_more(
    tmp_path: Path, ca: Authority, caller: Channels
) -> None:
    echo = Echo()
    echo.hold = "flood"
    guard = call_guard(NETWORK, CALLS, limits=caller_limits(threads=THREADS))
    with serving(tmp_path, ca, echo, guard) as server, ThreadPoolExecutor(40) as pool:
        channel = caller(server, "flood")
        flood = [pool.submit(call, channel) for _ in range(40)]
        for _ in range(AT_ONCE):
            assert echo.holding.acquire(timeout=PATIENCE_SECONDS)
        for _ in range(20):
            assert call(caller(server, "honest")) == "honest"
        assert not echo.holding.acquire(blocking=False)  # the others of its calls wait for their turn
        echo.release.set()
        outcomes = [type(future.exception()) for future in flood]
    assert outcomes.count(PeerBusy) == 40 - THREADS // 2
    assert outcomes.count(type(None)) == THREADS // 2


def test_a_call_that_its_caller_gave_up_while_it_waited_for_its_turn_is_not_worked_on(
    tmp_path: Path, ca: Authority, caller: Channels
) -> None:
    echo = Echo()
    echo.hold = "flood"
    guard = call_guard(NETWORK, CALLS, limits=caller_limits(threads=2 * THREADS))
    with serving(tmp_path, ca, echo, guard) as server:
        channel = caller(server, "flood")
        stub: Any = channel.unary_unary(METHOD)

        def arrived() -> None:
            """Wait until the server has read what was sent before on this connection."""
            with pytest.raises(PeerRefused):  # before it would take a turn
                call(channel, b"x" * 101)

        held = [stub.future(b"", timeout=PATIENCE_SECONDS) for _ in range(AT_ONCE)]
        for _ in range(AT_ONCE):
            assert echo.holding.acquire(timeout=PATIENCE_SECONDS)
        waiting = stub.future(b"", timeout=PATIENCE_SECONDS)
        arrived()
        waiting.cancel()
        arrived()
        echo.release.set()
        assert [each.result() for each in held] == [b"flood"] * AT_ONCE
        assert call(caller(server, "honest")) == "honest"
    assert not echo.holding.acquire(blocking=False)


@pytest.mark.invariant(8)
def test_calls_at_fault_use_up_the_reserve_of_their_caller_and_of_nobody_else(
    tmp_path: Path, ca: Authority, caller: Channels
) -> None:
    limits = caller_limits(threads=THREADS, rate=Rate(per_second=0.1, burst=2 * FAULTS))
    with serving(tmp_path, ca, Echo(), call_guard(NETWORK, CALLS, limits=limits)) as server:
        channel = caller(server, "flood")
        for _ in range(FAULTS // 2):
            with pytest.raises((PeerRefused, PeerBusy)):
                call(channel, b"x" * 101)
        assert [call(channel) for _ in range(10)] == ["flood"] * 10
        with pytest.raises(PeerBusy):
            for _ in range(FAULTS // 2):
                with pytest.raises(PeerRefused):
                    call(channel, b"x" * 101)
        assert call(caller(server, "honest")) == "honest"


def test_callers_who_never_send_their_request_hold_their_share_for_a_bounded_time(
    tmp_path: Path, ca: Authority, caller: Channels
) -> None:
    limits = caller_limits(threads=THREADS)
    guard = call_guard(NETWORK, CALLS, limits=limits, body_seconds=2.0)
    never = threading.Event()

    def nothing() -> Iterator[bytes]:
        never.wait(PATIENCE_SECONDS)
        yield from ()

    with serving(tmp_path, ca, Echo(), guard) as server:
        stub: Any = caller(server, "slow").stream_unary(METHOD)
        hanging = [stub.future(nothing(), timeout=PATIENCE_SECONDS) for _ in range(3 * THREADS)]
        assert [call(caller(server, "honest")) for _ in range(20)] == ["honest"] * 20
        codes = {each.code() for each in hanging}  # waits for each
        never.set()
        assert codes == {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.CANCELLED}
        assert call(caller(server, "slow")) == "slow"
        counted = {refused.excess: refused.count for refused in limits.refused()}
    assert counted[Excess.SLOW] == THREADS // 2
    assert counted[Excess.SHARE] == 3 * THREADS - THREADS // 2


@pytest.mark.invariant(8)
def test_a_request_too_large_or_absent_is_refused_with_our_error(
    tmp_path: Path, ca: Authority, caller: Channels
) -> None:
    guard = call_guard(NETWORK, CALLS, limits=caller_limits(threads=THREADS))
    with serving(tmp_path, ca, Echo(), guard) as server:
        channel = caller(server, "flood")
        with pytest.raises(PeerRefused) as caught:
            call(channel, b"x" * 101)
        assert caught.value.peer_code == "call_too_large"
        stub: Any = channel.stream_unary(METHOD)
        with pytest.raises(PeerRefused) as caught, peer_errors("avila"):
            stub(iter(()), timeout=PATIENCE_SECONDS)
        assert caught.value.peer_code == "malformed_document"
        with pytest.raises(grpc.RpcError) as too_large:  # far beyond: gRPC itself does not read it
            stub(iter([b"x" * 100_000]), timeout=PATIENCE_SECONDS)
        assert too_large.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert call(channel) == "flood"
