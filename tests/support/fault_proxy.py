"""A loopback TCP proxy between two processes, where the network goes wrong on purpose.

It knows nothing of what passes: TLS between the two sides stays as it is. What goes wrong is set by hand, or follows
from a seed (`FaultScript`).
"""

import contextlib
import random
import selectors
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from tests.support.waiting import PATIENCE_SECONDS

_CHUNK = 65_536
_STEP_SECONDS = 0.05
_JOIN_SECONDS = 10.0


class Kind(Enum):
    """What can go wrong."""

    NOTHING = "nothing"
    DELAY = "delay"
    """Bytes arrive late."""
    CUT = "cut"
    """Connections are reset, and none is taken."""
    HALF_OPEN = "half-open"
    """Connections are taken and stay open, and nothing passes."""
    DROP_REQUESTS = "drop requests"
    """What the caller sends is lost; what the other side sends arrives."""
    DROP_REPLIES = "drop replies"
    """What the caller sends arrives, and takes effect; what comes back is lost."""
    THROTTLE = "throttle"
    """A few bytes a second."""
    CORRUPT = "corrupt"
    """One byte of what passes next is changed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with the line; `amount` is seconds of delay, or bytes a second."""

    kind: Kind = Kind.NOTHING
    amount: float = 0.0


HEALTHY = Fault()


class FaultScript:
    """An endless sequence of faults and of how long each lasts, the same for the same seed."""

    def __init__(self, seed: int, *, longest_seconds: float = 6.0) -> None:
        self._random = random.Random(seed)
        self._longest = longest_seconds

    def __iter__(self) -> Iterator[tuple[Fault, float]]:
        while True:
            yield HEALTHY, self._random.uniform(0.3, 1.0) * self._longest
            kind = self._random.choice([each for each in Kind if each is not Kind.NOTHING])
            amounts = {Kind.DELAY: self._random.uniform(0.05, 0.8), Kind.THROTTLE: self._random.uniform(200, 20_000)}
            yield Fault(kind, amounts.get(kind, 0.0)), self._random.uniform(0.1, 1.0) * self._longest


class FaultProxy:
    """Listens at `address`, and passes each connection on to the target, as well as the fault of the moment allows."""

    def __init__(self, target: str, *, listen: str = "127.0.0.1:0") -> None:
        self._target = _host_port(target)
        self._listener = socket.create_server(_host_port(listen))
        self._fault = HEALTHY
        self._corrupt = threading.Event()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.connections = 0
        self.passed = 0

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    @contextlib.contextmanager
    def running(self) -> Iterator["FaultProxy"]:
        """Pass connections on until the block ends."""
        self._start(self._accept)
        try:
            yield self
        finally:
            self._closing.set()
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits for it
            self._listener.close()
            self.reset()
            for thread in self._threads:
                thread.join(_JOIN_SECONDS)

    def suffer(self, fault: Fault) -> None:
        """Let this be wrong with the line from now on, for open connections and new ones."""
        self._fault = fault
        if fault.kind is Kind.CORRUPT:
            self._corrupt.set()
        else:
            self._corrupt.clear()
        if fault.kind is Kind.CUT:
            self.reset()

    def heal(self) -> None:
        """Let everything pass again. Connections that lost bytes do not recover: their ends notice, and open others."""
        self.suffer(HEALTHY)

    def reset(self) -> None:
        """Break every open connection, without a word of farewell."""
        with self._lock:
            ends, self._open = self._open, set()
        for end in ends:
            _reset(end)

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]  # one of ours
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed
            self.connections += 1
            if self._fault.kind is Kind.CUT:
                _reset(near)
                continue
            self._start(self._pass, near)

    def _pass(self, near: socket.socket) -> None:
        while self._fault.kind is Kind.HALF_OPEN and not self._closing.is_set():
            time.sleep(_STEP_SECONDS)
        try:
            far = socket.create_connection(self._target, timeout=PATIENCE_SECONDS)
        except OSError:
            _reset(near)  # nobody listens there: the caller sees what it would see without us
            return
        with self._lock:
            self._open |= {near, far}
        self._start(self._pump, near, far, Kind.DROP_REQUESTS)
        self._pump(far, near, Kind.DROP_REPLIES)

    def _pump(self, source: socket.socket, sink: socket.socket, dropped_by: Kind) -> None:
        with contextlib.suppress(OSError, ValueError), selectors.DefaultSelector() as selector:
            selector.register(source, selectors.EVENT_READ)
            while not self._closing.is_set() and source.fileno() >= 0:
                ready = selector.select(_STEP_SECONDS)
                fault = self._fault  # as it is once there is something to pass
                if fault.kind is Kind.HALF_OPEN:
                    time.sleep(_STEP_SECONDS)
                elif ready:
                    slow = fault.kind is Kind.THROTTLE
                    data = source.recv(max(1, int(fault.amount * _STEP_SECONDS)) if slow else _CHUNK)
                    if not data:
                        sink.shutdown(socket.SHUT_WR)
                        return
                    if fault.kind is not dropped_by:
                        self._send(sink, data, fault)
            return
        with self._lock:
            ends = {source, sink} & self._open
            self._open -= ends
        for end in ends:
            _reset(end)

    def _send(self, sink: socket.socket, data: bytes, fault: Fault) -> None:
        if fault.kind is Kind.DELAY:
            self._closing.wait(fault.amount)
        elif fault.kind is Kind.THROTTLE:
            self._closing.wait(_STEP_SECONDS)
        if self._corrupt.is_set():
            self._corrupt.clear()
            middle = len(data) // 2
            data = data[:middle] + bytes([data[middle] ^ 0x20]) + data[middle + 1 :]
        with self._lock:
            self.passed += len(data)
        sink.sendall(data)


def _host_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST in place of FIN
    end.close()
