"""Access to the relay, and its limits."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coordinator.relay.call_relay import CallRelay
from coordinator.status import summary, summary_text
from coordinator.wiring import Coordinator
from node.clients import relay
from node.operations.doctor import examine
from node.operations.status import summary as node_summary
from node.operations.status import summary_text as node_summary_text
from node.wiring import Node
from presentation.messages import in_language
from records_exchange.sealing import MAX_SEALED_BYTES
from service.channels import ChannelPool
from service.errors import PeerRefused, PeerUnreachable
from service.findings import Finding, Level
from tests.support.network import NETWORK, Network, network
from tests.support.relay import RelayedNetwork, attach, relayed_network
from tests.support.waiting import eventually
from trust.directory import Directory
from trust.parties import COORDINATOR_ID, server_name


@pytest.fixture
def net(tmp_path: Path) -> Iterator[RelayedNetwork]:
    with relayed_network(tmp_path) as made:
        yield made


def suspend(net: Network, entity: str) -> None:
    with net.coordinator.context.transaction() as session:
        net.coordinator.registry(session).suspend(entity, reason="prueba", now=net.clock.now())


def coordinator_summary(net: Network) -> dict[str, Any]:
    made = net.coordinator
    return summary(made.context, made.registry, made.locator_epochs, made.relay_client().attached)


def pass_garbage(net: Network, caller: str, recipient: str, size: int = 10) -> PeerUnreachable:
    with pytest.raises(PeerUnreachable) as caught:
        relay.pass_on(net.nodes[caller].coordinator_channel(), recipient, bytes(size))
    return caught.value


def test_a_suspended_entity_neither_calls_nor_is_called_at_once(net: RelayedNetwork) -> None:
    suspend(net, "leon")
    assert "suspended" in pass_garbage(net, "leon", "burgos").message
    assert "suspended" in pass_garbage(net, "soria", "leon").message
    with pytest.raises(PeerRefused):
        list(relay.attend(net.nodes["leon"].coordinator_channel()))
    assert net.relay.calls == []


def test_a_suspended_entity_loses_its_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from coordinator.rpc import relay as servicer

    monkeypatch.setattr(servicer, "KEEPALIVE_SECONDS", 0.1)
    with relayed_network(tmp_path) as net:
        suspend(net, "burgos")
        assert eventually(lambda: net.relay.attached() == ("soria",))


def test_an_unknown_recipient_and_one_that_is_away_are_told(net: RelayedNetwork) -> None:
    for nobody in ("nobody", "", "LEON", "burgos\n", COORDINATOR_ID):
        assert "not in the network" in pass_garbage(net, "leon", nobody).message
    assert "connected to the relay" in pass_garbage(net, "burgos", "leon").message


def test_an_answer_to_somebody_elses_call_is_refused(net: RelayedNetwork) -> None:
    with pytest.raises(PeerRefused) as caught:
        relay.answer(net.nodes["soria"].coordinator_channel(), "0" * 32, b"forged")
    assert caught.value.peer_code == "relay_call_unknown"


def test_more_bytes_than_a_call_has_are_refused(net: RelayedNetwork) -> None:
    assert "more than allowed" in pass_garbage(net, "leon", "burgos", MAX_SEALED_BYTES + 1).message


def test_the_settings_bound_what_an_entity_may_use(tmp_path: Path) -> None:
    with network(tmp_path, relay_calls_per_minute=2) as net:
        for entity in ("leon", "burgos"):
            net.join(entity, listen="none")
        for _ in range(2):
            assert "not connected to the relay" in pass_garbage(net, "leon", "burgos").message
        assert "used up" in pass_garbage(net, "leon", "burgos").message
        assert "not connected to the relay" in pass_garbage(net, "burgos", "leon").message  # each has its own


def test_a_network_without_relay_says_so_everywhere(tmp_path: Path) -> None:
    with network(tmp_path, relay=False) as net:
        node = net.join("leon", listen="none")
        with pytest.raises(PeerRefused) as caught:
            list(relay.attend(node.coordinator_channel()))
        assert caught.value.peer_code == "relay_off"
        assert reach(node).level is Level.FAILED
        assert coordinator_summary(net)["relay"] == {"state": "off", "attached": []}
        assert "apagado" in summary_text(coordinator_summary(net), "es")


def reach(node: Node) -> Finding:
    return next(found for found in examine(node.context, node.connections) if found.check == "reach")


def test_status_and_doctor_say_in_which_way_a_node_is_reached(net: RelayedNetwork) -> None:
    leon, burgos, avila = net.nodes["leon"], net.nodes["burgos"], net.join("avila")
    burgos.directory_follower.refresh()
    found = {each.check: each for each in examine(burgos.context, burgos.connections)}
    assert (found["reach"].level, in_language(found["reach"].text, "en")) == (
        Level.OK,
        "This node is reached by the relay",
    )
    assert in_language(found["peer:soria"].text, "en") == "Entidad soria is attached to the relay"
    assert found["peer:leon"].level is Level.UNREACHABLE
    assert {each.check: each.level for each in examine(leon.context, leon.connections)}[
        "reach"
    ] is Level.UNREACHABLE  # it does not run
    assert [node_summary(node.context, node.certificate)["reached"] for node in (leon, burgos, avila)] == [
        "relay",
        "relay",
        "direct",
    ]
    assert avila.context.settings.addresses[0] in node_summary_text(
        node_summary(avila.context, avila.certificate), "es"
    )
    assert "repetidor" in node_summary_text(node_summary(burgos.context, burgos.certificate), "es")
    assert {each.check: each.level for each in examine(avila.context, avila.connections)}["reach"] is Level.OK
    burgos.context.__dict__["settings"] = burgos.context.settings.model_copy(update={"relay": False})
    assert node_summary(burgos.context, burgos.certificate)["reached"] == "not"
    found = {each.check: each for each in examine(burgos.context, burgos.connections)}
    assert found["reach"].level is Level.WARNING
    assert found["peer:soria"].level is Level.UNREACHABLE


def test_the_coordinators_status_says_who_is_attached(net: RelayedNetwork) -> None:
    assert coordinator_summary(net)["relay"] == {"state": "running", "attached": ["burgos", "soria"]}
    assert "2 entidades conectadas (Entidad burgos y Entidad soria)" in summary_text(coordinator_summary(net), "es")
    net.stop_coordinator()
    assert coordinator_summary(net)["relay"]["state"] == "stopped"
    assert "stopped" in summary_text(coordinator_summary(net), "en")


def test_where_a_service_listens_on_every_interface_its_commands_still_ask_it(tmp_path: Path) -> None:
    from tests.support.addresses import free_address

    port = free_address().rpartition(":")[2]
    with network(tmp_path, listen=f"0.0.0.0:{port}", address=f"127.0.0.1:{port}") as net:
        net.join("leon", listen="none")
        attach(net, "leon")
        assert Coordinator(net.coordinator.context.home).relay_client().attached() == ("leon",)


def test_only_entities_and_the_coordinator_itself_learn_who_is_attached(net: RelayedNetwork) -> None:
    assert relay.attached(net.nodes["leon"].coordinator_channel()) == {"burgos", "soria"}
    pool = ChannelPool(net.coordinator.context.certificate)
    channel = pool.channel(net.coordinator.context.settings.address, server_name(NETWORK, COORDINATOR_ID))
    assert relay.attached(channel) == {"burgos", "soria"}
    with pytest.raises(PeerRefused):
        list(relay.attend(channel))
    pool.close()
    suspend(net, "leon")
    with pytest.raises(PeerRefused):
        relay.attached(net.nodes["leon"].coordinator_channel())


def test_a_node_whose_line_is_cut_holds_no_stream(net: RelayedNetwork) -> None:
    assert isinstance(net.coordinator.relay, CallRelay)
    net.services[0].stop()
    assert eventually(lambda: net.relay.attached() == ("soria",))


def test_doctor_notices_when_the_directory_gives_our_calls_to_somebody_elses_key(
    net: RelayedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    leon = net.nodes["leon"]
    assert {each.check: each.level for each in examine(leon.context, leon.connections)}["directory"] is Level.OK
    directory = leon.context.directory.current(net.clock.now())
    false_key = directory.party("soria").exchange_key
    listed = [
        party.model_copy(update={"exchange_key": false_key}) if party.id == "leon" else party
        for party in directory.entities
    ]
    false = Directory.model_validate({**directory.model_dump(), "entities": listed})
    monkeypatch.setattr(leon.context.directory, "current", lambda _now: false)
    found = {each.check: each for each in examine(leon.context, leon.connections)}["directory"]
    assert (found.level, in_language(found.text, "en")) == (Level.FAILED, "The directory lists keys that are not ours")
