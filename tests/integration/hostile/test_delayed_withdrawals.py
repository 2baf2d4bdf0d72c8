"""A member tries to delay withdrawals, or to crowd them out: by slowness, its own or its witness's, and by a flood."""

import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import grpc
import pytest

from consent_ledger.consents.model import ConsentState
from consent_ledger.log.bodies import Actor
from consent_ledger.proofs.cosignature import CosignatureSigner
from consent_ledger.witnessing import client
from node.consents.consents import GrantInput
from node.consents.propagation import unknown_reports
from node.consents.status import consent_status
from node.ledger.witnessing import rounds
from node.messages.background import deliver_notifications, deliver_withdrawals
from node.operations.status import summary, summary_text
from node.wiring import Node
from records_exchange import reported_ends
from records_exchange.mailboxes import NotificationState
from records_exchange.reported_ends import SqlReportedEnds
from records_exchange.travel import CONSENT_COPY
from records_exchange.withdrawal import CONSENT_WITHDRAWN, PART_LOST, state_withdrawal
from service.findings import Level
from tests.support.exchange import PERSON, ExchangeNetwork
from tests.support.lied_withdrawals import (
    FIELDS,
    acted,
    deliver,
    give,
    honest_network,
    honest_traffic_goes_on,
    said,
    state,
    states,
    tell,
    withdrawals,
)
from tests.support.peer_on_the_wire import PeerOnTheWire
from tests.support.simulated_peer import SimulatedPeer
from tests.support.state import CONTACTS, state_digest
from tests.support.waiting import PATIENCE_SECONDS, eventually
from trust.parties import EntityStatus, WitnessAddress
from trust.signing import Ed25519Signer

pytestmark = [pytest.mark.invariant(4), pytest.mark.invariant(8), pytest.mark.invariant(9)]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeNetwork]:
    with honest_network(tmp_path_factory.mktemp("network")) as network:
        yield network


@pytest.fixture(scope="module")
def liar(network: ExchangeNetwork) -> Iterator[PeerOnTheWire]:
    """A member with a part in the consents of these tests; it can be reached while it is `serving`."""
    peer = PeerOnTheWire(network, SimulatedPeer("liar", dict.fromkeys(FIELDS, "f")))
    yield peer
    peer.close()


@pytest.fixture
def consent(network: ExchangeNetwork, liar: PeerOnTheWire) -> str:
    """A consent given at `town`, that `county` holds too; `ngo` and the liar may receive under it."""
    return give(network, "ngo", liar.peer.entity)


# ---- slowness


