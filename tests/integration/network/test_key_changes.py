from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_ledger.audit.verify import verify_export
from consent_ledger.proofs.trust_policy import TrustPolicy
from node import serve as node_service
from node.cli.app import main
from node.ledger.export import export_own_ledger, ledger_policy
from node.operations.doctor import examine
from node.wiring import Node
from service.findings import Level
from tests.support.commands import invoke
from tests.support.network import Network


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


def require_reachable(net: Network) -> None:
    """Check that each node reaches the other with the directory of this moment."""
    for node in net.nodes.values():
        node.directory_follower.refresh()
    for entity, other in (("leon", "soria"), ("soria", "leon")):
        node = net.nodes[entity]
        checks = {finding.check: finding.level for finding in examine(node.context, node.connections)}
        assert checks[f"peer:{other}"] is Level.OK


def audited(node: Node, reader: Node, folder: Path) -> bool:
    """Export the node's ledger and check it under the trust policy that another node has."""
    export_own_ledger(node.context, folder)
    policy = TrustPolicy.parse(ledger_policy(reader.context, node.context.settings.entity).encode())
    return verify_export(folder, policy).passed


def test_a_new_tls_key_is_certified_served_and_kept_in_the_ledger(net: Network, tmp_path: Path) -> None:
    leon = net.nodes["leon"]
    before = leon.key_changes.tls_key()
    ended = invoke(main, "keys", "rotate", "--tls", "--home", str(leon.context.home), "--json")
    assert ended.code == 0
    assert (ended.json["old"], ended.json["new"]) == (before, leon.key_changes.tls_key())
    assert ended.json["new"] != before
    require_reachable(net)
    assert audited(leon, net.nodes["soria"], tmp_path / "export")
    shown = invoke(main, "keys", "show", "--home", str(leon.context.home), "--json").json
    assert shown["tls"] == ended.json["new"]
    assert shown["signing"] == leon.context.keys.signing.public_key.hex()


def test_one_key_is_named_at_a_time(net: Network) -> None:
    ended = invoke(main, "keys", "rotate", "--home", str(net.nodes["leon"].context.home))
    assert ended.code == 2
