from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from consent_ledger.audit.directories import verify_directories
from consent_ledger.exports.ledger_export import POLICY_FILE
from consent_ledger.log.entry import EntryType, Leaf
from consent_ledger.proofs.trust_policy import TrustPolicy
from coordinator.cli.app import main as coordinator_main
from coordinator.directory_export import export_directories
from coordinator.maintenance import count_recoveries
from node import serve as node_service
from node.cli.app import main
from node.fetch.asking import question_of
from node.identity.errors import InvitationRefused, NodeExists
from node.ledger.own import own_ledger
from node.recoveries.errors import RecoveryVetoed
from node.recoveries.state import recoveries_state
from node.recoveries.vetoing import obey_veto, tell_coordinator, veto_own_recovery
from node.setup import Answers, recover
from node.wiring import Node
from service.clock import SystemClock
from service.errors import PeerRefused
from tests.support.addresses import free_address
from tests.support.clock import FrozenClock
from tests.support.commands import invoke
from tests.support.exchange import PERSON, grant, hold, person_record
from tests.support.network import Network
from tests.support.recoveries import veto_of
from trust.parties import EntityKind
from trust.recovery import Recovery

HOURS = 48.0


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    monkeypatch.setattr(node_service, "tasks", lambda _node: [])
    clock = FrozenClock(SystemClock().now() - timedelta(hours=60))
    made = Network(tmp_path, clock=clock, witness_listen=free_address())
    try:
        made.start()
        for entity in ("leon", "soria", "burgos"):
            made.join(entity)
            made.serve(entity)
        refresh(made)
        hold(made.nodes["soria"], person_record())
        grant(made.nodes["soria"], "leon")
        yield made
    finally:
        made.stop()


def clock_of(net: Network) -> FrozenClock:
    assert isinstance(net.clock, FrozenClock)
    return net.clock


def refresh(net: Network, *but: str) -> None:
    for entity, node in net.nodes.items():
        if entity not in but:
            node.context.directory.reconsider(net.clock.now())
            node.directory_follower.refresh()


def invited(net: Network, entity: str = "leon") -> str:
    with net.coordinator.context.transaction() as session:
        registry = net.coordinator.registry(session)
        return registry.invite_recovery(entity, valid_for=timedelta(hours=336), now=net.clock.now()).to_token()


def recovering(
    net: Network, token: str, name: str = "leon, new machine", listen: str = "127.0.0.1:0"
) -> Node | Recovery:
    return recover(net.root / name, Answers(token=token, listen=listen), net.clock)


def counted(net: Network) -> tuple[str, ...]:
    context = net.coordinator.context
    return count_recoveries(context, net.coordinator.registry)


def is_active(net: Network, at: str, entity: str = "leon") -> bool:
    return entity in {party.id for party in net.nodes[at].context.directory.current(net.clock.now()).active()}


def fetched(net: Network) -> bool:
    leon = net.nodes["leon"]
    (reply,) = leon.asking.fetch(PERSON, question_of(leon.context, "casework"), ["soria"]).replies
    return reply.answer is not None and bool(reply.released)


def test_an_entity_whose_machine_burned_comes_back_with_other_keys_after_48_hours(net: Network, tmp_path: Path) -> None:
    assert fetched(net)
    burned = net.nodes["leon"]
    token = invited(net)
    assert isinstance(recovering(net, token), Recovery)
    refresh(net, "leon")
    assert not is_active(net, "soria")
    assert recoveries_state(net.nodes["soria"].context)[0]["state"] == "pending"
    assert not fetched(net)  # whoever has the old keys gets nothing any more
    assert isinstance(recovering(net, token), Recovery)  # it only asks how it stands
    clock_of(net).advance(hours=HOURS - 1)
    assert counted(net) == ()
    clock_of(net).advance(hours=1)
    assert counted(net) == ("leon",)
    back = recovering(net, token, listen=free_address())
    assert isinstance(back, Node)
    net.nodes["leon"] = back
    refresh(net)
    assert is_active(net, "soria")
    assert fetched(net)
    assert key_changes(back) == 4
    with pytest.raises(PeerRefused):
        burned.directory_follower.refresh()  # its certificate is revoked
    with pytest.raises(NodeExists):
        recovering(net, token)
    with pytest.raises(InvitationRefused):
        recovering(net, token, "leon, another machine")
    burned.close()
    assert audited(net, tmp_path) == ["recovering", "recovered"]


def test_a_thief_starts_a_recovery_and_the_living_owner_vetoes_it(net: Network, tmp_path: Path) -> None:
    leon = net.nodes["leon"]
    token = invited(net)
    assert isinstance(recovering(net, token, "thief"), Recovery)
    refresh(net)
    (own,) = recoveries_state(leon.context)
    assert (own["own"], own["state"]) == (True, "pending")
    clock_of(net).advance(hours=HOURS - 1)
    sent = veto_own_recovery(leon.context, leon.coordinator_channel, decided_by="Ana")
    assert sent.coordinator
    refresh(net)
    assert is_active(net, "soria")
    assert fetched(net)
    clock_of(net).advance(hours=2)
    assert counted(net) == ()
    with pytest.raises(RecoveryVetoed):
        recovering(net, token, "thief")
    assert audited(net, tmp_path) == ["recovering", "vetoed"]


