import http.client
import socket
import threading
from collections.abc import Iterator

import pytest

from service import http_server
from service.errors import AddressInUse
from service.http_server import HttpReply, RunningHttp, start_http


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
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, data


def test_it_answers_with_body_and_content_type(server: RunningHttp) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
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
            raw.settimeout(5)
            while raw.recv(100):
                continue
    finally:
        running.stop()


def test_who_still_waits_for_a_worker_when_the_server_stops_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "CONNECTION_SECONDS", 1.0)
    running = start_http("127.0.0.1:0", handle, max_body_bytes=1000)
    silent = [socket.create_connection(("127.0.0.1", running.port), 5) for _ in range(http_server.WORKERS)]
    with socket.create_connection(("127.0.0.1", running.port), 5) as waiting:
        while running._server._room._value > http_server.WAITING - 1:  # noqa: SLF001 - no public sign of a connection in the queue
            threading.Event().wait(0.01)  # until it is in the queue
        running.stop()
        waiting.settimeout(5)
        assert waiting.recv(1) == b""  # closed, and not left to whoever collects the garbage
    for connection in silent:
        connection.close()


def test_strangers_cannot_take_more_threads_than_there_are(server: RunningHttp) -> None:
    held = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(100)]
    try:
        assert sum(thread.name.startswith("http") for thread in threading.enumerate()) <= http_server.WORKERS + 1
    finally:
        for connection in held:
            connection.close()
