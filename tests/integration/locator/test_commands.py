"""The commands of the administrator and the professional."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from coordinator.cli.app import main as coordinator_main
from coordinator.locator.keys import key_file
from coordinator.locator.maintenance import log_alarms
from coordinator.setup import upgrade
from node.cli.app import main as node_main
from node.people.documents import DocumentKind, parse_document
from records_exchange.guessing import AlarmKind
from records_exchange.key_holding.query_log import Query, QueryKind, QueryLog
from records_exchange.locator_messages import locator_question, seal_message
from service.clock import SystemClock
from service.findings import Level
from tests.support.commands import invoke
from tests.support.exchange import PERSON, STRANGER
from tests.support.locating import consent, locate, member, refresh_all
from tests.support.network import Network, network


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, locator_alarm_questions=10) as made:
        member(made, "leon")
        member(made, "burgos", PERSON)
        yield made


def level(net: Network) -> Level:
    return next(finding.level for finding in net.examine_coordinator() if finding.check == "locator")


def test_the_key_is_rotated_and_the_state_shown(net: Network) -> None:
    home = ("--home", str(net.coordinator.context.home))
    shown = invoke(coordinator_main, "locator", "status", *home, "--json").json
    assert [(epoch["number"], epoch["ends"]) for epoch in shown["epochs"]] == [(1, None)]
    consent(net, "burgos", "leon")
    text = invoke(coordinator_main, "locator", "status", *home)
    assert (text.code, "época 1, 1 anotación" in text.out, "burgos" in text.out) == (0, True, True)
    assert "epoch 1, 1 entry" in invoke(coordinator_main, "locator", "status", *home, "--lang", "en").out
    rotated = invoke(coordinator_main, "locator", "rotate", "--overlap-days", "3", *home, "--json")
    assert [epoch["number"] for epoch in rotated.json["epochs"]] == [1, 2]
    again = invoke(coordinator_main, "locator", "rotate", *home, "--json")
    assert (again.code, again.json["error"]["code"]) == (2, "locator_rotation_under_way")
    wrong = invoke(coordinator_main, "locator", "rotate", "--overlap-days", "0", *home, "--json")
    assert (wrong.code, wrong.json["error"]["code"]) == (2, "locator_overlap_invalid")
    assert "Localizador: época 2" in invoke(coordinator_main, "status", *home).out


def test_an_upgrade_makes_the_first_key_and_keeps_it(net: Network) -> None:
    home = net.coordinator.context.home
    before = key_file(home, 1).read_bytes()
    upgrade(home, SystemClock())
    assert key_file(home, 1).read_bytes() == before
    with sqlite3.connect(home / "coordinator.sqlite") as database:  # as a home made before there was a locator
        database.execute("DELETE FROM locator_epoch")
    database.close()
    key_file(home, 1).unlink()
    coordinator = upgrade(home, SystemClock())
    with coordinator.context.snapshot() as session:
        terms = coordinator.locator_epochs(session).terms(net.clock.now())
    assert terms is not None
    assert key_file(home, 1).exists()
    coordinator.close()


def test_doctor_finds_a_key_that_is_missing_or_another(net: Network) -> None:
    assert level(net) is Level.OK
    path = key_file(net.coordinator.context.home, 1)
    path.write_bytes((5).to_bytes(32, "little"))
    net.coordinator.__dict__.pop("locator_keys", None)
    assert level(net) is Level.FAILED
    path.unlink()
    net.coordinator.__dict__.pop("locator_keys", None)
    assert level(net) is Level.FAILED


def test_guessing_alarms_in_plain_words_in_status_doctor_and_log(net: Network) -> None:
    leon, now = net.nodes["leon"], net.clock.now()
    with net.coordinator.context.transaction() as session:
        for number in range(10):
            question = seal_message(
                locator_question("leon", 1, f"{number:064x}", "casework", now), leon.context.keys.signing
            )
            QueryLog(session).add(Query("leon", QueryKind.FIND, 1, question), now, found=False)
    home = ("--home", str(net.coordinator.context.home))
    for words in (("status",), ("locator", "status"), ("doctor",)):
        shown = invoke(coordinator_main, *words, *home)
        assert "de 10 personas preguntadas hoy, 10 no constan en ninguna parte" in " ".join(shown.out.split())
    assert level(net) is Level.WARNING
    told = log_alarms(net.coordinator.context, frozenset())
    assert told == {("leon", AlarmKind.MISSES)}
    assert log_alarms(net.coordinator.context, told) == told


def test_fetch_without_from_on_the_command_line(net: Network) -> None:
    consent(net, "burgos", "leon")
    net.serve("burgos")
    leon = ("--home", str(net.nodes["leon"].context.home))
    refresh_all(net)
    asked = ("fetch", "--document", PERSON.number, "--purpose", "casework", *leon)
    shown = invoke(node_main, *asked, "--json")
    assert shown.code == 0
    assert shown.json["located"] == {"holders": ["burgos"], "more": False, "unlisted": 0}
    assert (shown.json["partial"], shown.json["answers"][0]["outcome"]) == (False, "released")
    nobody = invoke(node_main, "fetch", "--document", STRANGER.number, *asked[3:], "--json")
    assert (nobody.code, nobody.json["answers"], nobody.json["exit_code"]) == (1, [], 1)
    net.stop_coordinator()
    down = invoke(node_main, *asked, "--json")
    assert (down.code, down.json["error"]["code"]) == (3, "locator_unreachable")
    assert "--from" in down.json["error"]["remedy"]
    named = invoke(node_main, *asked, "--from", "burgos", "--json")
    assert named.code == 0
    nobody = invoke(node_main, *asked, "--from", ",", "--json")
    assert (nobody.code, nobody.json["error"]["code"]) == (2, "request_invalid")


def test_a_linkage_code_is_issued_with_its_card(net: Network, tmp_path: Path) -> None:
    home = ("--home", str(net.nodes["leon"].context.home))
    card = tmp_path / "card.html"
    issued = invoke(node_main, "records", "linkage-code", str(card), *home, "--json").json
    assert parse_document(issued["code"]).kind is DocumentKind.LINKAGE
    assert issued["code"] in card.read_text(encoding="utf-8")
    again = invoke(node_main, "records", "linkage-code", str(card), *home, "--json")
    assert (again.code, again.json["error"]["code"]) == (2, "card_exists")


def test_a_second_key_is_offered_chosen_required_used_and_left(net: Network) -> None:
    burgos, leon = (("--home", str(net.nodes[each].context.home)) for each in ("burgos", "leon"))
    own = ("--home", str(net.coordinator.context.home))
    net.serve("burgos")
    early = invoke(coordinator_main, "locator", "add-holder", "burgos", *own, "--json")
    assert (early.code, early.json["error"]["code"]) == (2, "key_holder_unknown")
    assert "una sola clave" in invoke(coordinator_main, "status", *own).out
    none = invoke(node_main, "pseudonym-key", "rotate", *burgos, "--json")
    assert (none.code, none.json["error"]["code"]) == (2, "pseudonym_key_missing")
    assert "no guarda ninguna clave" in invoke(node_main, "pseudonym-key", "status", *burgos).out
    offered = invoke(node_main, "pseudonym-key", "serve", *burgos)
    assert (offered.code, "falta que la Gerencia" in offered.out) == (0, True)
    assert "Ofrecen guardar una clave: burgos" in invoke(coordinator_main, "locator", "status", *own).out
    chosen = invoke(coordinator_main, "locator", "add-holder", "burgos", "--overlap-days", "0", *own, "--json")
    assert [sorted(epoch["keys"]) for epoch in chosen.json["epochs"]] == [["burgos", "coordinator"]]
    refresh_all(net)
    required = invoke(node_main, "pseudonym-key", "require", "burgos", *leon, "--json")
    assert required.json["expected"] == [{"entity": "burgos", "required": True, "since_epoch": 0}]
    assert locate(net, "leon").holders == ()
    shown = invoke(node_main, "pseudonym-key", "holders", *leon)
    assert (shown.code, "burgos y coordinator" in shown.out, "La DPD exige" in shown.out) == (0, True, True)
    assert "hacen falta todas" in invoke(node_main, "status", *leon).out
    status = invoke(node_main, "pseudonym-key", "status", *burgos, "--json").json
    assert [each["evaluations"] for each in status["entities"]] == [1]
    assert "leon" in invoke(node_main, "pseudonym-key", "log", *burgos).out
    (request,) = invoke(node_main, "pseudonym-key", "log", "--entity", "leon", *burgos, "--json").json["requests"]
    assert (request["amount"], request["kind"]) == (1, "evaluate")
    rotated = invoke(node_main, "pseudonym-key", "rotate", *burgos, "--json").json
    assert [(key["sequence"], key["epochs"]) for key in rotated["keys"]] == [(1, [2]), (2, [])]
    assert "empieza por sí sola" in invoke(coordinator_main, "locator", "status", *own).out
    dropped = invoke(coordinator_main, "locator", "drop-holder", "burgos", "--overlap-days", "1", *own)
    assert (dropped.code, "una sola clave" in dropped.out) == (0, True)
    refresh_all(net)
    assert "ALERTA" in invoke(node_main, "status", *leon).out
    wrong = invoke(node_main, "pseudonym-key", "require", "nadie", *leon, "--json")
    assert (wrong.code, wrong.json["error"]["code"]) == (2, "key_holder_invalid")
