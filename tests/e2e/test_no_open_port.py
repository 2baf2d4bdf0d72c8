"""Real processes: two entities that listen nowhere; one is killed and comes back, and so does the coordinator."""

import json
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.network import Entity, LocalNetwork
from deploy.local.programs import AUDIT, NODE, Programs
from node.wiring import Node
from tests.support.exchange import PERSON, grant, hold, person_record
from tests.support.recording_peer import spellings

SHARED = "CanarioCoordinadora"
ENTITIES = [
    Entity("town", "Ayuntamiento ficticio", listens=False),
    Entity("ngo", "ONG ficticia", "agent", listens=False),
]


@pytest.fixture
def network(tmp_path: Path) -> Iterator[LocalNetwork]:
    with LocalNetwork(tmp_path, ENTITIES, Programs(tmp_path / "transcript.txt")) as net:
        net.start_coordinator()
        for entity in net.entities:
            net.enrol(entity)
        record = person_record(PERSON)
        town = Node(net.home("town"))
        hold(town, replace(record, fields={**record.fields, "case.coordinator": SHARED}))
        net.serve(["town"])
        yield net
        town.close()


def fetch(net: LocalNetwork) -> tuple[int, str]:
    words = ("fetch", "--document", "-", "--purpose", "casework", "--from", "town")
    outcome = net.programs.attempt(NODE, *words, "--home", net.home("ngo"), "--json", stdin=f"{PERSON.number}\n")
    return outcome.code, json.dumps(outcome.document)


def fetch_until_reached(net: LocalNetwork) -> tuple[int, str]:
    """Fetch until the holder is attached again, which it is by itself."""
    end = time.monotonic() + 60
    while (found := fetch(net))[0] == 3 and time.monotonic() < end:
        time.sleep(0.2)
    return found


def listening(net: LocalNetwork, entity: str) -> list[str]:
    """Return the listening TCP sockets that a node's process holds (proc_pid_fd(5), state 0A)."""
    pid = net.nodes[entity].pid
    sockets = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    lines = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/{pid}/net/{name}").read_text().split("\n")
    ]
    return [line[1] for line in lines if len(line) > 9 and line[3] == "0A" and f"socket:[{line[9]}]" in sockets]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.invariant(5)
@pytest.mark.invariant(9)
def test_a_node_that_listens_nowhere_is_fetched_from_and_comes_back_after_a_kill(
    network: LocalNetwork, tmp_path: Path
) -> None:
    assert listening(network, "town") == []
    town = Node(network.home("town"))
    town.directory_follower.refresh()
    grant(town, "ngo")
    code, shown = fetch_until_reached(network)
    assert (code, SHARED in shown) == (0, True)

    network.nodes["town"].stop(signal.SIGKILL)
    assert fetch(network)[0] == 3
    network.serve(["town"])
    assert fetch_until_reached(network)[0] == 0

    network.coordinator.stop()
    assert fetch(network)[0] == 3
    network.coordinator.start()
    network.coordinator.wait_ready()
    assert fetch_until_reached(network)[0] == 0

    for entity in ("town", "ngo"):
        export = tmp_path / f"export-{entity}"
        network.programs.ask(NODE, "ledger", "export", str(export), "--home", network.home(entity))
        network.programs.run(AUDIT, "verify", export)
    for folder in (network.coordinator_home, network.logs):
        for path in (found for found in folder.rglob("*") if found.is_file()):
            data = path.read_bytes()
            assert not any(spelling in data for secret in (SHARED, PERSON.number) for spelling in spellings(secret))
    town.close()
