import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from service import http_arrivals, http_server
from service.errors import AddressInUse
from service.http_server import HttpReply, RunningHttp, start_http
from tests.support.waiting import PATIENCE_SECONDS


def handle(method: str, path: str, body: bytes) -> HttpReply:
    if path == "/broken":
        raise ValueError("a secret path")
    return HttpReply(200, b"%s %s %s" % (method.encode(), path.encode(), body), "text/x.tlog.size")


@pytest.fixture
def server() -> Iterator[RunningHttp]:
    running = start_http("127.0.0.1:0", handle, max_body_bytes=1000)
    yield running
    running.stop()


def ask(server: RunningHttp, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, data


def test_it_answers_with_body_and_content_type(server: RunningHttp) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    for _ in range(2):  # one connection serves several requests
        connection.request("POST", "/add-checkpoint", b"x")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"POST /add-checkpoint x")
        assert answer.headers["Content-Type"] == "text/x.tlog.size"
    connection.close()


def test_a_body_too_large_is_refused_unread(server: RunningHttp) -> None:
    assert ask(server, "POST", "/", b"x" * 1001)[0] == 413


@pytest.mark.parametrize("length", ["", "-1", "+5", "1e3", "\uff19"])
def test_a_body_of_unknown_length_is_refused(server: RunningHttp, length: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n\r\n" % length.encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 411")


def test_chunked_bodies_are_refused(server: RunningHttp) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 411")


def test_a_fault_tells_the_caller_nothing(server: RunningHttp) -> None:
    status, body = ask(server, "GET", "/broken")
    assert (status, body) == (500, b"the service has a fault\n")


def test_other_methods_are_refused(server: RunningHttp) -> None:
    assert ask(server, "DELETE", "/")[0] == 501


def test_a_port_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(AddressInUse):
        start_http(f"127.0.0.1:{taken.getsockname()[1]}", handle, max_body_bytes=10)


def test_a_slow_client_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte now and then keeps a socket from being idle; it does not keep the worker."""
    monkeypatch.setattr(http_server, "CONNECTION_SECONDS", 0.5)
    running = start_http("127.0.0.1:0", handle, max_body_bytes=1000)
    try:
        with socket.create_connection(("127.0.0.1", running.port), 5) as raw:
            raw.sendall(b"POST / HTTP/1.1\r\nContent-Length: 900\r\n\r\nx")
            raw.settimeout(PATIENCE_SECONDS)
            received = [raw.recv(100)]
            while received[-1]:
                received.append(raw.recv(100))
        assert received[-1] == b""  # cut off by the server, and not after our patience
    finally:
        running.stop()


def test_a_connection_that_waits_when_the_server_stops_is_closed() -> None:
    running = start_http("127.0.0.1:0", handle, max_body_bytes=1000)
    with socket.create_connection(("127.0.0.1", running.port), 5) as waiting:
        waiting.sendall(b"GET / HT")
        assert ask(running, "GET", "/")[0] == 200  # it was accepted by then
        running.stop()
        assert waiting.recv(1) == b""


def test_a_request_that_arrives_in_pieces_is_answered(server: RunningHttp) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
        for piece in (
            b"POST /a HTTP/1.1\r\nHost: x\r\nContent-",
            b"Length: 3\r\n\r\nx",
            b"yzGET /b HTTP/1.1\r\n",
            b"\r\n",
        ):
            raw.sendall(piece)
            threading.Event().wait(0.05)
        got = b""
        while b"GET /b" not in got:
            got += raw.recv(1000)
        assert b"POST /a xyz" in got


def test_two_requests_sent_at_once_are_both_answered(server: RunningHttp) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
        raw.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        got = b""
        while b"GET /b" not in got:
            got += raw.recv(1000)
        assert b"GET /a" in got


@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.2"])
@pytest.mark.parametrize("first", [b"", b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 900\r\n\r\nx"])
def test_slow_sockets_keep_no_honest_caller_waiting(server: RunningHttp, first: bytes, source: str) -> None:
    """Ninety of them stopped all cosigning; also from the honest caller's own address."""
    with ExitStack() as stack:
        for _ in range(90):
            slow = socket.create_connection(("127.0.0.1", server.port), 5, source_address=(source, 0))
            stack.enter_context(slow).sendall(first)
        started = time.monotonic()
        assert ask(server, "POST", "/add-checkpoint", b"x")[0] == 200
        assert time.monotonic() - started < 2


def test_a_request_that_never_arrives_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_arrivals, "ARRIVAL_SECONDS", 0.3)
    running = start_http("127.0.0.1:0", handle, max_body_bytes=1000)
    with socket.create_connection(("127.0.0.1", running.port), 5) as raw:
        assert raw.recv(1) == b""
    running.stop()


def test_a_head_without_end_is_refused(server: RunningHttp) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
        raw.sendall(b"GET /" + b"a" * 20_000)
        with suppress(ConnectionResetError):
            while raw.recv(1000):
                continue
    assert ask(server, "GET", "/")[0] == 200


def test_strangers_cannot_take_more_threads_than_there_are(server: RunningHttp) -> None:
    held = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(100)]
    try:
        assert sum(thread.name.startswith("http") for thread in threading.enumerate()) <= http_server.WORKERS + 1
    finally:
        for connection in held:
            connection.close()
