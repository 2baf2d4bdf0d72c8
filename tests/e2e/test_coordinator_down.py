"""Real processes: a coordinator and two nodes; then the coordinator goes, and the exchange goes on."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.network import Entity, LocalNetwork
from deploy.local.programs import AUDIT, NODE, Programs
from node.wiring import Node
from tests.support.exchange import PERSON, hold, person_record
from tests.support.recording_peer import spellings

CANARIES = ("CanarioNombre", "CanarioContacto", "CanarioNota", PERSON.number)
SHARED = "CanarioCoordinadora"


@pytest.fixture
def network(tmp_path: Path) -> Iterator[LocalNetwork]:
    programs = Programs(tmp_path / "transcript.txt")
    with LocalNetwork(
        tmp_path, [Entity("town", "Ayuntamiento ficticio"), Entity("ngo", "ONG ficticia", "agent")], programs
    ) as net:
        net.start_coordinator()
        for entity in net.entities:
            net.enrol(entity)
        net.serve(["town", "ngo"])
        yield net


def ask(net: LocalNetwork, entity: str, *words: str) -> dict[str, object]:
    return net.programs.ask(NODE, *words, "--home", net.home(entity))


def fetch(net: LocalNetwork, *, code: int) -> dict[str, object]:
    words = ("fetch", "--document", "-", "--purpose", "casework", "--from", "town")
    outcome = net.programs.attempt(NODE, *words, "--home", net.home("ngo"), "--json", stdin=f"{PERSON.number}\n")
    assert outcome.code == code, str(outcome)
    return outcome.document


def files_with(folder: Path, secret: str) -> list[Path]:
    found = []
    for path in sorted(folder.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        if any(spelling in data for spelling in spellings(secret)):
            found.append(path)
    return found


@pytest.mark.slow
@pytest.mark.invariant(4)
@pytest.mark.invariant(5)
@pytest.mark.invariant(9)
def test_fetch_grant_and_withdraw_go_on_without_the_coordinator(network: LocalNetwork, tmp_path: Path) -> None:
    record = person_record(PERSON, name="CanarioNombre Apellido")
    planted = {"person.contact": "CanarioContacto", "action.notes": "CanarioNota", "case.coordinator": SHARED}
    town = Node(network.home("town"))
    hold(town, replace(record, fields={**record.fields, **planted}))
    town.close()
    document = ("--document", PERSON.number)

    network.coordinator.stop()

    assert fetch(network, code=1)["exit_code"] == 1  # nobody consented yet
    granted = ask(network, "town", "consent", "grant", *document, "--purpose", "casework", "--recipient", "ngo")
    released = fetch(network, code=0)
    assert SHARED in json.dumps(released)
    ask(network, "town", "consent", "withdraw", str(granted["consent_id"]))
    refused = fetch(network, code=1)
    assert "nothing_to_share" in json.dumps(refused)
    # What was written meanwhile is there, whole, and waits only for the network's first witness.
    alone = tmp_path / "export-alone"
    ask(network, "town", "ledger", "export", str(alone))
    audit = network.programs.attempt(AUDIT, "verify", alone, "--json")
    failed = [check["code"] for check in audit.document["checks"] if check["errors"]]
    assert failed == ["witnesses"], str(audit)

    network.coordinator.start()
    network.coordinator.wait_ready()
    for entity in ("town", "ngo"):
        export = tmp_path / f"export-{entity}"
        ask(network, entity, "ledger", "export", str(export))
        network.programs.run(AUDIT, "verify", export)
    receipt = tmp_path / "receipt"
    ask(network, "town", "consent", "receipt", str(granted["consent_id"]), str(receipt))
    network.programs.run(AUDIT, "receipt", receipt / "consent.tlog-proof")

    # The coordinator never held a thing of the person; the asker kept none of it.
    for secret in (*CANARIES, SHARED):
        assert files_with(network.coordinator_home, secret) == []
        assert files_with(network.home("ngo"), secret) == []
        assert files_with(network.logs, secret) == []
