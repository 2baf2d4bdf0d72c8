"""``ledger witness | policy | seen``: a round at the witness of another entity, in words and in exit codes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from consent_ledger.proofs.checkpoint import read_checkpoint
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.witnessing.fork_evidence import evidence_files
from consent_ledger.witnessing.sql_checkpoints import CheckpointRole, SqlCheckpointStore
from consent_ledger.witnessing.witness import MAX_REQUEST_BYTES
from node.cli.app import app
from node.ledger.witnessing.errors import NothingSeen
from service.clock import SystemClock
from service.http_server import start_http
from tests.support.exchange import NETWORK, ExchangeNetwork, grant, hold, person_record
from tests.support.hostile import rewrite_ledger
from trust.parties import WitnessAddress, ledger_origin
from trust.published_keys import key_of_vkey

NOBODY_LISTENS = "http://127.0.0.1:1"


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    """``town`` has one consent in its ledger; ``county`` witnesses."""
    network = ExchangeNetwork(tmp_path, SystemClock())
    for entity in ("town", "county", "ngo"):
        network.add(entity)
    hold(network.nodes["town"], person_record())
    grant(network.nodes["town"], "ngo")
    endpoint = network.nodes["county"].witness_endpoint
    server = start_http("127.0.0.1:0", endpoint.handle, max_body_bytes=MAX_REQUEST_BYTES)
    url = f"http://127.0.0.1:{server.port}"
    witness = WitnessAddress(vkey=endpoint.cosigner.vkey, url=url)
    network.change("county", witness=witness, witness_key=key_of_vkey(witness.vkey).hex())
    yield network
    server.stop()
    network.close()


def run(network: ExchangeNetwork, entity: str, *words: str) -> Result:
    return CliRunner().invoke(app, ["ledger", *words, "--home", str(network.nodes[entity].context.home)])


def unreachable_coordinator(network: ExchangeNetwork) -> None:
    """List a coordinator that witnesses, which makes its cosignature needed, and does not answer."""
    network.witness = WitnessAddress(vkey=network.nodes["ngo"].witness_endpoint.cosigner.vkey, url=NOBODY_LISTENS)
    network.publish()


def kept(network: ExchangeNetwork, entity: str, role: CheckpointRole) -> int | None:
    node = network.nodes[entity]
    with node.context.snapshot() as session:
        found = SqlCheckpointStore(session, role).get(ledger_origin(NETWORK, "town"))
    return found.size if found else None


def test_a_round_says_who_cosigned(network: ExchangeNetwork) -> None:
    told = json.loads(run(network, "town", "witness", "--json").stdout)
    assert told == {
        "size": 1,
        "quorum": True,
        "witnesses": [{"witness": "county", "cosigned": True, "fault": ""}],
    }
    assert (kept(network, "town", CheckpointRole.OWN), kept(network, "county", CheckpointRole.WITNESS)) == (1, 1)


@pytest.mark.parametrize(
    ("lang", "verdict"),
    [("es", "Hay cofirmas suficientes del registro."), ("en", "Enough witnesses cosigned the ledger.")],
)
def test_a_round_is_told_in_words(network: ExchangeNetwork, lang: str, verdict: str) -> None:
    assert run(network, "town", "witness", "--lang", lang).stdout.splitlines() == ["✓ Entidad county", verdict]


@pytest.mark.parametrize(
    ("lang", "fault", "verdict"),
    [
        ("es", "Un testigo del registro no responde.", "Faltan cofirmas del registro"),
        ("en", "the witness at http://127.0.0.1:1 does not answer", "Not enough witnesses cosigned the ledger"),
    ],
)
def test_a_witness_that_is_missed_is_named_and_the_checkpoint_is_not_kept_as_cosigned(
    network: ExchangeNetwork, lang: str, fault: str, verdict: str
) -> None:
    unreachable_coordinator(network)
    shown = " ".join(
        run(network, "town", "witness", "--lang", lang).stdout.split()
    )  # lines end where the terminal does
    missed, _, seconded = shown.partition(" ✓ Entidad county ")
    assert missed.startswith(("✗ Coordinador: ", "✗ Coordinator: "))
    assert fault in missed
    assert seconded.startswith(verdict)
    told = json.loads(run(network, "town", "witness", "--json").stdout)
    assert (told["quorum"], told["witnesses"][0]["fault"]) == (False, "witness_unreachable")
    assert kept(network, "town", CheckpointRole.OWN) is None


def test_a_network_without_witnesses_says_so(network: ExchangeNetwork) -> None:
    network.change("county", witness=None)
    assert json.loads(run(network, "town", "witness", "--json").stdout) == {
        "size": None,
        "quorum": True,
        "witnesses": [],
    }
    assert run(network, "town", "witness").stdout.strip() == "La red no tiene testigos."
    assert run(network, "town", "witness", "--lang", "en").stdout.strip() == "The network has no witnesses."


def test_a_ledger_that_was_rewritten_is_told_of_by_its_witness(network: ExchangeNetwork) -> None:
    assert run(network, "town", "witness").exit_code == 0
    town = network.nodes["town"]
    rewrite_ledger(town, 1, network.clock.now())
    told = json.loads(run(network, "town", "witness", "--json").stdout)
    assert told["witnesses"] == [{"witness": "county", "cosigned": False, "fault": "ledger_contradicted"}]
    assert evidence_files(town.context.home)
    assert kept(network, "county", CheckpointRole.WITNESS) == 1


def test_the_policy_that_is_printed_trusts_what_was_cosigned(network: ExchangeNetwork) -> None:
    assert run(network, "town", "witness").exit_code == 0
    policy = TrustPolicy.parse(json.loads(run(network, "ngo", "policy", "town", "--json").stdout)["policy"].encode())
    note = json.loads(run(network, "county", "seen", "town", "--json").stdout)["checkpoint"].encode()
    checkpoint, witnesses = policy.open(note)
    assert (checkpoint.size, witnesses) == (1, ("county",))
    assert read_checkpoint(run(network, "county", "seen", "town").stdout.encode()).size == 1
    own = run(network, "town", "policy").stdout
    assert own.strip() == json.loads(run(network, "town", "policy", "--json").stdout)["policy"].strip()


def test_of_a_ledger_never_seen_nothing_is_printed(network: ExchangeNetwork) -> None:
    refused = run(network, "ngo", "seen", "town", "--json")
    assert isinstance(refused.exception, NothingSeen)
    assert refused.stdout == ""
