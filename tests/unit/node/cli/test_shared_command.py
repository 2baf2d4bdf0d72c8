"""``records shared``: what other entities shared of a person, shown again to a professional who comes to the case."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from node.care.access import CaseRegister
from node.cli.app import app
from node.fetch.asking import question_of
from policies.catalogue import load_catalogue
from service.clock import SystemClock
from tests.support.exchange import OTHER_PERSON, PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.wires import Wires

HEALTH = "health.conditions_flag"
FIELDS = ("work.status", HEALTH)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    """``ngo`` has fetched of ``town`` what the person consented to; both hold the person."""
    network = ExchangeNetwork(tmp_path, SystemClock())
    for entity in ("ngo", "town"):
        hold(network.add(entity), person_record())
    Wires(network.nodes).join()
    grant(network.nodes["town"], "ngo", fields=FIELDS)
    ngo = network.nodes["ngo"]
    (reply,) = ngo.asking.fetch(PERSON, question_of(ngo.context, "casework", fields=FIELDS), ["town"]).replies
    assert reply.released
    yield network
    network.close()


def shared(network: ExchangeNetwork, *more: str, document: str = PERSON.number) -> Result:
    words = (
        "records",
        "shared",
        "--home",
        str(network.nodes["ngo"].context.home),
        "--document",
        "-",
        "--professional",
        "ts-7",
    )
    return CliRunner().invoke(app, [*words, *more], input=f"{document}\n")


def test_what_was_shared_is_shown_with_its_source(network: ExchangeNetwork) -> None:
    (copy,) = json.loads(shared(network, "--json").stdout)["copies"]
    assert (copy["holder"], copy["purpose"]) == ("town", "casework")
    assert {field["id"]: field["value"] for field in copy["fields"]} == {"work.status": "unemployed", HEALTH: True}
    assert copy["received_at"] < copy["kept_until"]


@pytest.mark.parametrize("lang", ["es", "en"])
def test_a_professional_reads_it_in_words(network: ExchangeNetwork, lang: str) -> None:
    shown, catalogue = shared(network, "--lang", lang).stdout, load_catalogue()
    words = [catalogue.field("work.status").label(lang), catalogue.display("work.status", "unemployed", lang)]
    assert [word for word in (*words, "Entidad town") if word not in shown] == []
    assert "work.status" not in shown


def test_whoever_looks_is_on_record(network: ExchangeNetwork) -> None:
    shared(network, "--reason", "covering_colleague")
    (opening,) = CaseRegister(network.nodes["ngo"].context).case_file(PERSON).openings
    assert (opening.professional, opening.reason) == ("ts-7", "covering_colleague")


def test_a_reason_that_does_not_reach_health_shows_none(network: ExchangeNetwork) -> None:
    (copy,) = json.loads(shared(network, "--reason", "case_meeting", "--json").stdout)["copies"]
    assert [field["id"] for field in copy["fields"]] == ["work.status"]


@pytest.mark.invariant(4)
def test_after_a_withdrawal_nothing_is_shown(network: ExchangeNetwork) -> None:
    (consent,) = network.nodes["town"].consents.list()
    network.nodes["ngo"].consents.withdraw(consent.consent_id)
    assert json.loads(shared(network, "--json").stdout) == {"copies": []}
    assert "No se guarda nada de otras entidades." in shared(network).stdout
    assert "Nothing of other entities is kept." in shared(network, "--lang", "en").stdout


def test_of_somebody_who_is_not_held_here_nothing_is_shown(network: ExchangeNetwork) -> None:
    refused = shared(network, "--json", document=OTHER_PERSON.number)
    assert refused.exception is not None
    assert getattr(refused.exception, "code", None) == "person_unknown"
    assert OTHER_PERSON.number not in refused.stdout
