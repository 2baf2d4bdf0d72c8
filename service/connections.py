"""The connections to the gRPC ports of this process, bounded for each address, each caller and in all.

gRPC for Python bounds calls, not connections: each one costs a descriptor and a handshake before anything about its
caller is known. Several times a second this looks at the process's own descriptors, and shuts down the surplus of an
address; gRPC then closes them. A front that accepts in gRPC's place and hands bytes on would cost every call 0.1 ms and
the caller's address (decision 0033); looking costs calls nothing.

A connection that has carried a call with a valid certificate counts for its entity, no longer for its address: behind
one address there may be a proxy with every entity of the network. Of the surplus the oldest goes first, for an honest
caller is through its handshake and its first call in milliseconds.
"""

import errno
import ipaddress
import os
import resource
import socket
import stat
import threading
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from service.addresses import address_key

LOOK_SECONDS: Final = 0.2
FROM_ONE: Final = 64
"""ConnectionLimits of one address that have carried no call with a certificate, and as many of one entity that have."""

_OPEN: Final = "/dev/fd"
_RESERVE: Final = 4
"""Descriptors kept back for looking when all others are taken."""
_REMEMBERED: Final = 4096

Cut = Callable[[str, int], None]
"""Takes note of how many connections of an address or an entity were closed."""


@dataclass(frozen=True, slots=True)
class _Connection:
    descriptor: int
    inode: int
    peer: str
    """As gRPC names it: ``ipv4:192.0.2.1:50000``."""
    address: str


class ConnectionLimits:
    """Finds and bounds the connections to some ports of this process. Safe to use from several threads."""

    def __init__(self, cut: Cut, *, in_all: Callable[[], int] | None = None) -> None:
        """Bound connections.

        Args:
            cut: takes note of closed connections.
            in_all: returns the bound on all of them; half of the descriptors that this process may open when None.
        """
        self._cut, self._in_all = cut, in_all or _half_of_the_descriptors
        self._lock = threading.Lock()
        self._ports: frozenset[int] = frozenset()
        self._callers: dict[str, str] = {}
        self._known: dict[tuple[int, int], _Connection | None] = {}
        self._reserve: list[int] = []

    def watch(self, port: int) -> None:
        """Bound the connections to a port, too."""
        with self._lock:
            self._ports |= {port}

    def identified(self, peer: str, caller: str) -> None:
        """Count a connection for the entity that made a call on it.

        Args:
            peer: the other end, as gRPC names it.
            caller: the entity, by a certificate that is in force.
        """
        self._callers[peer] = caller

    @property
    def remembered(self) -> int:
        """The number of connections whose entity is known."""
        return len(self._callers)

    def keep(self, stopping: threading.Event) -> None:
        """Look and close surplus connections until `stopping` is set."""
        try:
            while not stopping.wait(LOOK_SECONDS):
                self.look()
        finally:
            self._release()

    def look(self) -> int:
        """Close the surplus of connections, and return how many were closed."""
        with self._lock:
            if not self._ports:
                return 0
            self._release()
            try:
                closed = self._close_surplus()
            finally:
                self._take_reserve()
        counted = Counter(self._group(each)[1] for each in closed)
        for group, count in counted.items():
            self._cut(group, count)
        return len(closed)

    def _close_surplus(self) -> list[_Connection]:
        callers = tuple(self._callers)  # in one step, while other threads add to it
        numbers = sorted(map(int, os.listdir(_OPEN)))  # noqa: PTH208 - five times a second
        if len(numbers) <= min(FROM_ONE, self._in_all()) and len(callers) <= _REMEMBERED:
            return []
        present = self._present(numbers)
        closed = [each for each in self._surplus(present) if _shut_down(each)]
        peers = {each.peer for each in present}
        for peer in callers:
            if peer not in peers:
                self._callers.pop(peer, None)
        return closed

    # ---- what is there

    def _present(self, numbers: Iterable[int]) -> list[_Connection]:
        """Return the connections among some descriptors, the oldest first."""
        found: dict[tuple[int, int], None] = {}
        for number in numbers:
            with suppress(OSError):  # closed meanwhile
                status = os.fstat(number)
                if stat.S_ISSOCK(status.st_mode):
                    found[number, status.st_ino] = None
        self._known = {key: each for key, each in self._known.items() if key in found}
        for key in found:
            if key not in self._known:
                self._known[key] = self._connection(*key)
        return [each for each in self._known.values() if each is not None]

    def _connection(self, descriptor: int, inode: int) -> _Connection | None:
        try:
            with _duplicate(descriptor, inode) as connection:
                if connection.type != socket.SOCK_STREAM or connection.family not in (socket.AF_INET, socket.AF_INET6):
                    return None
                if connection.getsockname()[1] not in self._ports:
                    return None
                host, port = connection.getpeername()[:2]
        except OSError as error:  # no socket, one that listens, or closed meanwhile
            if error.errno in (errno.EMFILE, errno.ENFILE):
                raise
            return None
        return _Connection(descriptor, inode, _as_grpc_names_it(host, port), address_key(host))

    # ---- what is too much

    def _group(self, connection: _Connection) -> tuple[bool, str]:
        caller = self._callers.get(connection.peer)
        return (True, caller) if caller is not None else (False, connection.address)

    def _surplus(self, present: list[_Connection]) -> list[_Connection]:
        held = Counter(map(self._group, present))
        surplus, kept = [], []
        for each in present:
            group = self._group(each)
            if held[group] > FROM_ONE:
                held[group] -= 1
                surplus.append(each)
            else:
                kept.append(each)
        beyond = len(kept) - self._in_all()
        if beyond > 0:  # strangers first, then the entities with the most
            kept.sort(key=lambda each: (self._group(each)[0], -held[self._group(each)]))
            surplus += kept[:beyond]
        return surplus

    # ---- when everything is taken

    def _take_reserve(self) -> None:
        with suppress(OSError):
            while len(self._reserve) < _RESERVE:
                self._reserve.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))

    def _release(self) -> None:
        while self._reserve:
            os.close(self._reserve.pop())


def _duplicate(descriptor: int, inode: int) -> socket.socket:
    """Return a socket of our own for the same connection: the descriptor may be another's a moment later.

    A file that took the descriptor's place in that moment is left open: to close any descriptor of a database ends all
    locks that this process has on it (POSIX fcntl), and another process would take its log away.

    Raises:
        OSError: it is no socket, or no longer the one of `inode`.
    """
    own = os.dup(descriptor)
    if not stat.S_ISSOCK(os.fstat(own).st_mode):
        raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))
    try:
        same = socket.socket(fileno=own)
    except OSError:
        os.close(own)
        raise
    if os.fstat(own).st_ino != inode:
        same.close()
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return same


def _shut_down(connection: _Connection) -> bool:
    try:
        with _duplicate(connection.descriptor, connection.inode) as same:
            same.shutdown(socket.SHUT_RDWR)
    except OSError:  # closed meanwhile
        return False
    return True


def _half_of_the_descriptors() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2


def _as_grpc_names_it(host: str, port: int) -> str:
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return f"ipv6:{urllib.parse.quote(f'[{host}]', safe=':')}:{port}"
    return f"ipv4:{getattr(address, 'ipv4_mapped', None) or address}:{port}"
