"""A small HTTP server for the public part of witnessing, bounded in threads, bytes and time. It has no TLS, by design.

A request gets a worker once it has arrived whole (`service.http_arrivals`): slow clients hold no thread.

Requests and answers are public and signed, and the specification (C2SP tlog-witness) asks for no authentication. An
operator who wants encryption puts a reverse proxy before it.
"""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from typing import Any, Final, Protocol

import structlog
from typing_extensions import override

from presentation.messages import _
from service.addresses import address_key
from service.errors import AddressInUse
from service.http_arrivals import Arrivals, Arriving
from trust.addresses import split_address

WORKERS: Final = 8
WAITING: Final = 64
"""Requests that may wait for a worker; the connections of further ones are closed at once."""

CONNECTION_SECONDS: Final = 30.0
"""Longest life of a connection, kept alive or not: the time for which a client that reads slowly can hold a worker."""

_IDLE_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


class Answer(Protocol):
    """The parts of a reply that are sent."""

    @property
    def status(self) -> int:
        """The status code of HTTP."""
        ...

    @property
    def body(self) -> bytes:
        """The content."""
        ...

    @property
    def content_type(self) -> str:
        """The media type of the content."""
        ...


@dataclass(frozen=True, slots=True)
class HttpReply:
    """The reply to a request."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


Handle = Callable[[str, str, bytes], Answer]
"""Returns the reply to a method, path and body. An exception becomes status 500 and a line in our log."""


class RunningHttp:
    """A running HTTP server and its port."""

    def __init__(self, server: "_Server", thread: threading.Thread) -> None:
        self._server = server
        self._thread = thread
        self.port: int = server.server_address[1]

    def stop(self, grace_seconds: float = 5.0) -> None:
        """Stop accepting requests and wait for those under way to end."""
        self._server.shutdown()
        self._thread.join(grace_seconds)
        self._server.server_close()


def start_http(listen: str, handle: Handle, *, max_body_bytes: int) -> RunningHttp:
    """Start a server in threads of its own.

    Args:
        listen: ``host:port``; port 0 takes a free one.
        handle: answers requests.
        max_body_bytes: bound on a body; a larger one is refused unread.

    Raises:
        AddressInUse: the address cannot be bound.
    """
    host, port = split_address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        server = _Server(family, (host, port), handle, max_body_bytes)
    except OSError as error:
        raise AddressInUse(
            _("no se puede escuchar en {listen}", listen=listen),
            remedy=_("elija otro puerto, o cierre el programa que lo usa"),
        ) from error
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="http", daemon=True)
    thread.start()
    return RunningHttp(server, thread)


class _Server(HTTPServer):
    request_queue_size = 64

    def __init__(self, family: socket.AddressFamily, address: tuple[str, int], handle: Handle, max_body: int) -> None:
        self.address_family = family
        self.handle = handle
        self.max_body = max_body
        self._room = threading.BoundedSemaphore(WORKERS + WAITING)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="http")
        self._arrivals = Arrivals(self._to_worker, max_body)
        super().__init__(address, BaseHTTPRequestHandler)  # requests go another way: `_work`

    @override
    def server_bind(self) -> None:
        # The base class would look up its own name in the DNS, which only CGI programs need.
        super(HTTPServer, self).server_bind()

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        self._arrivals.add(Arriving(request, address_key(client_address[0]), time.monotonic() + CONNECTION_SECONDS))

    def _to_worker(self, arrived: Arriving) -> None:
        if not self._room.acquire(blocking=False):
            arrived.close()
            return
        try:
            work = self._pool.submit(self._work, arrived)
        except RuntimeError:  # the server is being stopped
            self._turn_away(arrived)
            return
        work.add_done_callback(lambda done: self._turn_away(arrived) if done.cancelled() else None)

    def _turn_away(self, arrived: Arriving) -> None:
        arrived.close()
        self._room.release()

    def _work(self, arrived: Arriving) -> None:
        limit = threading.Timer(max(arrived.end - time.monotonic(), 0.0), _cut, (arrived.connection,))
        limit.daemon = True
        limit.start()
        again = False
        try:
            again = _Handler(arrived, self).answer()
        except OSError:
            _log.debug("http_connection_lost")  # the client disconnected
        finally:
            limit.cancel()
            self._room.release()
            if again:
                self._arrivals.add(arrived)
            else:
                arrived.close()

    @override
    def server_close(self) -> None:
        super().server_close()
        self._arrivals.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        _log.debug("http_connection_already_closed")


class _Handler(BaseHTTPRequestHandler):
    """Answers one request that has arrived whole."""

    protocol_version = "HTTP/1.1"
    server_version = "RedPACT"
    sys_version = ""
    server: _Server

    def __init__(self, arrived: Arriving, server: _Server) -> None:
        # The base class would read from the connection, and answer, while it is made.
        self.connection = self.request = arrived.connection
        self.client_address, self.server = (arrived.caller, 0), server
        self.rfile, self.wfile = BytesIO(arrived.take()), arrived.connection.makefile("wb")

    def answer(self) -> bool:
        """Answer the request; return whether the connection goes on."""
        self.connection.settimeout(_IDLE_SECONDS)
        self.close_connection = True
        try:
            self.handle_one_request()
            self.wfile.flush()
        finally:
            self.wfile.close()
        return not self.close_connection

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or self.headers.get("Transfer-Encoding"):
            self._refuse(411, b"a Content-Length is needed\n")
        elif len(length) > 12 or int(length) > self.server.max_body:  # noqa: PLR2004 - far above any length allowed
            self._refuse(413, b"the request is too large\n")
        else:
            self._answer(self.rfile.read(int(length)))

    def _refuse(self, status: int, body: bytes) -> None:
        self.close_connection = True  # the unread body would be taken for the next request
        self._send(HttpReply(status, body))

    def _answer(self, body: bytes) -> None:
        try:
            reply: Answer = self.server.handle(self.command, self.path, body)
        except Exception:  # noqa: BLE001  # the outermost edge: no traceback may reach a stranger
            _log.exception("http_failed", method=self.command)
            reply = HttpReply(500, b"the service has a fault\n")
        self._send(reply)

    def _send(self, reply: Answer) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        _log.debug("http_request", status=args[1] if len(args) > 1 else "")
