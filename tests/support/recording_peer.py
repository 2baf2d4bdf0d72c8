"""A TLS-terminating man in the middle with both sides' certificates: what crosses the wire, decrypted, byte by byte."""

import base64
import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

_CHUNK = 65_536
_DEADLINE_SECONDS = 20.0


class RecordingPeer:
    """Listens as the holder, calls the holder as the asker, and keeps every byte of both directions."""

    def __init__(self, *, holder_home: Path, asker_home: Path, target: str, server_name: str) -> None:
        host, port = target.rsplit(":", 1)
        self._target = (host, int(port))
        self._server_name = server_name
        self._server = _context(ssl.PROTOCOL_TLS_SERVER, holder_home)
        self._client = _context(ssl.PROTOCOL_TLS_CLIENT, asker_home)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._bytes = bytearray()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def recorded(self) -> bytes:
        """Everything that crossed so far, decrypted."""
        with self._lock:
            return bytes(self._bytes)

    @contextlib.contextmanager
    def running(self) -> Iterator["RecordingPeer"]:
        """Accept connections until the block ends."""
        self._start(self._accept)
        try:
            yield self
        finally:
            for end in (self._listener, *self._sockets):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            for thread in self._threads:
                thread.join(_DEADLINE_SECONDS)

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]  # one of ours
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
                near = self._server.wrap_socket(raw, server_side=True)
                far = self._client.wrap_socket(
                    socket.create_connection(self._target, _DEADLINE_SECONDS), server_hostname=self._server_name
                )
            except OSError:
                return  # the listener was closed, or a side went away during its handshake
            self._sockets += [near, far]
            for end in (near, far):
                end.settimeout(0)
            self._start(self._pump, near, far)

    def _pump(self, near: ssl.SSLSocket, far: ssl.SSLSocket) -> None:
        # One thread for both directions: an SSL socket must not be read and written by two threads at once.
        peers = {near: far, far: near}
        try:
            while True:
                ready = [end for end in peers if end.pending()] or select.select(list(peers), [], [], 1.0)[0]
                for end in ready:
                    with contextlib.suppress(ssl.SSLWantReadError):
                        data = end.recv(_CHUNK)
                        if not data:
                            return
                        with self._lock:
                            self._bytes += data
                        peer = peers[end]
                        peer.settimeout(_DEADLINE_SECONDS)
                        peer.sendall(data)
                        peer.settimeout(0)
        except (OSError, ValueError):
            return  # closed under us


def _context(protocol: int, home: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(home / "tls" / "certificate.pem", home / "keys" / "tls.pem")
    context.load_verify_locations(home / "tls" / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    return context


def spellings(text: str) -> Iterator[bytes]:
    """Yield the ways in which a text could hide in bytes: encodings, hex, base64 at every alignment."""
    for raw in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")):
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        for shift in range(3):
            coded = base64.b64encode(b"\0" * shift + raw)
            # The first and last characters also depend on the neighbours.
            yield coded[4 if shift else 0 : -4]
    yield text[::-1].encode()
