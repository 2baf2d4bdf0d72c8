"""Every call that a program makes ends by a deadline of its own: a peer that accepts and never answers holds nobody."""

import ast
import inspect
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from types import ModuleType
from typing import Any

import grpc
import pytest
from typing_extensions import override

from consent_ledger.witnessing import client as witness_client
from consent_ledger.witnessing.errors import WitnessUnreachable
from coordinator.rpc import relay_client
from node.clients import coordinator, ledger, locator, peers, relay, training
from node.operations import doctor
from policies.errors import RedpactError
from records_exchange.message import MESSAGE_TYPE
from records_exchange.request import REQUEST_TYPE
from service.errors import PeerUnreachable
from tests.support.source import modules
from tests.support.waiting import PATIENCE_SECONDS
from trust.key_changes import KeyChangeRecord
from trust.locator_terms import KeyStatementRecord
from trust.recovery import Veto
from trust.signing import Envelope

pytestmark = pytest.mark.invariant(9)

SHORT = 0.2
ENVELOPE = Envelope(MESSAGE_TYPE, b"{}", "key", bytes(64))
REQUEST = Envelope(REQUEST_TYPE, b"{}", "key", bytes(64))
VETO = Veto(payload="{}", by_signing="00" * 64)
KEY_CHANGE = KeyChangeRecord(payload="{}", by_signing="00" * 64, by_old="00" * 64, by_new="00" * 64)

KEY_STATEMENT = KeyStatementRecord(payload="{}", by_signing="00" * 64, possession="00" * 64)


class _Silent(grpc.GenericRpcHandler):
    """Takes every call and answers none until it is told to end."""

    def __init__(self) -> None:
        self.ending = threading.Event()

    @override
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        def wait(_requests: Any, _context: grpc.ServicerContext) -> Iterator[bytes]:
            self.ending.wait(2 * PATIENCE_SECONDS)
            yield from ()

        return grpc.stream_stream_rpc_method_handler(wait)


@pytest.fixture
def silent() -> Iterator[grpc.Channel]:
    """Give a channel to a server that speaks HTTP/2 and never answers a call."""
    handler = _Silent()
    server = grpc.server(ThreadPoolExecutor(16), handlers=[handler])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
        handler.ending.set()
        server.stop(0).wait()


