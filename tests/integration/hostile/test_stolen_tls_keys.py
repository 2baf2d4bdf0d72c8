"""A thief of an entity's TLS key holds its connections, and must come no further."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from node import serve as node_service
from node.clients import coordinator
from node.identity.requests import certificate_request
from node.operations.doctor import examine
from node.setup import Answers, set_up
from node.wiring import Node
from service.errors import PeerRefused
from service.findings import Level
from service.status import peer_errors
from service.tls import new_tls_key, read_tls_key
from tests.support.network import NETWORK, Network
from tests.support.thief import TlsThief
from tests.support.waiting import PATIENCE_SECONDS
from trust.directory import Directory
from trust.entity_statements import AddressStatement, RenewalStatement, seal_statement
from trust.signing import Ed25519Signer

pytestmark = pytest.mark.invariant(8)


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    monkeypatch.setattr(node_service, "tasks", lambda _node: [])
    made = Network(tmp_path)
    try:
        made.start()
        for entity in ("leon", "soria"):
            made.join(entity)
            made.serve(entity)
        yield made
    finally:
        made.stop()


@pytest.fixture
def thief(net: Network, tmp_path: Path) -> Iterator[TlsThief]:
    net.certify("leon", days_ago=1, life=timedelta(days=30))  # the theft was a while ago
    made = TlsThief(net.nodes["leon"], tmp_path / "thief")
    yield made
    made.close()


def directory_of(node: Node) -> Directory:
    found = node.directory_follower.refresh()
    assert found is not None
    return found


def refused(net: Network, thief: TlsThief) -> str:
    """Return the code with which the coordinator refuses a plain question of the thief."""
    with pytest.raises(PeerRefused) as caught:
        coordinator.newer_directory(thief.to_coordinator(net.coordinator.context.settings.address), 0, 0)
    return caught.value.peer_code


def refused_by_peer(net: Network, thief: TlsThief) -> str:
    """Return the code with which another node refuses the thief."""
    soria = directory_of(net.nodes["soria"]).party("soria")
    channel = thief.to_entity("soria", soria.addresses[0], soria.tls_key)
    with pytest.raises(PeerRefused) as caught, peer_errors("soria"):
        health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE_SECONDS)
    return caught.value.peer_code


def require_honest(net: Network) -> None:
    for node in net.nodes.values():
        directory_of(node)
    for entity, other in (("leon", "soria"), ("soria", "leon")):
        node = net.nodes[entity]
        checks = {finding.check: finding.level for finding in examine(node.context, node.connections)}
        assert checks[f"peer:{other}"] is Level.OK


@pytest.mark.parametrize("own_key", [True, False])
def test_a_thief_cannot_renew_the_certificate(net: Network, thief: TlsThief, *, own_key: bool) -> None:
    key = read_tls_key(thief.certificate.paths[0]) if own_key else None
    if key is None:
        new = thief.certificate.paths[0].with_name("new.pem")
        new.write_bytes(new_tls_key())
        new.chmod(0o600)
        key = read_tls_key(new)
    request = certificate_request(key, "leon")
    statement = RenewalStatement(
        network=NETWORK, entity="leon", time=net.clock.now(), csr_sha256=hashlib.sha256(request).hexdigest()
    )
    channel = thief.to_coordinator(net.coordinator.context.settings.address)
    with pytest.raises(PeerRefused) as caught:
        coordinator.renew(channel, request, seal_statement(statement, Ed25519Signer.generate()))
    assert caught.value.peer_code == "signature_invalid"
    net.nodes["leon"].certificate_renewal.renew()
    require_honest(net)


def test_a_thief_cannot_change_the_addresses(net: Network, thief: TlsThief) -> None:
    before = directory_of(net.nodes["soria"])
    statement = AddressStatement(network=NETWORK, entity="leon", time=net.clock.now(), addresses=("127.0.0.1:9",))
    channel = thief.to_coordinator(net.coordinator.context.settings.address)
    with pytest.raises(PeerRefused) as caught:
        coordinator.update_addresses(channel, seal_statement(statement, Ed25519Signer.generate()))
    assert caught.value.peer_code == "signature_invalid"
    assert directory_of(net.nodes["soria"]) == before
    require_honest(net)


def test_an_older_statement_is_not_taken_after_a_newer_one(net: Network) -> None:
    leon = net.nodes["leon"]
    channel, signer = leon.coordinator_channel(), leon.context.keys.signing
    now = net.clock.now()
    for age, answer in (
        (timedelta(0), ""),
        (timedelta(seconds=1), "statement_refused"),
        (timedelta(hours=1), "statement_refused"),
    ):
        statement = AddressStatement(
            network=NETWORK, entity="leon", time=now - age, addresses=leon.context.settings.addresses
        )
        code = ""
        try:
            coordinator.update_addresses(channel, seal_statement(statement, signer))
        except PeerRefused as error:
            code = error.peer_code
        assert code == answer


def test_a_thief_is_refused_everywhere_once_the_entity_enrolled_again(net: Network, thief: TlsThief) -> None:
    leon = net.nodes["leon"]
    token = net.invite("leon", again=True).to_token()
    set_up(leon.context.home, Answers(token=token, replace=True), net.clock).close()
    assert refused(net, thief) == "certificate_revoked"
    assert refused_by_peer(net, thief) == "certificate_revoked"
    require_honest(net)


def test_a_thief_is_refused_everywhere_once_the_tls_key_was_replaced(net: Network, thief: TlsThief) -> None:
    net.nodes["leon"].certificate_renewal.replace_key()
    assert refused(net, thief) == "certificate_revoked"
    assert refused_by_peer(net, thief) == "certificate_revoked"
    require_honest(net)


def test_a_suspension_revokes_the_certificates_for_good(net: Network, thief: TlsThief) -> None:
    net.suspend("leon")
    assert refused(net, thief) == refused_by_peer(net, thief) == "party_suspended"
    net.reinstate("leon")
    assert refused(net, thief) == refused_by_peer(net, thief) == "certificate_revoked"
    net.nodes["leon"].certificate_renewal.replace_key()  # as the node does by itself when it polls
    assert refused(net, thief) == "certificate_revoked"
    require_honest(net)


def test_nobody_takes_a_thief_for_the_server_of_the_entity(net: Network, thief: TlsThief) -> None:
    leon, soria = net.nodes["leon"], net.nodes["soria"]
    server = grpc.server(ThreadPoolExecutor(2))
    port = server.add_secure_port("127.0.0.1:0", thief.certificate.server_credentials())
    server.start()
    try:
        leon.certificate_renewal.replace_key()
        party = directory_of(soria).party("leon").model_copy(update={"addresses": (f"127.0.0.1:{port}",)})
        (channel,) = soria.transport.channels(party)
        with pytest.raises(grpc.FutureTimeoutError):
            grpc.channel_ready_future(channel).result(timeout=2)
    finally:
        server.stop(0)
    require_honest(net)


def test_a_certificate_that_nobody_recorded_is_refused(net: Network, thief: TlsThief) -> None:
    authority, then = net.coordinator.context.authority, net.clock.now() - timedelta(days=1)
    key = read_tls_key(thief.certificate.paths[0])
    forged = authority.issue(key.public_key(), entity="leon", now=then, life=timedelta(days=9))
    thief.certificate.paths[1].write_bytes(forged.pem)
    assert refused(net, thief) == "certificate_revoked"
    assert refused_by_peer(net, thief) == "certificate_revoked"
