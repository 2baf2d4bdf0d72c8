"""A node without an open port, from the command line on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from coordinator.cli.app import main as coordinator_main
from node import serve as service
from node.cli.app import main as node_main
from node.settings import NodeSettings
from node.wiring import Node
from service.clock import SystemClock
from tests.support.commands import Outcome, invoke
from tests.support.network import Network, network
from tests.support.waiting import eventually


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        yield made


def init(net: Network, home: Path, *words: str) -> Outcome:
    token = net.invite("leon").to_token()
    arguments = ("init", "--home", str(home), "--token", "-", "--listen", "none", "--json", *words)
    return invoke(node_main, *arguments, stdin=token)


def test_it_is_made_served_and_shown_without_any_listening_socket(net: Network, tmp_path: Path) -> None:
    home = tmp_path / "leon"
    made = init(net, home)
    assert (made.code, made.json["listen"], made.json["addresses"]) == (0, "", [])
    assert (made.json["reached"], made.json["witness_url"]) == ("relay", "")
    assert NodeSettings.load(home).relay
    running = service.start(Node(home, clock=SystemClock()))
    try:
        assert (running.servers, running.port) == ([], 0)
        assert eventually(lambda: net.coordinator.relay.attached() == ("leon",))
        found = invoke(node_main, "doctor", "--home", str(home), "--lang", "es")
        assert "Se llega a este nodo por el repetidor" in found.out
        status = ("status", "--home", str(net.coordinator.context.home))
        assert invoke(coordinator_main, *status, "--json").json["relay"]["attached"] == ["leon"]
        assert "Repetidor: 1 entidad conectada (Entidad leon)" in invoke(coordinator_main, *status).out
    finally:
        running.stop()
    assert "por el repetidor" in invoke(node_main, "status", "--home", str(home)).out


def test_an_address_without_a_port_behind_it_is_refused_before_the_invitation_is_spent(
    net: Network, tmp_path: Path
) -> None:
    refused = init(net, tmp_path / "leon", "--address", "leon.example:7443")
    assert (refused.code, refused.json["error"]["code"]) == (2, "settings_invalid")
    with net.coordinator.context.snapshot() as session:
        assert [row.entity for row in net.coordinator.registry(session).invitations(net.clock.now())] == ["leon"]