def test_a_veto_that_only_another_entity_heard_of_reaches_the_gerencia(net: Network) -> None:
    assert isinstance(recovering(net, invited(net), "thief"), Recovery)
    refresh(net)
    leon, soria = net.nodes["leon"].context, net.nodes["soria"]
    recovery = leon.directory.current(net.clock.now()).party("leon").pending_recovery
    assert recovery is not None
    veto = veto_of(recovery, leon.keys, network=leon.settings.network)
    obey_veto(soria.context, veto.model_dump_json().encode())
    tell_coordinator(soria.context, soria.coordinator_channel)
    refresh(net)
    assert is_active(net, "burgos")
    clock_of(net).advance(hours=HOURS)
    assert counted(net) == ()


def test_no_other_way_changes_an_entitys_keys(net: Network) -> None:
    registry, now = net.coordinator.registry, net.clock.now()
    token = invited(net)
    home = net.root / "thief"
    ended = invoke(main, "init", "--home", str(home), "--token", "-", "--listen", "none", "--json", stdin=f"{token}\n")
    assert ended.code == 1
    again = net.invite("leon", again=True).to_token()
    for command in ("init", "recover"):
        ended = invoke(
            main, command, "--home", str(home), "--token", "-", "--listen", "none", "--json", stdin=f"{again}\n"
        )
        assert ended.code == 1, ended.err
    assert isinstance(recovering(net, invited(net), "waiting"), Recovery)
    with net.coordinator.context.transaction() as session, pytest.raises(Exception, match="recovering its keys"):
        registry(session).invite(
            "leon", name="León", kind=EntityKind.PUBLIC, valid_for=timedelta(hours=1), now=now, again=True
        )
    net.suspend("leon")
    net.reinstate("leon")
    refresh(net, "leon")
    assert not is_active(net, "soria")  # a reinstatement ends no wait
    party = net.nodes["soria"].context.directory.newest().party("leon")  # type: ignore[union-attr]
    assert party.signing_key == net.nodes["leon"].context.keys.signing.public_key.hex()


def test_the_gerencia_opens_lists_and_cancels_by_commands(net: Network) -> None:
    home = str(net.coordinator.context.home)
    made = invoke(coordinator_main, "entity", "recover", "leon", "--home", home, "--json").json
    listed = invoke(coordinator_main, "entity", "list", "--home", home, "--json").json
    assert [(row["id"], row["recovers"]) for row in listed["invitations"]] == [("leon", True)]
    assert isinstance(recovering(net, made["token"]), Recovery)
    listed = invoke(coordinator_main, "entity", "list", "--home", home, "--json").json
    row = next(row for row in listed["entities"] if row["id"] == "leon")
    assert row["recovery"]["state"] == "pending"
    assert "recovering keys" in invoke(coordinator_main, "entity", "list", "--home", home, "--lang", "en").out
    refresh(net, "leon")
    node_home = str(net.nodes["soria"].context.home)
    assert invoke(main, "recovery", "list", "--home", node_home, "--json").json["recoveries"][0]["entity"] == "leon"
    assert "leon" in invoke(main, "recovery", "list", "--home", node_home).out
    assert "leon is recovering its keys" in invoke(main, "status", "--home", node_home, "--lang", "en").out
    assert invoke(coordinator_main, "entity", "recover", "leon", "--cancel", "--home", home).code == 0
    assert invoke(coordinator_main, "entity", "recover", "leon", "--cancel", "--home", home).code == 2
    refresh(net)
    assert is_active(net, "soria")
    assert fetched(net)
    ended = invoke(main, "recovery", "veto", "--by", "Ana", "--home", str(net.nodes["leon"].context.home))
    assert ended.code == 2  # there is nothing to veto


def key_changes(node: Node) -> int:
    with node.context.snapshot() as session:
        ledger = own_ledger(node.context, session)
        leaves = [Leaf.parse(ledger.leaf(index)) for index in range(ledger.size())]
    return sum(leaf.type is EntryType.KEY_CHANGED for leaf in leaves)


def audited(net: Network, folder: Path) -> list[str]:
    coordinator = net.coordinator
    export_directories(coordinator.context, coordinator.registry, folder / "directories")
    policy = TrustPolicy.parse((folder / "directories" / POLICY_FILE).read_bytes())
    report = verify_directories(folder / "directories", policy)
    assert not report.faults
    return [each.code for each in report.changes if each.code.startswith(("recover", "vetoed"))]
