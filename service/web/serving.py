"""The HTTP server of a site, in a thread of its own: plain on this machine's own addresses, TLS everywhere else."""

import asyncio
import socket
import ssl
import threading
from contextlib import ExitStack
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import h11
import structlog
import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from presentation.messages import _
from service.errors import AddressInUse
from service.web.certificates import site_certificate
from trust.addresses import split_address

if TYPE_CHECKING:
    from service.clock import Clock
    from service.web.guard import Application

MOST_CONNECTIONS: Final = 200
HEAD_SECONDS: Final = 15.0
"""Within which the head of a request has to be there, from the first byte or the connection on."""
_KEEP_ALIVE_SECONDS: Final = 10
_STOP_SECONDS: Final = 5
_MOST_HEAD_BYTES: Final = 32 * 1024

_log = structlog.get_logger(__name__)


def is_this_machine(host: str) -> bool:
    """Return whether an address is reached from this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def host_names(listen: str, more: tuple[str, ...] = ()) -> frozenset[str]:
    """Return the names by which browsers may address a site that listens somewhere.

    Args:
        listen: ``host:port``.
        more: names given in the settings.
    """
    host, _port = split_address(listen)
    own = {host.lower()} | ({"localhost", "127.0.0.1", "::1"} if is_this_machine(host) else set())
    return frozenset(own | {name.lower() for name in more})


class RunningSite:
    """A running server of pages."""

    def __init__(self, server: uvicorn.Server, thread: threading.Thread, address: str, port: int) -> None:
        self._server = server
        self._thread = thread
        self.address: Final = address
        self.port: Final = port

    def stop(self, grace_seconds: float = 5.0) -> None:
        """Stop accepting requests and wait for those under way to end."""
        self._server.should_exit = True
        self._thread.join(grace_seconds + _STOP_SECONDS)


def start_site(
    listen: str, application: "Application", *, home: Path, clock: "Clock", names: frozenset[str]
) -> RunningSite:
    """Serve an application in a thread of its own.

    Args:
        listen: ``host:port``; port 0 takes a free one.
        application: ASGI.
        home: folder in which a certificate of its own is kept, for addresses that other machines reach.
        clock: the present, for the certificate.
        names: those in the certificate.

    Raises:
        AddressInUse: the address cannot be bound.
    """
    host, port = split_address(listen)
    bound = _bound(host, port, listen)
    with ExitStack() as undo:
        undo.callback(bound.close)
        config = _configuration(application)
        if not is_this_machine(host):
            config.ssl = _tls(home, clock, names)
        undo.pop_all()
    server = uvicorn.Server(config)
    thread = threading.Thread(target=_run, args=(server, bound), name="pages", daemon=True)
    port = bound.getsockname()[1]
    scheme, shown = ("http" if config.ssl is None else "https"), (f"[{host}]" if ":" in host else host)
    thread.start()
    return RunningSite(server, thread, f"{scheme}://{shown}:{port}/", port)


def _configuration(application: "Application") -> uvicorn.Config:
    config = uvicorn.Config(
        application,
        http=_Connection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        log_level="critical",
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
        h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
    )
    config.load()
    return config


def _bound(host: str, port: int, listen: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise AddressInUse(
            _("no se puede escuchar en {listen}", listen=listen),
            remedy=_("elija otro puerto, o cierre el programa que lo usa"),
        ) from error
    return bound


def _tls(home: Path, clock: "Clock", names: frozenset[str]) -> ssl.SSLContext:
    certificate, key = site_certificate(home, clock.now(), names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    return context


def _run(server: uvicorn.Server, bound: socket.socket) -> None:
    try:
        server.run(sockets=[bound])
    except Exception:  # noqa: BLE001  # the edge of a thread: the service goes on without its pages
        _log.exception("pages_stopped")


class _Connection(H11Protocol):
    """A connection whose requests have to begin, and their heads to end, within a time."""

    _waiting: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect()

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._arrived()
        elif self._waiting is None:
            self._expect()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    def _expect(self) -> None:
        self._waiting = self.loop.call_later(HEAD_SECONDS, self._late)

    def _arrived(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _late(self) -> None:
        self._waiting = None
        if self.conn.their_state is h11.IDLE:
            self.transport.close()
