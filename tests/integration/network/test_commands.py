from collections.abc import Iterator
from pathlib import Path

import pytest

from coordinator.cli.app import main as coordinator_main
from node.cli.app import main as node_main
from node.identity.errors import InvitationRefused
from presentation.messages import in_language
from tests.support.addresses import free_address
from tests.support.commands import invoke
from tests.support.network import NETWORK, Network, network


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("commands")) as made:
        made.join("leon")
        yield made


@pytest.fixture(scope="module")
def node_home(net: Network) -> str:
    return str(net.nodes["leon"].context.home)


@pytest.fixture(scope="module")
def coordinator_home(net: Network) -> str:
    return str(net.coordinator.context.home)


def test_status_says_who_and_where(node_home: str) -> None:
    shown = invoke(node_main, "status", "--home", node_home, "--json").json
    assert (shown["entity"], shown["network"], shown["directory_fresh"]) == ("leon", NETWORK, True)
    assert [entity["id"] for entity in shown["entities"]] == ["leon"]
    assert "Entidad: leon" in invoke(node_main, "status", "--home", node_home).out
    assert "Entity: leon" in invoke(node_main, "status", "--home", node_home, "--lang", "en").out


def test_the_coordinators_status_names_its_network_and_keys(net: Network, coordinator_home: str) -> None:
    shown = invoke(coordinator_main, "status", "--home", coordinator_home, "--json").json
    assert shown["network"] == NETWORK
    assert shown["coordinator_key"] == net.coordinator.context.keys.signing.public_key.hex()
    assert "Red: " in invoke(coordinator_main, "status", "--home", coordinator_home).out


def test_a_node_is_made_with_the_anchors_that_its_officer_names(tmp_path: Path) -> None:
    with network(tmp_path, witness_listen=free_address()) as net:
        leon, token = net.join("leon"), net.invite("olmedo").to_token()
        home = str(leon.context.home)
        printed = invoke(node_main, "anchors", "fingerprint", "--home", home, "--json").json["fingerprint"]
        join = ("init", "--home", str(tmp_path / "olmedo"), "--token", "-", "--listen", free_address(), "--json")
        wrong = invoke(node_main, *join, "--anchor", "leon", stdin=token)
        assert (wrong.code, wrong.json["error"]["code"]) == (2, "anchor_unknown")
        joined = invoke(node_main, *join, "--anchor", f"leon={printed}", stdin=token)
        assert joined.code == 0, "the invitation was not spent on a wrong anchor"
        assert [each["entity"] for each in joined.json["anchors"]["anchors"]] == ["leon"]
        assert joined.json["training_anchors"]["pinned"] == ["leon"]


def test_an_invitation_from_the_command_line_admits_a_node(coordinator_home: str, tmp_path: Path) -> None:
    asked = ("entity", "invite", "burgos", "--name", "Burgos", "--kind", "agent", "--home", coordinator_home)
    invited = invoke(coordinator_main, *asked, "--json").json
    plain = invoke(coordinator_main, *asked)
    assert plain.out.strip().startswith("redpact1.")
    assert invited["ca_sha256"] in plain.err
    join = ("init", "--home", str(tmp_path), "--token", "-", "--listen", free_address(), "--json")
    joined = invoke(node_main, *join, stdin=plain.out)
    assert (joined.code, joined.json["entity"]) == (0, "burgos")
    assert (joined.json["training_anchors"]["enough"], joined.json["training_anchors"]["pinned"]) == (False, [])
    used = invoke(node_main, *join[:2], str(tmp_path / "second"), *join[3:], stdin=plain.out)
    assert (used.code, used.json["error"]["code"]) == (1, "invitation_refused")
    assert used.json["error"]["es"] == in_language(InvitationRefused.sentence, "es")


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (("status", "--home", "/nowhere"), 2, "home_unusable"),
        (("doctor", "--home", "/nowhere"), 2, "home_unusable"),
        (("serve", "--home", "/nowhere"), 2, "home_unusable"),
        (("init", "--home", "{new}"), 2, "invitation_needed"),
        (("init", "--home", "{new}", "--token-file", "{wrong}", "--listen", "127.0.0.1:1"), 2, "invitation_malformed"),
        (("init", "--home", "{new}", "--token-file", "{token}", "--listen", "nowhere"), 2, "settings_invalid"),
        (
            ("init", "--home", "{new}", "--token-file", "{token}", "--listen", "127.0.0.1:1", "--database", "nonsense"),
            2,
            "settings_invalid",
        ),
        (
            ("init", "--home", "{new}", "--token-file", "{token}", "--listen", "127.0.0.1:1", "--database", "{silent}"),
            3,
            "storage_unreachable",
        ),
        (("init", "--home", "{new}", "--token", "redpact1.x.y", "--listen", "127.0.0.1:1"), 2, "invitation_exposed"),
        (
            ("init", "--home", "{new}", "--token-file", "/nowhere", "--listen", "127.0.0.1:1"),
            2,
            "invitation_unreadable",
        ),
        (
            ("init", "--home", "{new}", "--token-file", "/dev/zero", "--listen", "127.0.0.1:1"),
            2,
            "invitation_unreadable",
        ),
        (("init", "--home", "/proc/new", "--token-file", "{token}", "--listen", "127.0.0.1:1"), 2, "home_unusable"),
    ],
)
def test_bad_input_has_its_exit_code_and_leaves_no_node(
    arguments: tuple[str, ...], code: int, name: str, net: Network, tmp_path: Path
) -> None:
    silent = f"postgresql://u@{free_address()}/d?connect_timeout=2"
    (tmp_path / "token").write_text(net.invite("soria").to_token() + "\n")
    (tmp_path / "wrong").write_text("redpact1.x.y\n")
    files = {"token": str(tmp_path / "token"), "wrong": str(tmp_path / "wrong")}
    values = files | {"new": str(tmp_path / "new"), "silent": silent}
    result = invoke(node_main, *(argument.format(**values) for argument in arguments), "--json")
    assert (result.code, result.json["error"]["code"]) == (code, name), result.err
    assert not (tmp_path / "new" / "node.toml").exists()


def test_a_network_is_not_made_over_another(coordinator_home: str) -> None:
    result = invoke(coordinator_main, "init", "--home", coordinator_home, "--network", "other.example", "--json")
    assert (result.code, result.json["error"]["code"]) == (2, "network_exists")
    assert invoke(coordinator_main, "init", "--home", coordinator_home, "--json").json["network"] == NETWORK


def test_entities_are_listed_suspended_and_reinstated(coordinator_home: str) -> None:
    home = ("--home", coordinator_home)
    for command, status in (
        (("suspend", "leon", "--reason", "prueba"), "suspended"),
        (("reinstate", "leon"), "active"),
    ):
        assert invoke(coordinator_main, "entity", *command, *home).code == 0
        listed = invoke(coordinator_main, "entity", "list", *home, "--json").json
        assert {entity["id"]: entity["status"] for entity in listed["entities"]}["leon"] == status
    unknown = invoke(coordinator_main, "entity", "suspend", "nobody", "--reason", "x", *home, "--json")
    assert (unknown.code, unknown.json["error"]["code"]) == (2, "entity_unknown")


def test_the_coordinators_doctor_is_content(coordinator_home: str) -> None:
    result = invoke(coordinator_main, "doctor", "--home", coordinator_home, "--json")
    assert (result.code, result.json["ok"]) == (0, True)
