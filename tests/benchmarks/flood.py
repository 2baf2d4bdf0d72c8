"""One flood, run as a process of its own: a member with its own keys, or a stranger, as fast as it is told to be.

Usage: python -m tests.benchmarks.flood NAME HOME ENROLMENT DOCUMENT

HOME is that of the member's node, which is enrolled and does not serve; ENROLMENT the coordinator's port for a first
call; DOCUMENT of a fictitious person whom the member and the holder know. It prints ``ready``, floods until its input
is closed, and prints what it sent as JSON: ``{"sent": N, "passed": N}``.
"""

import json
import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from consent_ledger.log.actors import Actor
from node.clients.coordinator import change_key, update_addresses
from node.clients.peers import call_peer
from node.consents.consents import GrantInput
from node.directory_cache import CA_FILE
from node.ledger.witnessing.rounds import run_round
from node.people.documents import parse_document
from node.wiring import Node
from policies.errors import RedpactError
from records_exchange.assurance.given_codes import GivenCodes
from records_exchange.assurance.person_code import GivenCode, new_code, new_serial
from records_exchange.message import NOTIFICATION_LIFETIME, new_message, seal_message
from records_exchange.request import Question, build_request, seal_request
from records_exchange.withdrawal import CONSENT_WITHDRAWN, state_withdrawal
from service.channels import CALL_SECONDS
from tests.benchmarks.fetch import HOLDER
from trust import canonical
from trust.addresses import split_address
from trust.entity_statements import AddressStatement, seal_statement
from trust.key_changes import KeyChange, KeyChangeRecord
from trust.key_proofs import KeyPurpose
from trust.parties import COORDINATOR_ID, Party, server_name

STRANGER: Final = "127.0.0.66"
"""The address from which strangers call: the honest asker is behind another."""
AT_ONCE: Final = 16
"""Calls of one flood under way."""
SLOW_SOCKETS: Final = 90
LARGE: Final = 1 << 20
OVERSIZED: Final = 6 << 20
GUESSES: Final = 150
SUBJECT: Final = "5a" * 32
_STEP_SECONDS: Final = 0.02


@dataclass
class Flood:
    """A member and its target.

    Attributes:
        node: of the member.
        enrolment: address of the coordinator's port for a first call.
        document: of a person whom the member and the holder know.
        stopping: set when the flood is to end.
        sent: number of calls made.
        passed: number of them that were not refused.
    """

    node: Node
    enrolment: str
    document: str
    stopping: threading.Event = field(default_factory=threading.Event)
    sent: int = 0
    passed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def entity(self) -> str:
        """The member."""
        return self.node.context.settings.entity

    @property
    def holder(self) -> Party:
        """The entity that is flooded."""
        return self.node.context.directory.current(self.node.context.clock.now()).party(HOLDER)

    def channel(self) -> grpc.Channel:
        """Return the member's channel to the holder."""
        name = server_name(self.node.context.settings.network, HOLDER)
        return self.node.channels.channel(self.holder.addresses[0], name)

    def count(self, call: Callable[[], object]) -> None:
        """Make a call and count it."""
        passed = False
        with suppress(RedpactError, grpc.RpcError, OSError):
            call()
            passed = True
        with self._lock:
            self.sent += 1
            self.passed += passed

    def at_rate(self, per_second: float, call: Callable[[], object]) -> None:
        """Make calls at a rate, a bounded number at once, until the flood is to end."""
        room = threading.BoundedSemaphore(AT_ONCE)
        began, made = time.monotonic(), 0

        def one() -> None:
            try:
                self.count(call)
            finally:
                room.release()

        with ThreadPoolExecutor(AT_ONCE) as pool:
            while not self.stopping.wait(_STEP_SECONDS):
                due = int((time.monotonic() - began) * per_second)
                while made < due and room.acquire(blocking=False):
                    pool.submit(one)
                    made += 1


def withdrawals(flood: Flood) -> None:
    """Report withdrawals of consents that do not exist."""
    keys = flood.node.context.keys

    def report() -> None:
        now = flood.node.context.clock.now()
        made_up = secrets.token_hex(16)
        said = state_withdrawal(made_up, entity=flood.entity, acted_at=now, acted_by=Actor.PERSON, signer=keys.signing)
        message = new_message(
            CONSENT_WITHDRAWN, said.body(), sender=flood.entity, recipient=HOLDER, now=now, life=NOTIFICATION_LIFETIME
        )
        call_peer(HOLDER, [flood.channel()], seal_message(message, keys.signing))

    flood.at_rate(237, report)


def directory_updates(flood: Flood) -> None:
    """Publish one address after the other."""
    context, ports = flood.node.context, iter(range(1024, 65_536))

    def publish() -> None:
        statement = AddressStatement(
            network=context.settings.network,
            entity=flood.entity,
            time=context.clock.now(),
            addresses=(f"127.0.0.1:{next(ports)}",),
        )
        update_addresses(flood.node.coordinator_channel(), seal_statement(statement, context.keys.signing))

    flood.at_rate(100, publish)


def connections(flood: Flood) -> None:
    """Open connections that never begin their TLS handshake, and keep them."""
    address, kept = split_address(flood.holder.addresses[0]), []

    def connect() -> None:
        kept.append(socket.create_connection(address, timeout=5, source_address=(STRANGER, 0)))

    flood.at_rate(150, connect)
    for each in kept:
        each.close()


