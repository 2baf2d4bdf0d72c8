"""A member publishes a witness that nobody can use: refused, or left out and named, and every ledger goes on."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_ledger.audit.verify import verify_export
from consent_ledger.proofs.cosignature import CosignatureSigner
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.receipt import verify_receipt
from consent_ledger.witnessing.assignment import assigned_witnesses
from consent_ledger.witnessing.client import exchange
from consent_ledger.witnessing.errors import WitnessUnreachable
from coordinator.cli.app import main as coordinator_main
from node import serve as node_service
from node.cli.app import main as node_main
from node.clients.coordinator import update_addresses
from node.identity.reach import own_cosigner
from node.ledger.export import export_own_ledger, ledger_policy
from node.ledger.witnessing.report import round_report
from node.ledger.witnessing.rounds import run_round
from node.operations.doctor import examine
from node.wiring import Node
from policies.errors import RedpactError
from service.findings import Level
from tests.support.addresses import free_address
from tests.support.commands import invoke
from tests.support.exchange import grant, hold, person_record
from tests.support.network import NETWORK, Network
from tests.support.waiting import PATIENCE_SECONDS
from trust.entity_statements import AddressStatement, seal_statement
from trust.errors import AddressRefused
from trust.parties import EntityKind, WitnessAddress, witness_name
from trust.published import range_of

pytestmark = pytest.mark.invariant(8)

LOOPBACK = range_of("127.0.0.1:1")


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A coordinator, two honest entities that witness, and one that lies about its witness."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(node_service, "tasks", lambda _node: [])
        net = Network(tmp_path_factory.mktemp("network"), witness_listen=free_address(), witness_quorum=1)
        try:
            net.start()
            for entity in ("town", "ngo", "liar"):
                net.join(entity, kind=EntityKind.PUBLIC)
            refresh(net)
            for entity in ("town", "ngo"):
                net.serve(entity)
            hold(net.nodes["town"], person_record())
            grant(net.nodes["town"], "ngo")
            yield net
        finally:
            net.stop()


def refresh(net: Network) -> None:
    for entity, node in net.nodes.items():
        if entity != "liar":  # it would see a key that is not its own
            node.directory_follower.refresh()


def lies(net: Network) -> dict[str, WitnessAddress]:
    liar = net.nodes["liar"]
    own = own_cosigner(liar.context.settings, liar.context.keys).vkey
    same = CosignatureSigner(witness_name(NETWORK, "liar"), net.coordinator.context.keys.witness).vkey
    return {
        "the coordinator's key": WitnessAddress(vkey=same, url="http://127.0.0.1:9/"),
        "a separator in the URL": WitnessAddress(vkey=own, url="http://127.0.0.1\x1c:9/"),
        "a separator in the path": WitnessAddress(vkey=own, url="http://127.0.0.1:9/a\x1cb"),
        "a terminal escape": WitnessAddress(vkey=own, url="http://127.0.0.1:9/\x1b]52;c;AAAA\x07"),
        "letters of another script": WitnessAddress(vkey=own, url="http://tеstigo.example:9/"),  # noqa: RUF001 - the lie
        "a user": WitnessAddress(vkey=own, url="http://coordinator@127.0.0.1:9/"),
    }


LIES = {
    "the coordinator's key": "entity_invalid",
    "a separator in the URL": "address_refused",
    "a separator in the path": "address_refused",
    "a terminal escape": "address_refused",
    "letters of another script": "address_refused",
    "a user": "address_refused",
}


def require_honest_traffic(net: Network, folder: Path) -> None:
    town = net.nodes["town"]
    done = run_round(town.context)
    assert done is not None
    assert done.quorum
    policy = TrustPolicy.parse(ledger_policy(net.nodes["ngo"].context, "town").encode())
    export_own_ledger(town.context, folder / "export")
    assert verify_export(folder / "export", policy).passed
    (view,) = town.consents.list()
    receipt = town.consents.receipt(view.consent_id, folder / "receipt", pdf=False)
    assert "coordinator" in verify_receipt(receipt / "consent.tlog-proof", policy).witnesses


def publish(net: Network, witness: WitnessAddress) -> None:
    """Put a witness in the directory as a coordinator that checks nothing would."""
    context = net.coordinator.context
    with context.transaction() as session:
        registry = net.coordinator.registry(session)
        registry.set_addresses("liar", ("127.0.0.1:9",), net.clock.now(), witness=witness)
    for node in net.nodes.values():
        node.context.directory.settle(restart=True)  # as nodes that join: those that know the liar follow its keys
    refresh(net)


def state_addresses(net: Network, addresses: tuple[str, ...], witness: WitnessAddress | None = None) -> None:
    """Send a statement that the liar signed."""
    follower = net.nodes["liar"].directory_follower
    statement = AddressStatement(
        network=NETWORK, entity="liar", time=net.clock.now(), addresses=addresses, witness=witness
    )
    update_addresses(follower.channel(), seal_statement(statement, follower.keys.signing))


def finding(node: Node) -> tuple[Level, str]:
    found = next(each for each in examine(node.context, node.connections) if each.check == "witnesses")
    return found.level, str(found.text)


@pytest.mark.parametrize("lie", LIES)
def test_the_coordinator_refuses_a_witness_that_nobody_can_use(net: Network, tmp_path: Path, lie: str) -> None:
    before = serial(net)
    with pytest.raises(RedpactError) as caught:
        state_addresses(net, ("127.0.0.1:9",), lies(net)[lie])
    assert getattr(caught.value, "peer_code", "") == LIES[lie]
    assert serial(net) == before
    require_honest_traffic(net, tmp_path)


def serial(net: Network) -> int:
    with net.coordinator.context.snapshot() as session:
        return net.coordinator.registry(session).serial()


@pytest.mark.parametrize("lie", LIES)
def test_a_bad_witness_in_the_directory_is_left_out_and_named(net: Network, tmp_path: Path, lie: str) -> None:
    town = net.nodes["town"]
    publish(net, lies(net)[lie])
    directory = town.context.directory.newest()
    assert directory is not None
    assert "liar" not in {each.id for each in assigned_witnesses(directory, "town")}
    require_honest_traffic(net, tmp_path)
    assert "# left out: liar (witness_" in ledger_policy(town.context, "town")
    document, text = round_report(town.context, "en")
    assert set(document["left_out"]) == {"liar"}
    assert "liar" in text
    level, words = finding(town)
    assert level is Level.WARNING
    assert "liar" in words


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254:80",
        "10.0.0.7:22",
        "0.0.0.0:7443",
        "224.0.0.1:9",
        "[fe80::1]:9",
        "[::ffff:10.0.0.1]:9",
        "2130706433:9",
    ],
)
def test_an_address_inside_other_peoples_networks_is_refused(net: Network, address: str) -> None:
    before = serial(net)
    with pytest.raises(RedpactError) as caught:
        state_addresses(net, (address,))
    assert getattr(caught.value, "peer_code", "") == "address_refused"
    assert serial(net) == before


def test_a_node_opens_no_connection_to_an_address_that_is_not_configured() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(AddressRefused):
                exchange(f"http://{host}:{listener.getsockname()[1]}", "GET", "/x", allowed=())
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"])
def test_a_witness_that_dribbles_is_given_up_in_time(begin: bytes) -> None:
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def dribble() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(begin)
                while not stop.wait(0.05):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=dribble)
        thread.start()
        started = time.monotonic()
        with pytest.raises(WitnessUnreachable):
            exchange(f"http://127.0.0.1:{listener.getsockname()[1]}", "GET", "/x", allowed=LOOPBACK, seconds=0.5)
        assert time.monotonic() - started < 3
        stop.set()
        thread.join(PATIENCE_SECONDS)


@pytest.mark.parametrize("entity", ["xn--lon-6na", "xn--a"])
def test_an_entity_id_that_may_be_shown_as_other_letters_is_refused(net: Network, entity: str) -> None:
    with pytest.raises(RedpactError) as caught:
        net.invite(entity)
    assert caught.value.code == "entity_invalid"


def test_no_address_of_a_member_steers_a_terminal(net: Network) -> None:
    """An address with OSC 52, which writes the clipboard, reached `status`, `doctor` and `entity list`."""
    context = net.coordinator.context
    with context.transaction() as session:
        registry = net.coordinator.registry(session)
        registry.set_addresses("liar", ("liar\x1b]52;c;cm0gLXJmIC8=\x07.example:1", "\u202eliar:2"), net.clock.now())
    refresh(net)
    home, coordinator = str(net.nodes["town"].context.home), str(context.home)
    for words in ((), ("--json",), ("--lang", "en")):
        for shown in (
            invoke(node_main, "status", "--home", home, *words),
            invoke(node_main, "doctor", "--home", home, *words),
            invoke(coordinator_main, "entity", "list", "--home", coordinator, *words),
        ):
            assert shown.out
            assert all(each in "\n\u00a0\u202f" or each.isprintable() for each in shown.out + shown.err)
