from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from consent_ledger.audit.verify import verify_export
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.receipt import verify_receipt
from node import serve as node_service
from node.cli.app import main
from node.fetch.asking import question_of
from node.ledger.export import export_own_ledger, ledger_policy
from node.ledger.witnessing.rounds import run_round
from node.next_keys import next_signer
from node.operations import key_changes
from node.operations.doctor import examine
from node.wiring import Node
from records_exchange.sealing import Route, seal_call
from service.findings import Level
from tests.support.addresses import free_address
from tests.support.commands import invoke
from tests.support.exchange import PERSON, grant, hold, person_record
from tests.support.network import Network
from trust.key_proofs import KeyPurpose
from trust.published_keys import published_keys
from trust.signing import key_id, seal


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    monkeypatch.setattr(node_service, "tasks", lambda _node: [])
    made = Network(tmp_path, witness_listen=free_address(), witness_quorum=1)
    try:
        made.start()
        for entity in ("leon", "soria"):
            made.join(entity)
            made.serve(entity)
        refresh(made)
        hold(made.nodes["leon"], person_record())
        grant(made.nodes["leon"], "soria")
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
    assert witnessed(leon)
    assert audited(leon, net.nodes["soria"], tmp_path / "export")
    shown = invoke(main, "keys", "show", "--home", str(leon.context.home), "--json").json
    assert shown["tls"] == ended.json["new"]
    assert shown["signing"] == leon.context.keys.signing.public_key.hex()


@pytest.mark.parametrize("purpose", list(KeyPurpose))
def test_a_key_is_replaced_and_every_node_follows(net: Network, tmp_path: Path, purpose: KeyPurpose) -> None:
    leon, soria = net.nodes["leon"], net.nodes["soria"]
    assert witnessed(leon)
    receipt = leon.consents.receipt(leon.consents.list()[0].consent_id, tmp_path / "receipt", pdf=False)
    assert fetched(soria)
    for round_ in (1, 2):
        before = leon.context.keys.signers()[purpose].public_key
        home = str(leon.context.home)
        ended = invoke(main, "keys", "rotate", f"--{purpose.value}", "--home", home, "--json")
        assert ended.code == 0, ended.err
        assert ended.json["old"] == before.hex()
        assert leon.context.keys.signers()[purpose].public_key.hex() == ended.json["new"]
        refresh(net)
        directory = soria.context.directory.current(net.clock.now())
        party = directory.party("leon")
        assert published_keys(party)[purpose].hex() == ended.json["new"]
        assert [each.change.sequence for each in party.key_changes] == list(range(1, round_ + 1))
        assert fetched(soria)  # the exchange goes on
        asked = fetched_from(leon, "soria")
        assert asked is not None
    assert witnessed(leon)
    assert audited(leon, soria, tmp_path / "export")
    require_receipt(soria, receipt)
    require_reachable(net)


def test_a_change_that_was_cut_short_goes_on_with_the_same_key(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    leon = net.nodes["leon"]
    refresh(net)
    new = next_signer(leon.context.home, KeyPurpose.LEDGER).public_key
    with monkeypatch.context() as patch:
        patch.setattr(key_changes, "take_next", lambda *_arguments: 1 / 0)  # published, and then the power fails
        with pytest.raises(ZeroDivisionError):
            leon.key_changes.rotate(KeyPurpose.LEDGER)
    directory = leon.directory_follower.refresh()
    assert directory is not None
    assert leon.context.keys.ledger.public_key != new
    leon.key_changes.finish_waiting(directory)  # as the node does whenever it polls
    assert leon.context.keys.ledger.public_key == new
    refresh(net)


def test_what_was_made_for_the_old_exchange_key_is_still_understood(net: Network) -> None:
    leon, soria = net.nodes["leon"], net.nodes["soria"]
    stale = soria.context.directory.current(net.clock.now())
    leon.key_changes.rotate(KeyPurpose.EXCHANGE)
    leon.directory_follower.refresh()
    # Soria has not heard of the change: it names the person under the old key, and seals for it.
    assert soria.context.directory.current(net.clock.now()) == stale
    assert fetched(soria)
    route = Route(soria.context.settings.network, "soria", "leon")
    request = seal("application/x", b"{}", soria.context.keys.signing)
    sealed = seal_call(request, route, bytes.fromhex(stale.party("leon").exchange_key))
    assert leon.relayed_calls._opened(sealed.data, route).envelope == request  # noqa: SLF001 - the step in question


def test_an_answer_signed_just_before_the_change_is_still_taken(net: Network) -> None:
    leon = net.nodes["leon"]
    refresh(net)
    before = leon.context.keys.signing
    leon.key_changes.rotate(KeyPurpose.SIGNING)
    refresh(net)
    now = net.clock.now()
    party = net.nodes["soria"].context.directory.current(now).party("leon")
    assert party.verification_key(key_id(before.public_key), now) == before.public_key
    late = now + timedelta(minutes=11)
    assert party.verification_key(key_id(before.public_key), late).hex() == party.signing_key


def test_what_a_witness_cosigned_stays_proved_after_it_changed_its_key(net: Network, tmp_path: Path) -> None:
    leon, soria = net.nodes["leon"], net.nodes["soria"]
    assert witnessed(leon)
    receipt = leon.consents.receipt(leon.consents.list()[0].consent_id, tmp_path / "receipt", pdf=False)
    soria.key_changes.rotate(KeyPurpose.WITNESS)
    refresh(net)
    require_receipt(soria, receipt)
    grant(leon, "soria", purposes=("coordination",))
    assert witnessed(leon)  # by the new key: Soria's witness goes on without a restart
    assert audited(leon, soria, tmp_path / "export")


def require_receipt(reader: Node, receipt: Path) -> None:
    policy = TrustPolicy.parse(ledger_policy(reader.context, "leon").encode())
    assert "coordinator" in verify_receipt(receipt / "consent.tlog-proof", policy).witnesses


def witnessed(node: Node) -> bool:
    done = run_round(node.context)
    return done is not None and done.quorum


def refresh(net: Network) -> None:
    for node in net.nodes.values():
        node.directory_follower.refresh()


def fetched(node: Node) -> bool:
    return bool(fetched_from(node, "leon"))


def fetched_from(node: Node, holder: str) -> object:
    (reply,) = node.asking.fetch(PERSON, question_of(node.context, "casework"), [holder]).replies
    assert reply.answer is not None, reply
    return reply.released


def test_one_key_is_named_at_a_time(net: Network) -> None:
    ended = invoke(main, "keys", "rotate", "--home", str(net.nodes["leon"].context.home))
    assert ended.code == 2
