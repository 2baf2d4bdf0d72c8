"""The commands of cards and of forms to be signed: codes on paper and nowhere else."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from node.cli.app import app
from policies.errors import RedpactError
from records_exchange.assurance.person_code import GivenCode
from records_exchange.mailboxes import SqlMailbox
from service.clock import SystemClock
from tests.support.exchange import PERSON, ExchangeNetwork, hold, person_record
from tests.support.signatures import TestAuthority
from trust.parties import EntityKind


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    network = ExchangeNetwork(tmp_path, SystemClock())
    for entity in ("ngo", "town"):
        hold(network.add(entity, kind=EntityKind.PUBLIC), person_record())
    yield network
    network.close()


def run(network: ExchangeNetwork, entity: str, *words: str, text: str | None = None) -> Result:
    home = ("--home", str(network.nodes[entity].context.home))
    return CliRunner().invoke(app, [*words, *home], input=text)


def document(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output or result.exception
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def issue(network: ExchangeNetwork, out: Path, *more: str, command: str = "issue") -> Result:
    words = ("card", command, "--document", "-", "--out", str(out), "--no-pdf")
    return run(network, "town", *words, *more, text=f"{PERSON.number}\n")


def printed_codes(page: Path) -> list[str]:
    """Return what a scanner would read beside each coupon, from the digits on the page."""
    text = page.read_text(encoding="utf-8")
    serial = re.findall(r'class="serial">([0-9A-Z-]+)<', text)[0]
    return [f"{serial}/{number}/{code}" for number, code in enumerate(re.findall(r'symbols">([0-9A-Z-]+)<', text), 1)]


def grant(network: ExchangeNetwork, text: str, codes_file: str = "-") -> Result:
    words = ("--purpose", "coordination", "--recipient", "ngo", "--holder", "town", "--codes-file", codes_file)
    return run(network, "ngo", "consent", "grant", "--document", "-", *words, "--json", text=f"{PERSON.number}\n{text}")


def test_a_card_is_issued_listed_replaced_and_blocked(network: ExchangeNetwork, tmp_path: Path) -> None:
    issued = document(issue(network, tmp_path / "card.html", "--codes", "4", "--for", "coordination:P1", "--json"))
    assert issued["files"] == [str(tmp_path / "card.html")]
    assert len(printed_codes(tmp_path / "card.html")) == 4
    listed = document(run(network, "town", "card", "list", "--json"))["cards"]
    assert [(each["serial"], each["state"]) for each in listed] == [(issued["serial"], "active")]
    replaced = document(issue(network, tmp_path / "new.html", "--json", command="replace"))
    states = {each["serial"]: each["end"] for each in document(run(network, "town", "card", "list", "--json"))["cards"]}
    assert states == {issued["serial"]: "replaced", replaced["serial"]: None}
    blocked = run(network, "town", "card", "block", "--document", PERSON.number, "--json")
    assert [each["end"] for each in document(blocked)["cards"]] == ["lost"]
    assert "bloqueada" in run(network, "town", "card", "list", "--lang", "es").stdout


def test_no_command_prints_or_takes_a_code(network: ExchangeNetwork, tmp_path: Path) -> None:
    shown = issue(network, tmp_path / "card.html").output
    shown += run(network, "town", "card", "list", "--json").output
    for text in printed_codes(tmp_path / "card.html"):
        given = GivenCode.parse(text)
        assert given.code not in shown.replace("-", "")
    taken = run(network, "ngo", "consent", "grant", "--help").output
    assert "--code " not in taken


def test_a_file_that_is_there_is_kept_and_no_card_is_issued(network: ExchangeNetwork, tmp_path: Path) -> None:
    (tmp_path / "card.html").write_text("kept", encoding="utf-8")
    result = issue(network, tmp_path / "card.html")
    assert isinstance(result.exception, RedpactError)
    assert result.exception.code == "card_file_taken"
    assert document(run(network, "town", "card", "list", "--json"))["cards"] == []


@pytest.mark.parametrize("way", ["typed", "named", "file"])
def test_a_code_is_typed_or_comes_from_a_file(network: ExchangeNetwork, tmp_path: Path, way: str) -> None:
    issue(network, tmp_path / "card.html")
    code = printed_codes(tmp_path / "card.html")[0]
    if way == "file":
        (tmp_path / "codes").write_text(f"\ntown={code}\n", encoding="utf-8")
        result = grant(network, "", str(tmp_path / "codes"))
    else:
        result = grant(network, f"{code if way == 'typed' else f'town = {code.lower()}'}\n")
    consent = document(result)["consent_id"]
    kept = b"".join(path.read_bytes() for path in network.nodes["ngo"].context.home.rglob("*") if path.is_file())
    assert consent.encode() in kept
    assert GivenCode.parse(code).code.encode() not in kept


def test_a_renewal_takes_another_code(network: ExchangeNetwork, tmp_path: Path) -> None:
    issue(network, tmp_path / "card.html")
    first, second, *_rest = printed_codes(tmp_path / "card.html")
    consent = document(grant(network, f"{first}\n"))["consent_id"]
    renewed = run(network, "ngo", "consent", "renew", consent, "--codes-file", "-", "--json", text=f"{second}\n")
    assert document(renewed)["state"] == "renewed"
    with network.nodes["ngo"].context.snapshot() as session:
        (waiting,) = SqlMailbox(session).waiting()
    assert [each["number"] for each in waiting.content["evidence"]] == [2]


@pytest.mark.parametrize("text", ["ABCD1239/1/8Q4T0HZRM3X1", "nobody=ABCD1239/1/8Q4T0HZRM3X0", "hello", "a=b=c"])
def test_a_mistyped_code_is_told_at_once_and_records_nothing(network: ExchangeNetwork, text: str) -> None:
    result = grant(network, f"{text}\n")
    assert isinstance(result.exception, RedpactError)
    assert result.exception.code == "code_malformed"
    assert document(run(network, "ngo", "consent", "list", "--json"))["consents"] == []


def test_a_form_is_written_signed_and_recorded(network: ExchangeNetwork, tmp_path: Path) -> None:
    made = TestAuthority(now=network.clock.now())
    (tmp_path / "root.pem").write_bytes(made.pem)
    pin = ("consent", "authorities", "add", str(tmp_path / "root.pem"), "--fingerprint")
    wrong = run(network, "ngo", *pin, "ab" * 32)
    assert isinstance(wrong.exception, RedpactError)
    assert made.fingerprint in str(wrong.exception.message), "it says what to compare"
    pinned = document(run(network, "ngo", *pin, made.fingerprint, "--json"))
    assert [each["sha256"] for each in pinned["authorities"]] == [made.fingerprint]
    out = tmp_path / "consent.pdf"
    words = ("--purpose", "casework", "--recipient", "ngo", "--holder", "town", "--out", str(out), "--json")
    form = document(run(network, "ngo", "consent", "form", "--document", "-", *words, text=f"{PERSON.number}\n"))
    assert document(run(network, "ngo", "consent", "list", "--json"))["consents"] == []
    unsigned = run(network, "ngo", "consent", "grant-signed", str(out))
    assert isinstance(unsigned.exception, RedpactError)
    assert unsigned.exception.code == "form_signature_invalid"
    out.write_bytes(made.person(f"IDCES-{PERSON.number}").sign(out.read_bytes()))
    given = document(run(network, "ngo", "consent", "grant-signed", str(out), "--json"))
    assert (given["consent_id"], given["state"]) == (form["consent_id"], "given")
    again = run(network, "ngo", "consent", "grant-signed", str(out))
    assert isinstance(again.exception, RedpactError)
    assert again.exception.code == "consent_invalid"
    elsewhere = run(network, "town", "consent", "grant-signed", str(out))
    assert isinstance(elsewhere.exception, RedpactError)
    taken_out = document(run(network, "ngo", "consent", "authorities", "remove", made.fingerprint, "--json"))
    assert taken_out["authorities"] == []
