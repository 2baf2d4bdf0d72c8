"""The commands of referrals, run at both entities in turn."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from node.cli.app import app
from node.fetch.asking import Asking, question_of
from node.wiring import Node
from policies.errors import RedpactError
from tests.support.exchange import PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.postoffice import PostOffice
from trust.parties import EntityKind


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    network = ExchangeNetwork(tmp_path)
    hold(network.add("town", kind=EntityKind.PUBLIC), person_record(PERSON))
    hold(network.add("ngo"), person_record(PERSON))
    grant(network.nodes["town"], "ngo", purposes=("referral", "casework"))
    homes = {node.context.home: node for node in network.nodes.values()}

    def opened(home: Path) -> Node:
        return homes[home]

    for module in ("referral", "referral_answers", "referral_capacity", "inbox", "records_access"):
        monkeypatch.setattr(f"node.cli.{module}.open_node", opened)
    monkeypatch.setattr(Node, "close", lambda _self: None)  # the next command of the test goes on with it
    yield PostOffice(network)
    monkeypatch.undo()
    network.close()


def run(office: PostOffice, entity: str, *words: str, text: str | None = None) -> Result:
    home = ("--home", str(office.network.nodes[entity].context.home))
    return CliRunner().invoke(app, [*words, *home], input=text)


def document(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def send(office: PostOffice, *more: str) -> str:
    words = ("referral", "send", "--document", "-", "--to", "ngo", "--service", "job_guidance", "--json")
    sent: str = document(run(office, "town", *words, *more, text=f"{PERSON.number}\n"))["referral_id"]
    office.deliver()
    return sent


def test_a_referral_goes_round_by_commands(office: PostOffice) -> None:
    code = send(office, "--need", "employment", "--urgency", "urgent")
    assert "hay que contestar" in run(office, "ngo", "inbox", "list").stdout
    assert document(run(office, "ngo", "referral", "link", code[:8], "--document", PERSON.number, "--json"))["linked"]
    assert document(run(office, "ngo", "referral", "accept", code, "--json"))["state"] == "accepted"
    assert "En curso" in run(office, "ngo", "referral", "start", code).stdout
    assert "Se prestó el recurso" in run(office, "ngo", "referral", "finish", code, "--result", "given").stdout
    office.deliver()
    listed = document(run(office, "town", "referral", "list", "--sent", "--json"))["referrals"]
    assert [(each["state"], each["code"]) for each in listed] == [("done", "given")]
    assert document(run(office, "town", "referral", "list", "--open", "--json"))["referrals"] == []
    shown = document(run(office, "town", "referral", "show", code, "--json"))
    assert [step["step"] for step in shown["steps"]] == ["send", "receive", "accept", "start", "finish"]
    assert "Done (The service was given)" in run(office, "town", "referral", "show", code, "--lang", "en").stdout
    items = document(run(office, "town", "inbox", "list", "--json"))["items"]
    dealt = document(run(office, "town", "inbox", "done", str(items[0]["number"]), "--json"))
    assert dealt["done_at"]
    assert len(document(run(office, "town", "inbox", "list", "--json"))["items"]) == len(items) - 1


def test_the_slip_names_nobody_and_nothing_but_the_way(office: PostOffice, tmp_path: Path) -> None:
    code = send(office, "--need", "employment")
    assert document(run(office, "town", "referral", "slip", code, str(tmp_path / "slip.html"), "--json"))["file"]
    page = (tmp_path / "slip.html").read_text(encoding="utf-8")
    assert f"{code[:4]}-{code[4:8]}" in page
    assert "Entidad ngo" in page
    for secret in (PERSON.number, "Ana", "Ficticia", "orientación laboral", "Job information", "Inserción"):
        assert secret not in page
    assert "<script" not in page
    run(office, "town", "referral", "revoke", code, "--reason", "sent_by_mistake")
    result = run(office, "town", "referral", "slip", code, str(tmp_path / "again.html"))
    assert isinstance(result.exception, RedpactError)
    assert not (tmp_path / "again.html").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("referral", "reject", "{id}", "--reason", "boredom"), "unknown_term"),
        (("referral", "finish", "{id}", "--result", "given"), "referral_step_refused"),
        (("referral", "revoke", "{id}", "--reason", "other"), "referral_step_refused"),
        (("referral", "accept", "ffffffff"), "referral_unknown"),
        (("referral", "take", "{id}", "--document", PERSON.number), "referral_step_refused"),
        (("referral", "link", "{id}", "--document", "12345678Z"), "referral_of_another_person"),
        (("inbox", "done", "77"), "attention_unknown"),
        (("referral", "capacity", "set", "miracles", "--places", "1", "--wait-days", "1"), "unknown_term"),
    ],
)
def test_a_wrong_step_or_word_is_a_typed_error(office: PostOffice, words: tuple[str, ...], code: str) -> None:
    referral = send(office)
    result = run(office, "ngo", *(word.format(id=referral) for word in words))
    assert isinstance(result.exception, RedpactError)
    assert result.exception.code == code
    assert result.exception.remedy


def test_a_case_is_taken_over_by_a_command(office: PostOffice) -> None:
    code = send(office, "--transfer")
    run(office, "ngo", "referral", "accept", code)
    taken = document(run(office, "ngo", "referral", "take", code, "--document", PERSON.number, "--json"))
    assert (taken["state"], taken["code"], taken["source"]) == ("done", "transferred", "town")
    shown = run(office, "ngo", "referral", "show", code).stdout
    assert "Resumen recibido de Entidad town" in shown
    assert "Situación laboral: Desempleo sin prestación" in shown


def test_capacity_is_stated_listed_and_asked(office: PostOffice) -> None:
    words = ("referral", "capacity", "set", "training", "--places", "2", "--wait-days", "0", "--json")
    assert document(run(office, "ngo", *words))["capacity"][0]["places"] == 2
    assert "Formación" in run(office, "ngo", "referral", "capacity", "list").stdout
    asked = document(run(office, "town", "referral", "capacity", "ask", "training", "--json"))
    assert asked["answers"][0]["answer"]["places"] == "few"
    assert "De 1 a 3" in run(office, "town", "referral", "capacity", "ask", "training", "--entity", "ngo").stdout
    office.away.add("ngo")
    assert run(office, "town", "referral", "capacity", "ask", "training").exit_code == 3


def test_a_person_gets_the_report_of_who_looked(office: PostOffice, tmp_path: Path) -> None:
    ngo = office.network.nodes["ngo"]
    Asking(ngo.context, ngo.peer_ledgers, ngo.transport.call).fetch(
        PERSON, question_of(ngo.context, "casework"), ["town"]
    )
    words = ("records", "access-report", "--document", PERSON.number, "--out", str(tmp_path / "report"))
    report = document(run(office, "town", *words, "--json"))
    assert [entry["type"] for entry in report["entries"]] == ["consent_given", "release"]
    assert (tmp_path / "report/access.es.html").is_file()
    text = run(office, "town", *words[:-2], "--no-ask").stdout
    assert "1 cesión" in text
    assert "Anotado en el registro" in text


@pytest.mark.parametrize(("name", "rows"), [("", 20), ("results", 9)])
def test_the_words_of_referrals_are_listed(name: str, rows: int) -> None:
    result = CliRunner().invoke(app, ["vocabulary", "referrals", *([name] if name else []), "--json"])
    assert len(document(result)["referrals"]) >= rows
