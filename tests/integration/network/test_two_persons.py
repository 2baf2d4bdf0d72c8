from collections.abc import Iterator
from pathlib import Path

import pytest

from coordinator.cli.app import main
from node import serve as node_service
from node.cli.app import main as node_main
from tests.support.commands import Outcome, invoke
from tests.support.network import Network
from trust.errors import ApprovalRefused
from trust.parties import EntityStatus

PASSPHRASE = "cuatro palabras al azar"


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    monkeypatch.setattr(node_service, "tasks", lambda _node: [])
    made = Network(tmp_path)
    try:
        made.start()
        made.join("soria")
        (tmp_path / "passphrase").write_text(PASSPHRASE)
        add(made, "ana")
        approve(made, add(made, "luis").json["act"], "ana")
        yield made
    finally:
        made.stop()


def command(net: Network, *arguments: str) -> Outcome:
    return invoke(main, *arguments, "--home", str(net.coordinator.context.home), "--json")


def key_options(net: Network, person: str) -> tuple[str, ...]:
    return ("--key-file", str(net.root / f"{person}.key"), "--passphrase-file", str(net.root / "passphrase"))


def add(net: Network, person: str) -> Outcome:
    return command(net, "officer", "add", person, *key_options(net, person))


def approve(net: Network, act: str, person: str) -> Outcome:
    return command(net, "approve", act, *key_options(net, person))


def two_persons(net: Network) -> None:
    asked = command(net, "officer", "require", "2").json["act"]
    assert approve(net, asked, "ana").json["done"]


def joined(net: Network, token: str, entity: str = "leon") -> Outcome:
    home = str(net.root / entity)
    return invoke(node_main, "init", "--home", home, "--token", "-", "--listen", "none", "--json", stdin=f"{token}\n")


def invite(net: Network, entity: str = "leon") -> Outcome:
    return command(net, "entity", "invite", entity, "--name", "León", "--kind", "public")


def refresh(net: Network) -> None:
    net.nodes["soria"].directory_follower.refresh()


def test_an_entity_is_admitted_when_two_persons_approved(net: Network) -> None:
    two_persons(net)
    refresh(net)
    made = invite(net).json
    assert joined(net, made["token"]).code == 1
    assert [each["act"] for each in command(net, "approve", "--list").json["acts"]] == [made["act"]]
    assert "León" in invoke(main, "approve", "--home", str(net.coordinator.context.home)).out
    assert not approve(net, made["act"], "ana").json["done"]
    assert joined(net, made["token"]).code == 1
    assert approve(net, made["act"], "ana").code == 1  # a second time
    assert approve(net, made["act"][:12], "luis").json["done"]
    assert joined(net, made["token"]).code == 0
    refresh(net)
    assert "leon" in net.nodes["soria"].context.directory.newest()  # type: ignore[operator]
    assert approve(net, made["act"], "ana").code == 2  # it waits no more


def test_a_reinstatement_waits_for_two_persons(net: Network) -> None:
    two_persons(net)
    assert command(net, "entity", "suspend", "soria", "--reason", "prueba").code == 0
    made = command(net, "entity", "reinstate", "soria").json
    with net.coordinator.context.snapshot() as session:
        assert net.coordinator.registry(session).party("soria").status is EntityStatus.SUSPENDED
    for person in ("ana", "luis"):
        approve(net, made["act"], person)
    with net.coordinator.context.snapshot() as session:
        assert net.coordinator.registry(session).party("soria").status is EntityStatus.ACTIVE


def test_whoever_is_struck_off_meanwhile_has_approved_nothing(net: Network) -> None:
    approve(net, add(net, "eva").json["act"], "ana")
    two_persons(net)
    made = invite(net).json
    approve(net, made["act"], "ana")
    gone = command(net, "officer", "disable", "ana").json["act"]
    for person in ("luis", "eva"):
        approve(net, gone, person)
    assert [each["id"] for each in command(net, "officer", "list").json["persons"]] == ["luis", "eva"]
    assert approve(net, made["act"], "luis").code == 2
    assert joined(net, made["token"]).code == 1
    again = invite(net).json
    assert approve(net, again["act"], "ana").code == 1
    for person in ("luis", "eva"):
        approve(net, again["act"], person)
    assert joined(net, again["token"]).code == 0


def test_an_invitation_that_two_persons_approved_before_somebody_was_struck_off_is_void(net: Network) -> None:
    approve(net, add(net, "eva").json["act"], "ana")
    two_persons(net)
    made = invite(net).json
    for person in ("ana", "luis"):
        approve(net, made["act"], person)
    gone = command(net, "officer", "disable", "ana").json["act"]
    for person in ("luis", "eva"):
        approve(net, gone, person)
    assert joined(net, made["token"]).code == 1


def test_the_setting_and_the_persons_change_only_by_two(net: Network) -> None:
    two_persons(net)
    asked = command(net, "officer", "require", "1").json["act"]
    approve(net, asked, "ana")
    assert command(net, "officer", "list").json["needed"] == 2
    assert command(net, "officer", "disable", "ana").code == 2  # too few would be left
    assert approve(net, asked, "luis").json["done"]
    assert command(net, "officer", "list").json["needed"] == 1


def test_a_recovery_waits_for_two_persons(net: Network) -> None:
    two_persons(net)
    made = command(net, "entity", "recover", "soria").json
    home = str(net.root / "soria, new machine")
    options = ("recover", "--home", home, "--token", "-", "--listen", "none", "--json")
    assert invoke(node_main, *options, stdin=f"{made['token']}\n").code == 1
    for person in ("ana", "luis"):
        approve(net, made["act"], person)
    assert invoke(node_main, *options, stdin=f"{made['token']}\n").json["state"] == "pending"
    refresh(net)


def test_a_thief_of_the_coordinators_keys_admits_nobody_alone(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    two_persons(net)
    refresh(net)
    monkeypatch.setattr("coordinator.persons.asks_for_two", lambda _session: False)
    monkeypatch.setattr("coordinator.registry.asks_for_two", lambda _session: False)
    monkeypatch.setattr("coordinator.acts.asks_for_two", lambda _session: False)
    monkeypatch.setattr("coordinator.registry.approved_invitation", lambda _session, _row: None)
    assert joined(net, invite(net).json["token"]).code == 0  # the coordinator signs it
    with pytest.raises(ApprovalRefused):
        refresh(net)
    assert "leon" not in net.nodes["soria"].context.directory.newest()  # type: ignore[operator]


def test_a_key_opens_with_its_passphrase_alone(net: Network, tmp_path: Path) -> None:
    made = command(net, "officer", "require", "2").json["act"]
    (tmp_path / "passphrase").write_text("otra frase de paso")
    assert approve(net, made, "ana").code == 2
    file = tmp_path / "ana.key"
    assert PASSPHRASE not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert add(net, "luis").code == 2
    assert command(net, "officer", "add", "new", *key_options(net, "ana")).code == 2  # the file exists
    (tmp_path / "passphrase").write_text("corta")
    assert command(net, "officer", "add", "new", *key_options(net, "new")).code == 2
