import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from grpc_health.v1 import health_pb2, health_pb2_grpc

from coordinator.authority import Authority
from service.channels import ChannelPool
from service.errors import AddressInUse, CertificateUnusable, PeerRefused, PeerUnreachable, PeerUntrusted
from service.grpc_server import RunningServer, start_server
from service.peer import caller_id
from service.status import peer_code, peer_errors
from service.tls import CurrentCertificate
from tests.support.guards import call_guard
from tests.support.pki import Credentials, authority, credentials
from tests.support.waiting import PATIENCE_SECONDS
from trust.errors import PartySuspended
from trust.parties import server_name

NETWORK = "tls.test.example"


class Echo:
    """A servicer with one method per way to end; it returns the caller's id."""

    def register(self, server: grpc.Server) -> None:
        names = {"Who": self.who, "Refuse": self.refuse, "Break": self.break_, "Health": self.parse}
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(
                behaviour,
                request_deserializer=health_pb2.HealthCheckRequest.FromString,
                response_serializer=lambda value: value,
            )
            for name, behaviour in names.items()
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", handlers),))

    def who(self, _request: Any, context: grpc.ServicerContext) -> bytes:
        return caller_id(context, NETWORK).encode()

    def refuse(self, _request: Any, _context: grpc.ServicerContext) -> bytes:
        raise PartySuspended("leon is suspended")

    def break_(self, _request: Any, _context: grpc.ServicerContext) -> bytes:
        raise RuntimeError("secret detail 12345678Z")

    def parse(self, request: health_pb2.HealthCheckRequest, _context: grpc.ServicerContext) -> bytes:
        return str(request.service).encode()


def call(current: CurrentCertificate, port: int, *, method: str = "Who", data: bytes = b"", name: str = "avila") -> str:
    """Call the servicer with its own connection."""
    pool = ChannelPool(current)
    try:
        stub: Any = pool.channel(f"127.0.0.1:{port}", server_name(NETWORK, name)).unary_unary(f"/test.Echo/{method}")
        with peer_errors("avila"):
            return bytes(stub(data, timeout=PATIENCE_SECONDS)).decode()
    finally:
        pool.close()


@pytest.fixture(scope="module")
def ca_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def ca(ca_key: ec.EllipticCurvePrivateKey) -> Authority:
    return authority(NETWORK, ca_key)


@pytest.fixture
def server_files(tmp_path: Path, ca: Authority) -> Credentials:
    return credentials(tmp_path / "server", ca, "avila")


@pytest.fixture
def server(server_files: Credentials) -> Iterator[RunningServer]:
    credential = server_files.current().server_credentials()
    running = start_server("127.0.0.1:0", credential, [Echo().register], workers=4, guard=call_guard(NETWORK))
    yield running
    running.stop(0)


@pytest.fixture
def client(tmp_path: Path, ca: Authority) -> Credentials:
    return credentials(tmp_path / "client", ca, "leon")


def test_the_caller_is_who_its_certificate_says(server: RunningServer, client: Credentials) -> None:
    assert call(client.current(), server.port) == "leon"


