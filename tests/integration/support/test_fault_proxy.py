import socket
import threading
import time
from collections.abc import Iterator
from itertools import islice

import pytest

from tests.support.addresses import free_address
from tests.support.fault_proxy import HEALTHY, Fault, FaultProxy, FaultScript, Kind
from tests.support.waiting import PATIENCE_SECONDS


@pytest.fixture
def echo() -> Iterator[str]:
    """Give the address of a server that sends back what it gets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65_536):
                    connection.sendall(data)
            except OSError:
                return  # reset, as many of these tests want

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # the test is over
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def proxy(echo: str) -> Iterator[FaultProxy]:
    with FaultProxy(echo).running() as running:
        yield running


def connect(proxy: FaultProxy) -> socket.socket:
    host, port = proxy.address.split(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS)


def round_trip(client: socket.socket, data: bytes = b"hello") -> bytes:
    client.sendall(data)
    back = b""
    while len(back) < len(data):
        piece = client.recv(65_536)
        if not piece:
            break
        back += piece
    return back


def silent(client: socket.socket, seconds: float = 0.4) -> bool:
    client.settimeout(seconds)
    try:
        client.recv(1)
    except TimeoutError:
        return True
    else:
        return False
    finally:
        client.settimeout(PATIENCE_SECONDS)


def test_a_healthy_line_passes_everything(proxy: FaultProxy) -> None:
    data = bytes(range(256)) * 4000
    with connect(proxy) as client:
        sender = threading.Thread(target=client.sendall, args=(data,))
        sender.start()
        back = b""
        while len(back) < len(data):
            back += client.recv(65_536)
        sender.join()
    assert back == data
    assert proxy.passed == 2 * len(data)


def test_the_end_of_one_direction_is_passed_on(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        client.sendall(b"last words")
        client.shutdown(socket.SHUT_WR)
        back = b""
        while data := client.recv(100):
            back += data
    assert back == b"last words"


def test_a_delay_holds_bytes_up(proxy: FaultProxy) -> None:
    proxy.suffer(Fault(Kind.DELAY, 0.3))
    with connect(proxy) as client:
        started = time.monotonic()
        assert round_trip(client) == b"hello"
        assert time.monotonic() - started >= 0.6  # a lower bound of what was asked for, not a measure of speed


def test_a_cut_resets_what_is_open_and_takes_nothing_new_until_it_heals(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        assert round_trip(client) == b"hello"
        proxy.suffer(Fault(Kind.CUT))
        with pytest.raises(ConnectionError):
            assert client.recv(1) == b"never"
    with pytest.raises(ConnectionError), connect(proxy) as client:  # the reset may come before connect returns
        assert round_trip(client) == b"never"
    proxy.heal()
    with connect(proxy) as client:
        assert round_trip(client) == b"hello"


def test_a_half_open_line_takes_connections_and_lets_nothing_through_until_it_heals(proxy: FaultProxy) -> None:
    with connect(proxy) as before:
        assert round_trip(before) == b"hello"
        proxy.suffer(Fault(Kind.HALF_OPEN))
        with connect(proxy) as client:
            for each in (before, client):
                each.sendall(b"x")
                assert silent(each)
            proxy.heal()
            assert client.recv(1) == before.recv(1) == b"x"


@pytest.mark.parametrize("kind", [Kind.DROP_REQUESTS, Kind.DROP_REPLIES])
def test_one_direction_is_lost(proxy: FaultProxy, kind: Kind) -> None:
    with connect(proxy) as client:
        assert round_trip(client) == b"hello"
        before = proxy.passed
        proxy.suffer(Fault(kind))
        client.sendall(b"lost")
        assert silent(client)
        # The request arrived when only replies are dropped.
        assert proxy.passed - before == (4 if kind is Kind.DROP_REPLIES else 0)
        proxy.heal()
        assert round_trip(client, b"again") == b"again"


def test_a_throttled_line_dribbles(proxy: FaultProxy) -> None:
    proxy.suffer(Fault(Kind.THROTTLE, 200))
    with connect(proxy) as client:
        client.sendall(b"x" * 100)
        assert 0 < len(client.recv(100)) <= 10
        proxy.heal()


def test_one_byte_is_corrupted_and_no_more(proxy: FaultProxy) -> None:
    proxy.suffer(Fault(Kind.CORRUPT))
    with connect(proxy) as client:
        back = round_trip(client, b"aaaaa")
        assert sum(x != y for x, y in zip(back, b"aaaaa", strict=True)) == 1
        assert round_trip(client, b"bbbbb") == b"bbbbb"


def test_where_nobody_listens_the_caller_is_reset() -> None:
    # The reset may come while the caller still connects, as it does on a busy machine.
    with FaultProxy(free_address()).running() as proxy, pytest.raises(ConnectionError), connect(proxy) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"never"


def test_a_script_is_the_same_for_the_same_seed_and_holds_every_fault() -> None:
    first, again, other = (list(islice(FaultScript(seed), 200)) for seed in (7, 7, 8))
    assert first == again != other
    assert {fault.kind for fault, _ in first} == set(Kind)
    assert all(fault == HEALTHY for fault, _ in first[::2])
    assert all(0 < seconds <= 6.0 for _, seconds in first)
