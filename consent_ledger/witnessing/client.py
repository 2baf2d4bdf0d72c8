"""Requests to a witness over HTTP (C2SP tlog-witness)."""

import http.client
import socket
import threading
import time
import urllib.parse
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from consent_ledger.witnessing.errors import WitnessUnreachable
from consent_ledger.witnessing.witness import SIZE_TYPE, AddCheckpoint
from presentation.faults import os_fault
from presentation.messages import Message, _
from trust.published import IpNetwork, is_plain_url, require_callable

CALL_SECONDS: Final = 5.0
_MAX_REPLY_BYTES: Final = 64 * 1024
_OK: Final = 200
_CONFLICT: Final = 409


@dataclass(frozen=True, slots=True)
class WitnessReply:
    """The unverified answer of a witness."""

    status: int
    body: bytes
    size: int | None = None
    """With status 409, the size of our ledger that the witness cosigned last."""

    @property
    def cosigned(self) -> bool:
        """True when the status promises cosignatures in the body."""
        return self.status == _OK


def submit(
    url: str, request: AddCheckpoint, *, allowed: Sequence[IpNetwork], seconds: float = CALL_SECONDS
) -> WitnessReply:
    """Send a checkpoint to the witness at `url`.

    Raises:
        WitnessUnreachable: no answer in time, or a malformed one.
        AddressRefused: the URL does not lead to a public address or an allowed network.
    """
    return exchange(url, "POST", "/add-checkpoint", request.to_bytes(), allowed=allowed, seconds=seconds)


def exchange(
    url: str,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    allowed: Sequence[IpNetwork],
    seconds: float = CALL_SECONDS,
) -> WitnessReply:
    """Send a request to the witness at `url` and return its answer, whatever the status.

    Args:
        url: from the directory.
        method: of HTTP.
        path: below the URL.
        body: of the request.
        allowed: networks beside the public ones that may be called.
        seconds: for the whole call, from the first byte sent to the last one received.

    Raises:
        WitnessUnreachable: no answer in time, or a malformed one.
        AddressRefused: the URL does not lead to a public address or an allowed network.
    """
    if not is_plain_url(url):
        raise WitnessUnreachable(_("la dirección del testigo no es una URL http(s)"), remedy=_("avise al coordinador"))
    parts = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection, line = kind(parts.netloc, timeout=seconds), _Line(allowed, seconds)
    connection._create_connection = line.open  # type: ignore[attr-defined]  # noqa: SLF001  # the only hook for a socket of our own
    try:
        connection.request(method, parts.path.rstrip("/") + path, body or None, {"Content-Type": "text/plain"})
        answer = connection.getresponse()
        data = answer.read(_MAX_REPLY_BYTES)
        if line.late:
            raise TimeoutError
        size = _size(answer.headers.get("Content-Type"), data) if answer.status == _CONFLICT else None
        return WitnessReply(answer.status, data, size)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = _reason(error, late=line.late)
        raise WitnessUnreachable(
            _("el testigo de {url} no responde: {reason}", url=url, reason=reason), remedy=_("inténtelo más tarde")
        ) from error
    finally:
        connection.close()
        line.close()


class _Line:
    """The TCP connection of one call, cut when the time of the call is over.

    A time limit of the socket would begin anew with each byte that a slow peer sends.
    """

    def __init__(self, allowed: Sequence[IpNetwork], seconds: float) -> None:
        self._allowed, self._end = allowed, time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self.late = False

    def open(self, address: tuple[str, int], *_unused: object) -> socket.socket:
        """Connect to the first resolved address that answers; all of them must be callable."""
        host, port = address
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        targets = [str(each[4][0]).split("%")[0] for each in found]
        for target in targets:
            require_callable(ip_address(target), self._allowed)
        self._timer.start()
        last: OSError | None = None
        for target in targets:
            try:
                opened = socket.create_connection((target, port), timeout=max(self._end - time.monotonic(), 0.01))
            except OSError as error:
                last = error
                continue
            self._socket = opened.dup()  # TLS takes the other one over
            if self.late:
                self._cut()
            return opened
        raise last or TimeoutError

    def close(self) -> None:
        """End the watch over the connection."""
        self._timer.cancel()
        if self._socket is not None:
            self._socket.close()

    def _cut(self) -> None:
        self.late = True
        if self._socket is not None:
            with suppress(OSError):  # closed in the same moment
                self._socket.shutdown(socket.SHUT_RDWR)


def _reason(error: Exception, *, late: bool) -> Message:
    if late:
        return _("no responde a tiempo")
    if error.args and isinstance(error.args[0], Message):
        return error.args[0]
    return os_fault(error) if isinstance(error, OSError) else _("su respuesta no es de HTTP")


def _size(content_type: str | None, body: bytes) -> int:
    text = body.decode("ascii", "replace").removesuffix("\n")
    if content_type != SIZE_TYPE or not text.isdigit() or len(text) > 19:  # noqa: PLR2004 - digits of 2^63
        raise ValueError(_("su respuesta no dice qué tamaño tiene"))
    return int(text)