@contextmanager
def working(node: Node) -> Iterator[None]:
    """Run what delivers a node's outbox, as its service does."""
    stopping = threading.Event()
    threads = [
        threading.Thread(target=work, args=(node.outbox, stopping))
        for work in (deliver_withdrawals, deliver_notifications)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def reached(node: Node, consent: str) -> bool:
    """Return whether the other honest entities have acknowledged a withdrawal."""
    told = [each for each in consent_status(node.context, consent).notifications if each.what == CONSENT_WITHDRAWN]
    return {"county", "ngo"} <= {each.entity for each in told if each.state is NotificationState.ACKNOWLEDGED}


def test_a_withdrawal_leaves_while_a_witness_dribbles_for_ever(
    network: ExchangeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, consent = network.nodes["town"], give(network, "ngo")
    monkeypatch.setattr(rounds, "submit", partial(client.submit, seconds=3600.0))
    with dribbling() as (url, called):
        key = CosignatureSigner("test.example/coordinator/witness", Ed25519Signer.generate()).vkey
        network.witness = WitnessAddress(vkey=key, url=url)
        network.publish()
        try:
            waits = town.consents.grant(GrantInput(PERSON, ("casework",), ("ngo",), FIELDS, holders=("county",)))
            with working(town):
                assert called.wait(PATIENCE_SECONDS), "its copy waits for the witness"
                town.consents.withdraw(consent)
                assert eventually(partial(reached, town, consent))
                (copy,) = consent_status(town.context, waits.consent_id).notifications
                assert (copy.what, copy.state, copy.attempts) == (CONSENT_COPY, NotificationState.WAITING, 0)
                called.clear()  # ends the dribble
        finally:
            network.witness = None
            network.publish()
    town.consents.withdraw(waits.consent_id)
    assert states(network, consent) == {ConsentState.WITHDRAWN}


@contextmanager
def dribbling() -> Iterator[tuple[str, threading.Event]]:
    """A witness that sends a byte now and then once it was called, until its event is cleared."""
    called, over = threading.Event(), threading.Event()

    def serve(listener: socket.socket) -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
                called.set()
                while called.is_set() and not over.wait(0.05):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        break
                over.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", called
        finally:
            over.set()
            thread.join()


def test_recipients_that_hold_every_call_open_delay_no_withdrawal_to_another(network: ExchangeNetwork) -> None:
    town, release = network.nodes["town"], threading.Event()

    def hang(_method: str, _data: bytes, _context: grpc.ServicerContext) -> bytes:
        release.wait(PATIENCE_SECONDS)
        return b""

    with ExitStack() as stack:
        slow = [PeerOnTheWire(network, SimulatedPeer(f"slow-{number}")) for number in range(4)]
        for peer in slow:
            stack.callback(peer.close)
            stack.enter_context(peer.serving(hang))
        consents = [give(network, "ngo", *(peer.peer.entity for peer in slow)) for _ in range(3)]
        stack.enter_context(working(town))
        stack.callback(release.set)
        for consent in consents:
            town.consents.withdraw(consent)
        for consent in consents:
            assert eventually(partial(reached, town, consent))
        assert not release.is_set()
    for peer in slow:  # no entity leaves a directory
        network.change(peer.peer.entity, status=EntityStatus.SUSPENDED)


# ---- floods


def test_a_flood_of_made_up_withdrawals_is_bounded_alarmed_and_in_nobodys_way(
    network: ExchangeNetwork, liar: PeerOnTheWire, consent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    county, ngo, room = network.nodes["county"], network.nodes["ngo"], 40
    monkeypatch.setattr(reported_ends, "MAX_UNKNOWN", room)
    monkeypatch.setattr(unknown_reports, "ALARMING", room // 2)
    network.clock.advance(days=2)  # type: ignore[attr-defined]  # a frozen clock
    network.publish()
    with honest_traffic_goes_on(network):
        kept = unknown(county).get("liar", 0)
        for _ in range(room - kept):
            made_up = secrets.token_hex(16)
            assert (
                tell(network, liar, "county", CONSENT_WITHDRAWN, said(network, liar, made_up, "county")).reason is None
            )
        before = state_digest(county.context, but=CONTACTS)
        for kind in (CONSENT_WITHDRAWN, PART_LOST, CONSENT_WITHDRAWN) * 10:
            body = acted(network, secrets.token_hex(16))
            assert tell(network, liar, "county", kind, body).reason == "too_many_unknown"
        assert state_digest(county.context, but=CONTACTS) == before
        alarm = unknown_reports.check_reports(county.context)
        assert alarm.level is Level.WARNING
        assert "liar" in str(alarm.text)
        document = summary(county.context, county.certificate)
        assert set(document["unknown_withdrawals"]) == {"liar"}
        assert "liar" in summary_text(document, "en")
        county.inbox_sweep.run()
        # Others are heard as before, and the liar itself where it has a part.
        unheard = secrets.token_hex(16)
        stated = state_withdrawal(
            unheard,
            entity="ngo",
            acted_at=network.clock.now(),
            acted_by=Actor.PERSON,
            signer=ngo.context.keys.signing,
        )
        assert ngo.outbox.ask("county", CONSENT_WITHDRAWN, stated.body()).reply.reason is None
        assert unknown(county)["ngo"] == 1
        assert tell(network, liar, "county", CONSENT_WITHDRAWN, said(network, liar, consent, "liar")).reason is None
        assert state(county, consent) is ConsentState.WITHDRAWN


def unknown(node: Node) -> dict[str, int]:
    with node.context.snapshot() as session:
        return SqlReportedEnds(session).unknown_since(node.context.clock.now().replace(year=2020))


def test_a_withdrawal_of_what_is_not_known_yet_bars_the_consent_and_its_sender_learns_of_it(
    network: ExchangeNetwork, liar: PeerOnTheWire
) -> None:
    """The liar kept it from the origin; the holder to be heard it first, and tells where the consent comes from."""
    town, county = network.nodes["town"], network.nodes["county"]
    given = GrantInput(PERSON, ("casework",), ("ngo", "liar"), FIELDS, holders=("county",))
    consent = town.consents.grant(given).consent_id
    assert tell(network, liar, "county", CONSENT_WITHDRAWN, said(network, liar, consent, "liar")).reason is None
    deliver(network)
    assert state(county, consent) is None
    assert state(town, consent) is ConsentState.WITHDRAWN
    assert withdrawals(town)[-1].entity == "liar"
