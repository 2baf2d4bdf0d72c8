"""Requests of HTTP that are arriving: read in one thread without blocking, and handed on when they are whole.

A client that sends slowly costs a descriptor and a little memory, and no worker ("Slowloris"). Each address has a limit
of connections that wait; beyond it the one that has waited longest is closed, so that an honest caller behind the same
address still gets in.
"""

import selectors
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Final

ARRIVAL_SECONDS: Final = 10.0
"""Time for a request to arrive whole."""

FROM_ADDRESS: Final = 16
"""Connections of one address that may wait for their request; a reverse proxy counts as one address."""

IN_ALL: Final = 512

_MAX_HEAD: Final = 16 * 1024
_DIGITS: Final = 12
_CHUNK: Final = 64 * 1024
_TICK_SECONDS: Final = 0.1


class Arriving:
    """A connection whose next request is not whole yet."""

    def __init__(self, connection: socket.socket, caller: str, end: float) -> None:
        """Take over a connection.

        Args:
            connection: accepted.
            caller: its `address_key`.
            end: of the life of the connection, by the monotonic clock.
        """
        self.connection, self.caller, self.end = connection, caller, end
        self.until = end
        self._buffer = bytearray()
        self._whole = 0

    def take(self) -> bytes:
        """Return the whole request, and keep what came after it."""
        request = bytes(self._buffer[: self._whole])
        del self._buffer[: self._whole]
        self._whole = 0
        return request

    def receive(self) -> bool:
        """Read what has come; return whether the connection goes on."""
        try:
            data = self.connection.recv(_CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._buffer += data
        return bool(data)

    def is_whole(self, max_body: int) -> bool:
        """Return whether a request is there, or as much of it as is needed to refuse it."""
        end = self._buffer.find(b"\r\n\r\n", 0, _MAX_HEAD)
        if end < 0:
            self._whole = len(self._buffer) if len(self._buffer) >= _MAX_HEAD else 0
            return self._whole > 0
        body = _length(bytes(self._buffer[:end]))
        self._whole = end + 4 + (body if body <= max_body else 0)
        return len(self._buffer) >= self._whole

    def close(self) -> None:
        """Close the connection."""
        with suppress(OSError):  # the client closed it first
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()


class Arrivals:
    """The connections that wait for their request. Safe to use from several threads."""

    def __init__(self, deliver: Callable[[Arriving], None], max_body: int) -> None:
        """Start the thread that reads.

        Args:
            deliver: given each connection whose request is whole; called from that thread.
            max_body: bound on a body; of a larger one only the head is waited for.
        """
        self._deliver, self._max_body = deliver, max_body
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._waiting: dict[Arriving, None] = {}  # the one that has waited longest first
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="http-arrivals", daemon=True)
        self._thread.start()

    def add(self, arriving: Arriving) -> None:
        """Wait for the next request of a connection; closes another one where a limit is reached."""
        if arriving.is_whole(self._max_body):  # it came together with the one before
            self._deliver(arriving)
            return
        arriving.until = min(arriving.end, time.monotonic() + ARRIVAL_SECONDS)
        arriving.connection.settimeout(0)
        with self._lock:
            closed = self._stopping.is_set()
            surplus = arriving if closed else self._surplus(arriving.caller)
            if surplus is not None:
                self._forget(surplus)
            if not closed:
                self._waiting[arriving] = None
                self._selector.register(arriving.connection, selectors.EVENT_READ, arriving)
        if surplus is not None:
            surplus.close()

    def stop(self) -> None:
        """Close every connection that waits."""
        with self._lock:
            self._stopping.set()
            waiting = list(self._waiting)
            for each in waiting:
                self._forget(each)
        for each in waiting:
            each.close()
        self._thread.join(5)
        self._selector.close()

    def _surplus(self, caller: str) -> Arriving | None:
        held = Counter(each.caller for each in self._waiting)
        crowd = caller if held[caller] >= FROM_ADDRESS else None
        if crowd is None and len(self._waiting) >= IN_ALL:
            crowd = held.most_common(1)[0][0]
        return None if crowd is None else next(each for each in self._waiting if each.caller == crowd)

    def _forget(self, arriving: Arriving) -> bool:
        if arriving not in self._waiting:
            return False
        del self._waiting[arriving]
        self._selector.unregister(arriving.connection)
        return True

    def _run(self) -> None:
        while not self._stopping.is_set():
            for key, _events in self._selector.select(_TICK_SECONDS):
                self._take_in(key.data)
            self._close_late()

    def _take_in(self, arriving: Arriving) -> None:
        if not arriving.receive():
            self._drop(arriving)
        elif arriving.is_whole(self._max_body):
            self._hand_on(arriving)

    def _hand_on(self, arriving: Arriving) -> None:
        with self._lock:
            known = self._forget(arriving)
        if known:
            self._deliver(arriving)

    def _drop(self, arriving: Arriving) -> None:
        with self._lock:
            known = self._forget(arriving)
        if known:
            arriving.close()

    def _close_late(self) -> None:
        now = time.monotonic()
        with self._lock:
            late = [each for each in self._waiting if each.until <= now]
        for each in late:
            self._drop(each)


def _length(head: bytes) -> int:
    """Return the length of the body that a head announces; 0 when it announces none that would be accepted."""
    fields = [line.partition(b":") for line in head.split(b"\r\n")[1:]]
    values = {name.strip().lower(): value.strip() for name, _colon, value in fields}
    text = values.get(b"content-length", b"")
    if b"transfer-encoding" in values or not text.isdigit() or len(text) > _DIGITS:
        return 0
    return int(text)
