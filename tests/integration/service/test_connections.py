"""ConnectionLimits bounded for an address, an entity and in all, on a listening socket that stands for gRPC's."""

import fcntl
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from service.connections import FROM_ONE, ConnectionLimits

pytestmark = pytest.mark.invariant(8)


class Port:
    """A listening port, and the connections that were accepted at it."""

    def __init__(self, stack: ExitStack, host: str = "127.0.0.1") -> None:
        self.stack = stack
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listening = stack.enter_context(socket.create_server((host, 0), family=family, backlog=512))
        self.port = self.listening.getsockname()[1]
        self.accepted: list[socket.socket] = []

    def open(self, count: int, source: str = "127.0.0.1") -> list[str]:
        """Open connections from an address, and return how gRPC would name their other ends."""
        peers = []
        for _ in range(count):
            mine = socket.create_connection(self.listening.getsockname()[:2], source_address=(source, 0))
            self.stack.enter_context(mine)
            accepted, peer = self.listening.accept()
            self.accepted.append(self.stack.enter_context(accepted))
            peers.append(f"ipv4:{peer[0]}:{peer[1]}" if ":" not in peer[0] else f"ipv6:%5B{peer[0]}%5D:{peer[1]}")
        return peers

    def alive(self) -> list[int]:
        """Return which of the accepted connections, in order of arrival, were not shut down."""
        return [number for number, each in enumerate(self.accepted) if not _shut(each)]


def _shut(connection: socket.socket) -> bool:
    connection.settimeout(0)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


@pytest.fixture
def port(stack: ExitStack) -> Port:
    return Port(stack)


def connections(port: Port, cut: list[tuple[str, int]], in_all: int = 10_000) -> ConnectionLimits:
    made = ConnectionLimits(lambda group, count: cut.append((group, count)), in_all=lambda: in_all)
    made.watch(port.port)
    return made


def test_an_address_keeps_its_newest_connections_and_others_all_of_theirs(port: Port) -> None:
    cut: list[tuple[str, int]] = []
    bounded = connections(port, cut)
    port.open(3, "127.0.0.2")
    port.open(FROM_ONE + 5, "127.0.0.66")
    assert bounded.look() == 5
    assert port.alive() == [0, 1, 2, *range(8, FROM_ONE + 8)]
    assert cut == [("127.0.0.66", 5)]


@pytest.mark.invariant(9)
def test_looking_ends_no_lock_that_this_process_has_on_a_file(port: Port, tmp_path: Path) -> None:
    """SQLite's locks end when a process closes any descriptor of the file; another one then takes the log away."""
    file = tmp_path / "node.sqlite"
    taking = f"import fcntl; fcntl.lockf(open({str(file)!r}, 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    with file.open("w+") as database:
        fcntl.lockf(database, fcntl.LOCK_EX)
        port.open(FROM_ONE + 5)
        assert connections(port, []).look() == 5
        taken = subprocess.run([sys.executable, "-c", taking], capture_output=True, text=True, check=False)
    assert "BlockingIOError" in taken.stderr


def test_what_was_shut_down_and_closed_counts_no_more(port: Port) -> None:
    cut: list[tuple[str, int]] = []
    bounded = connections(port, cut)
    port.open(FROM_ONE + 5)
    bounded.look()
    for each in port.accepted[:5]:  # as gRPC does with a connection that ended
        each.close()
    port.accepted = port.accepted[5:]
    assert bounded.look() == 0
    port.open(1)
    assert bounded.look() == 1
    assert 0 not in port.alive()


def test_connections_with_calls_count_for_their_entity_and_not_for_the_address_of_a_proxy(port: Port) -> None:
    cut: list[tuple[str, int]] = []
    bounded = connections(port, cut)
    for number in range(4):
        for peer in port.open(30):
            bounded.identified(peer, f"entity-{number}")
    strangers = port.open(FROM_ONE)
    assert bounded.look() == 0
    for peer in port.open(FROM_ONE - 29):
        bounded.identified(peer, "entity-3")
    assert bounded.look() == 1
    assert cut == [("entity-3", 1)]
    assert len(strangers) == FROM_ONE


def test_an_identified_connection_that_ended_leaves_no_name_behind_for_the_next_of_its_port(port: Port) -> None:
    bounded = connections(port, [])
    (peer,) = port.open(1)
    bounded.identified(peer, "entity")
    port.accepted.pop().close()
    port.open(FROM_ONE)
    bounded.look()
    assert bounded.remembered == 0


def test_beyond_the_bound_on_all_strangers_go_before_entities(port: Port) -> None:
    cut: list[tuple[str, int]] = []
    bounded = connections(port, cut, in_all=20)
    for peer in port.open(5, "127.0.0.2"):
        bounded.identified(peer, "entity")
    port.open(3, "127.0.0.3")
    port.open(15, "127.0.0.66")
    assert bounded.look() == 3
    assert cut == [("127.0.0.66", 3)]
    assert port.alive()[:8] == list(range(8))


def test_connections_of_other_ports_and_our_own_to_others_are_left_alone(stack: ExitStack, port: Port) -> None:
    bounded = connections(port, [])
    other = Port(stack)
    other.open(FROM_ONE + 5)
    port.open(1)
    assert bounded.look() == 0
    assert len(other.alive()) == FROM_ONE + 5


def test_addresses_of_ipv6_count_and_are_named_as_grpc_names_them(stack: ExitStack) -> None:
    try:
        port = Port(stack, "::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    cut: list[tuple[str, int]] = []
    bounded = connections(port, cut)
    for peer in port.open(FROM_ONE, "::1"):
        bounded.identified(peer, "entity")
    port.open(FROM_ONE, "::1")
    assert bounded.look() == 0
    port.open(1, "::1")
    assert bounded.look() == 1
    assert cut == [("::/64", 1)]


def test_it_looks_also_when_every_descriptor_is_taken(port: Port) -> None:
    cut: list[tuple[str, int]] = []
    bounded = connections(port, cut)
    bounded.look()
    port.open(FROM_ONE + 5)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(each.fileno() for each in port.accepted) + 1
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest, limits[1]))
        taken = []
        with pytest.raises(OSError, match="Too many open files"):
            while True:
                taken.append(socket.socket())
        assert bounded.look() == 5
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for each in taken:
            each.close()
