"""Connections without end from one address, to each gRPC port of running services: closed, counted, others served."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from service.connections import FROM_ONE
from service.refused_calls import refused_calls
from tests.support.network import Network, network
from tests.support.waiting import PATIENCE_SECONDS, eventually

pytestmark = pytest.mark.invariant(8)

FLOODER = "127.0.0.66"
CONNECTIONS = FROM_ONE + 80


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        made.serve(made.join("burgos").context.settings.entity)
        yield made


def flood(stack: ExitStack, address: str) -> list[socket.socket]:
    host, _, port = address.rpartition(":")
    return [
        stack.enter_context(
            socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS, source_address=(FLOODER, 0))
        )
        for _ in range(CONNECTIONS)
    ]


def ended(connection: socket.socket) -> bool:
    connection.settimeout(0)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize("port", ["node", "coordinator", "enrolment"])
def test_a_flood_of_connections_keeps_its_share_and_the_others_are_served(net: Network, port: str) -> None:
    settings = net.coordinator.context.settings
    addresses = {
        "node": net.nodes["burgos"].context.settings.listen,
        "coordinator": settings.listen,
        "enrolment": settings.enrolment_listen,
    }
    with ExitStack() as stack:
        opened = flood(stack, addresses[port])
        assert eventually(lambda: sum(map(ended, opened)) >= CONNECTIONS - FROM_ONE)
        net.join("soria")  # over both ports of the coordinator
    home = (net.nodes["burgos"] if port == "node" else net.coordinator).context.home
    assert eventually(lambda: any(each["caller"] == FLOODER for each in refused_calls(home)))
    (counted,) = (each for each in refused_calls(home) if each["caller"] == FLOODER)
    assert counted["excess"] == "connections"
    assert counted["count"] >= CONNECTIONS - FROM_ONE