def test_no_client_certificate_no_call(server: RunningServer, ca: Authority) -> None:
    options = (("grpc.ssl_target_name_override", server_name(NETWORK, "avila")),)
    credential = grpc.ssl_channel_credentials(ca.certificates_pem)
    with (
        grpc.secure_channel(f"127.0.0.1:{server.port}", credential, options) as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        stub: Any = channel.unary_unary("/test.Echo/Who")
        stub(b"", timeout=PATIENCE_SECONDS)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_client_of_another_authority_is_refused(server: RunningServer, tmp_path: Path, ca: Authority) -> None:
    stranger = Credentials(tmp_path / "stranger")
    stranger.issue(authority(NETWORK), "leon")
    stranger.trust(ca)
    with pytest.raises((PeerUnreachable, PeerUntrusted)):
        call(stranger.current(), server.port)


def test_a_server_of_another_authority_gets_no_call(server: RunningServer, client: Credentials) -> None:
    client.trust(authority(NETWORK))
    with pytest.raises(PeerUntrusted):
        call(client.current(), server.port)


def test_an_expired_client_certificate_is_refused(server: RunningServer, client: Credentials, ca: Authority) -> None:
    client.issue(ca, "leon", now=datetime.now(UTC) - timedelta(days=2))
    with pytest.raises((PeerUnreachable, PeerUntrusted)):
        call(client.current(), server.port)


def test_a_server_with_another_name_gets_no_call(server: RunningServer, client: Credentials) -> None:
    with pytest.raises(PeerUntrusted):
        call(client.current(), server.port, name="burgos")


def test_a_certificate_of_another_network_under_the_same_authority_names_nobody(
    server: RunningServer, client: Credentials, ca: Authority, ca_key: ec.EllipticCurvePrivateKey
) -> None:
    other = Authority(ca_key, ca.certificates_pem, network="other.example")
    client.issue(other, "leon")
    with pytest.raises(PeerRefused) as caught:
        call(client.current(), server.port)
    assert caught.value.peer_code == "peer_unidentified"


def test_tls_1_2_is_refused(server: RunningServer, client: Credentials, ca: Authority) -> None:
    for version, accepted in ((ssl.TLSVersion.TLSv1_2, False), (ssl.TLSVersion.TLSv1_3, True)):
        context = ssl.create_default_context(cadata=ca.certificates_pem.decode())
        context.load_cert_chain(client.folder / "certificate.pem", client.folder / "key.pem")
        context.set_alpn_protocols(["h2"])
        context.minimum_version = context.maximum_version = version
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as raw:
            if accepted:
                with context.wrap_socket(raw, server_hostname=server_name(NETWORK, "avila")) as secured:
                    assert secured.version() == "TLSv1.3"
            else:
                with pytest.raises(OSError, match=r"(?i)ssl|reset|eof"):
                    context.wrap_socket(raw, server_hostname=server_name(NETWORK, "avila"))


def test_a_renewed_server_certificate_is_used_without_a_restart(
    server: RunningServer, server_files: Credentials, client: Credentials, ca: Authority
) -> None:
    first = _served(server.port, client, ca)
    server_files.issue(ca, "avila")
    assert _served(server.port, client, ca) != first
    assert call(client.current(), server.port) == "leon"


def test_an_authority_added_or_removed_takes_effect_without_a_restart(
    server: RunningServer, server_files: Credentials, client: Credentials, ca: Authority
) -> None:
    newer = authority(NETWORK)
    client.issue(newer, "leon")
    with pytest.raises((PeerUnreachable, PeerUntrusted)):
        call(client.current(), server.port)
    server_files.trust(ca, newer)
    assert call(client.current(), server.port) == "leon"
    server_files.trust(ca)
    with pytest.raises((PeerUnreachable, PeerUntrusted)):
        call(client.current(), server.port)


def test_a_half_written_certificate_leaves_the_last_good_one_in_use(
    server: RunningServer, server_files: Credentials, client: Credentials
) -> None:
    (server_files.folder / "certificate.pem").write_text("-----BEGIN CERTIFICATE-----\nhalf")
    with pytest.raises(CertificateUnusable):
        server_files.current().identity()
    assert call(client.current(), server.port) == "leon"


def test_a_pool_presents_the_renewed_certificate_on_its_next_call(
    server: RunningServer, client: Credentials, ca: Authority
) -> None:
    pool = ChannelPool(client.current())
    try:

        def who() -> str:
            channel = pool.channel(f"127.0.0.1:{server.port}", server_name(NETWORK, "avila"))
            stub: Any = channel.unary_unary("/test.Echo/Who")
            return bytes(stub(b"", timeout=PATIENCE_SECONDS)).decode()

        assert who() == "leon"
        client.issue(ca, "burgos")
        assert who() == "burgos"
    finally:
        pool.close()


def test_our_errors_reach_the_peer_with_code_and_sentence(server: RunningServer, client: Credentials) -> None:
    with pytest.raises(PeerRefused, match="leon is suspended") as caught:
        call(client.current(), server.port, method="Refuse")
    assert caught.value.peer_code == "party_suspended"


@pytest.mark.invariant(8)
def test_a_malformed_request_is_a_typed_refusal(server: RunningServer, client: Credentials) -> None:
    with pytest.raises(PeerRefused) as caught:
        call(client.current(), server.port, method="Health", data=b"\xff\xff\xff")
    assert caught.value.peer_code == "malformed_document"


def test_a_defect_shows_the_peer_a_reference_and_nothing_else(server: RunningServer, client: Credentials) -> None:
    with pytest.raises(PeerUnreachable, match=r"reference [0-9a-f]{8}") as caught:
        call(client.current(), server.port, method="Break")
    assert "12345678Z" not in str(caught.value)


def test_health_is_answered_to_members_of_the_network(server: RunningServer, client: Credentials) -> None:
    pool = ChannelPool(client.current())
    try:
        channel = pool.channel(f"127.0.0.1:{server.port}", server_name(NETWORK, "avila"))
        reply = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE_SECONDS)
        assert reply.status == health_pb2.HealthCheckResponse.SERVING
    finally:
        pool.close()


def test_a_stream_of_health_is_refused_and_holds_no_thread(server: RunningServer, client: Credentials) -> None:
    pool = ChannelPool(client.current())
    try:
        channel = pool.channel(f"127.0.0.1:{server.port}", server_name(NETWORK, "avila"))
        stub = health_pb2_grpc.HealthStub(channel)
        streams = [stub.Watch(health_pb2.HealthCheckRequest()) for _ in range(20)]
        for stream in streams:
            with pytest.raises(grpc.RpcError) as caught:
                next(stream)
            assert isinstance(caught.value, grpc.Call)
            assert peer_code(caught.value) in {"call_unknown", "too_many_calls"}
        reply = stub.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE_SECONDS)
        assert reply.status == health_pb2.HealthCheckResponse.SERVING
    finally:
        pool.close()


def test_a_port_in_use_is_a_usage_error(server: RunningServer, server_files: Credentials) -> None:
    with pytest.raises(AddressInUse):
        taken, files = f"127.0.0.1:{server.port}", server_files.current()
        start_server(taken, files.server_credentials(), [], workers=2, guard=call_guard(NETWORK))


def _served(port: int, client: Credentials, ca: Authority) -> bytes:
    context = ssl.create_default_context(cadata=ca.certificates_pem.decode())
    context.load_cert_chain(client.folder / "certificate.pem", client.folder / "key.pem")
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as raw,
        context.wrap_socket(raw, server_hostname=server_name(NETWORK, "avila")) as secured,
    ):
        certificate = secured.getpeercert(binary_form=True)
    assert certificate
    return certificate