def slow_sockets(flood: Flood) -> None:
    """Send requests to the witness port, byte by byte."""
    witness = flood.holder.witness
    if witness is None:
        raise RuntimeError("the holder is no witness")
    address = split_address(witness.url.removeprefix("http://").rstrip("/"))
    open_sockets: list[socket.socket] = []
    while not flood.stopping.wait(_STEP_SECONDS):
        while len(open_sockets) < SLOW_SOCKETS:
            flood.count(
                lambda: open_sockets.append(socket.create_connection(address, timeout=5, source_address=(STRANGER, 0)))
            )
        for each in tuple(open_sockets):
            try:
                each.sendall(b"P")
            except OSError:
                open_sockets.remove(each)


def fetches(flood: Flood) -> None:
    """Ask with requests that are unsigned, or signed with a key that is not the member's."""
    context, made = flood.node.context, iter(range(1 << 40))

    def ask() -> None:
        question = Question("casework", ("person.sex", "work.status"), "entity_technician")
        request = build_request(question, asker=flood.entity, holder=HOLDER, subject=SUBJECT, now=context.clock.now())
        sealed = seal_request(request, context.keys.signing)
        signature = bytes(64) if next(made) % 2 else sealed.signature[::-1]
        call_peer(HOLDER, [flood.channel()], replace(sealed, signature=signature))

    flood.at_rate(200, ask)


def code_guesses(flood: Flood) -> None:
    """Send consents with guessed codes of cards; they are made and cosigned beforehand."""
    node, person = flood.node, parse_document(flood.document)
    for _ in range(GUESSES):
        guessed = GivenCodes({HOLDER: GivenCode(new_serial(), 1, new_code(), HOLDER)})
        given = GrantInput(
            person, ("casework",), (flood.entity,), ("work.status",), holders=(HOLDER,), proofs=(guessed,)
        )
        node.consents.grant(given)
    run_round(node.context)
    _ready()
    while not flood.stopping.is_set():
        flood.sent += (delivered := node.outbox.deliver_due())
        flood.passed += delivered
        if not delivered:
            flood.stopping.wait(_STEP_SECONDS)


def key_statements(flood: Flood) -> None:
    """Send changes of keys that no key in force has signed."""
    context = flood.node.context
    own = context.directory.current(context.clock.now()).party(flood.entity)

    def send() -> None:
        change = KeyChange(
            network=context.settings.network,
            entity=flood.entity,
            purpose=KeyPurpose.SIGNING,
            sequence=1,
            time=context.clock.now(),
            old=own.signing_key,
            new=secrets.token_hex(32),
        )
        payload = canonical.encode(change.model_dump(mode="json")).decode()
        record = KeyChangeRecord(payload=payload, by_signing="00" * 64, by_old="00" * 64, by_new="00" * 64)
        change_key(flood.node.coordinator_channel(), record)

    flood.at_rate(200, send)


def oversized(flood: Flood) -> None:
    """Send messages above our bound, and others above what gRPC takes."""
    made = iter(range(1 << 40))

    def send() -> None:
        size = LARGE if next(made) % 2 else OVERSIZED
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = flood.channel().unary_unary("/redpact.v1.Messages/Deliver")
        call(bytes(size), timeout=CALL_SECONDS)

    flood.at_rate(20, send)


def health_streams(flood: Flood) -> None:
    """Hold streams of gRPC's health check: as strangers at the port of enrolment, and as a member at the holder."""
    network, ca = flood.node.context.settings.network, (flood.node.context.home / CA_FILE).read_bytes()
    options = [("grpc.ssl_target_name_override", server_name(network, COORDINATOR_ID))]
    stubs = [health_pb2_grpc.HealthStub(flood.channel())]
    made = iter(range(1 << 40))
    with grpc.secure_channel(flood.enrolment, grpc.ssl_channel_credentials(ca), options=options) as channel:
        stubs.append(health_pb2_grpc.HealthStub(channel))

        def hold() -> None:
            for _change in stubs[next(made) % 2].Watch(health_pb2.HealthCheckRequest(), timeout=CALL_SECONDS):
                if flood.stopping.wait(CALL_SECONDS):
                    return

        flood.at_rate(200, hold)


FLOODS: Final[dict[str, Callable[[Flood], None]]] = {
    each.__name__: each
    for each in (
        withdrawals,
        directory_updates,
        connections,
        slow_sockets,
        fetches,
        code_guesses,
        key_statements,
        oversized,
        health_streams,
    )
}


def _ready() -> None:
    print("ready", flush=True)  # noqa: T201 - the benchmark waits for it


def main() -> None:
    """Flood until the standard input is closed."""
    name, home, enrolment, document = sys.argv[1:]
    os.nice(19)  # a real one uses the processor of another machine
    with Node(Path(home)) as node:
        flood = Flood(node, enrolment, document)
        node.context.directory.current(node.context.clock.now())
        if name != code_guesses.__name__:
            _ready()
        thread = threading.Thread(target=FLOODS[name], args=(flood,))
        thread.start()
        sys.stdin.read()
        flood.stopping.set()
        thread.join()
    print(json.dumps({"sent": flood.sent, "passed": flood.passed}))  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
