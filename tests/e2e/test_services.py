import socket
import ssl
from pathlib import Path

from tests.support.network import NETWORK
from tests.support.processes import Serving, invite, make_coordinator, make_node, run
from tests.support.waiting import PATIENCE_SECONDS
from trust.parties import server_name


def test_installed_programs_make_a_network_serve_it_and_stop_when_asked(tmp_path: Path) -> None:
    coordinator, node = tmp_path / "coordinator", tmp_path / "leon"
    make_coordinator(coordinator)
    token = invite(coordinator, "leon")
    with Serving("redpact-coordinator", coordinator):
        make_node(node, token)
        with Serving("redpact-node", node) as serving:
            assert serving.ready["ready"] == "leon"
            healthy = run("redpact-node", "doctor", "--home", str(node), "--json")
            assert (healthy.code, healthy.json["ok"]) == (0, True), healthy.out
            assert _tls_versions(node, serving.ready["port"]) == {"TLSv1.3"}
            again = run("redpact-node", "serve", "--home", str(node), "--json")
            assert (again.code, again.json["error"]["code"]) == (2, "address_in_use")
            assert serving.stop() == 0


def _tls_versions(node: Path, port: int) -> set[str]:
    """Return which of TLS 1.2 and 1.3 a server accepts."""
    accepted = set()
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context(cafile=str(node / "tls" / "ca.pem"))
        context.load_cert_chain(node / "tls" / "certificate.pem", node / "keys" / "tls.pem")
        context.set_alpn_protocols(["h2"])
        context.minimum_version = context.maximum_version = version
        raw = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        try:
            with context.wrap_socket(raw, server_hostname=server_name(NETWORK, "leon")) as secured:
                accepted.add(str(secured.version()))
        except ssl.SSLError:
            raw.close()
    return accepted