@pytest.fixture
def mute() -> Iterator[int]:
    """Give a port at which connections are accepted, by the kernel, and nothing is ever read."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in CLIENTS:
        for name in vars(module):
            if name.endswith("_SECONDS"):
                monkeypatch.setattr(module, name, SHORT)
        for function in vars(module).values():
            if inspect.isfunction(function) and "seconds" in (function.__kwdefaults__ or {}):
                monkeypatch.setitem(function.__kwdefaults__ or {}, "seconds", SHORT)


CLIENTS: tuple[ModuleType, ...] = (coordinator, ledger, locator, peers, relay, training, witness_client, doctor)

Call = Callable[[grpc.Channel], object]


def _locator(channel: grpc.Channel) -> locator.LocatorClient:
    return locator.LocatorClient(lambda: channel, lambda _holder: [channel] * 8)


def _training(channel: grpc.Channel) -> training.TrainingClient:
    return training.TrainingClient(lambda: channel)


CALLS: dict[str, Call] = {
    "coordinator.enrol": lambda channel: coordinator.enrol(
        channel, secret="s", csr_pem=b"", application=ENVELOPE, known_size=0
    ),
    "coordinator.recover": lambda channel: coordinator.recover(channel, secret="s", payload=b"", signatures={}),
    "coordinator.veto_recovery": lambda channel: coordinator.veto_recovery(channel, VETO),
    "coordinator.renew": lambda channel: coordinator.renew(channel, b"", ENVELOPE),
    "coordinator.newer_directory": lambda channel: coordinator.newer_directory(channel, 1, 1),
    "coordinator.directories_proof": lambda channel: coordinator.directories_proof(channel, 1, 2),
    "coordinator.directory_hints": lambda channel: list(coordinator.directory_hints(channel)),
    "coordinator.update_addresses": lambda channel: coordinator.update_addresses(channel, ENVELOPE),
    "coordinator.change_key": lambda channel: coordinator.change_key(channel, KEY_CHANGE),
    "ledger.consistency_proof": lambda channel: ledger.consistency_proof("h", [channel] * 8, 1, 2),
    "locator.evaluate": lambda channel: _locator(channel).evaluate("h", ENVELOPE, [b""]),
    "locator.offer_key": lambda channel: _locator(channel).offer_key(KEY_STATEMENT),
    "locator.publish": lambda channel: _locator(channel).publish(ENVELOPE),
    "locator.published": lambda channel: list(_locator(channel).published(1)),
    "locator.find": lambda channel: _locator(channel).find(ENVELOPE),
    "peers.call_peer": lambda channel: peers.call_peer("h", [channel] * 8, ENVELOPE),
    "peers.call_peer, a fetch": lambda channel: peers.call_peer("h", [channel] * 8, REQUEST),
    "relay.attend": lambda channel: list(relay.attend(channel)),
    "relay.pass_on": lambda channel: relay.pass_on(channel, "h", b""),
    "relay.answer": lambda channel: relay.answer(channel, "00", b""),
    "relay.attached": relay.attached,
    "training.campaigns": lambda channel: _training(channel).campaigns(),
    "training.decide": lambda channel: _training(channel).decide(ENVELOPE),
    "training.pull": lambda channel: _training(channel).pull(0.0),
    "training.push": lambda channel: _training(channel).push("t", ENVELOPE),
    "training.release": lambda channel: _training(channel).release("c"),
}


def gives_up(call: Callable[[], object]) -> RedpactError:
    """Return the error with which a call ends by itself; fail when it waits for as long as the other side likes."""
    with ThreadPoolExecutor(1) as pool:
        error = pool.submit(call).exception(PATIENCE_SECONDS)
    assert isinstance(error, RedpactError)
    return error


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_nobody_answers_ends_by_itself(silent: grpc.Channel, name: str) -> None:
    assert isinstance(gives_up(lambda: CALLS[name](silent)), PeerUnreachable)


@pytest.mark.parametrize("name", CALLS)
def test_a_connection_without_a_handshake_ends_by_itself(mute: int, name: str) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{mute}") as channel:
        assert isinstance(gives_up(lambda: CALLS[name](channel)), PeerUnreachable)


class _Refusing:
    """A channel on which every call fails at once, after it said how long it would have waited."""

    def __init__(self) -> None:
        self.timeouts: list[float] = []

    def unary_unary(self, *_method: object, **_named: object) -> Callable[..., object]:
        def call(_request: object, timeout: float) -> object:
            self.timeouts.append(timeout)
            raise grpc.RpcError

        return call


@pytest.mark.parametrize("call", [CALLS["peers.call_peer"], CALLS["ledger.consistency_proof"]])
def test_the_addresses_of_a_peer_share_one_deadline(call: Call) -> None:
    channel = _Refusing()
    with pytest.raises(PeerUnreachable):
        call(channel)  # type: ignore[arg-type]  # the part of a channel that is used
    assert len(channel.timeouts) == 8
    assert channel.timeouts[0] <= SHORT / 8
    assert channel.timeouts == sorted(channel.timeouts)
    assert channel.timeouts[-1] <= SHORT


def test_a_witness_that_never_answers_is_left(mute: int) -> None:
    allowed = [ip_network("127.0.0.0/8")]
    error = gives_up(lambda: witness_client.exchange(f"http://127.0.0.1:{mute}", "GET", "/", allowed=allowed))
    assert isinstance(error, WitnessUnreachable)


def test_every_client_is_called_here() -> None:
    """A new function of a client is a line in `CALLS`."""
    called = {name.partition(",")[0] for name in CALLS}
    public = set()
    for module in (coordinator, ledger, locator, peers, relay, training):
        short = module.__name__.rpartition(".")[2]
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) != module.__name__ or name.startswith("_"):
                continue
            methods = vars(value) if inspect.isclass(value) and name.endswith("Client") else {}
            public |= {f"{short}.{each}" for each in methods if not each.startswith("_")}
            public |= {f"{short}.{name}"} if inspect.isfunction(value) else set()
    assert public == called


def test_no_call_of_a_stub_is_without_a_deadline() -> None:
    packages = ("node", "coordinator", "service", "consent_ledger", "federated")
    stubs = [
        (module.name, call)
        for module in modules(*packages)
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and _is_stub(call.func.value)
    ]
    assert len(stubs) > 20
    without = [
        (name, ast.unparse(call)) for name, call in stubs if "timeout" not in {each.arg for each in call.keywords}
    ]
    assert without == []


def _is_stub(value: ast.expr) -> bool:
    text = ast.unparse(value.func) if isinstance(value, ast.Call) else ast.unparse(value)
    return text.rpartition(".")[2] in {"stub", "_stub"} or text.endswith("Stub")


def test_the_client_of_the_coordinators_own_relay_has_a_deadline() -> None:
    assert 0 < relay_client._TIMEOUT_SECONDS <= 10  # noqa: SLF001 - it takes a whole service to call it
