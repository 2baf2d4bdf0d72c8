"""``records shared``: what other entities shared of a person, shown again to a professional who comes to the case."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from node.care.access import CaseRegister
from node.cli.app import app
from policies.catalogue import load_catalogue
from tests.support.clock import FrozenClock
from tests.support.one_side import OneSide
from tests.support.origin_peer import OriginPeer
from tests.support.parts import hold, write_home
from tests.support.people import OTHER_PERSON, PERSON, person_record
from trust.parties import EntityKind

HEALTH = "health.conditions_flag"
FIELDS = ("work.status", HEALTH)


@pytest.fixture
def ngo(tmp_path: Path) -> Iterator[OneSide]:
    """An agent that has fetched of its peer ``town`` what the person consented to."""
    clock = FrozenClock(datetime.now(UTC))
    made = OneSide(tmp_path, "ngo", {"town": EntityKind.PUBLIC}, kind=EntityKind.AGENT, clock=clock)
    hold(made.context, person_record())
    write_home(made.context)
    town = OriginPeer(made, "town")
    town.shares_under(
        town.give(town.terms(recipients=("ngo",), fields=FIELDS)), {"work.status": "unemployed", HEALTH: True}
    )
    assert made.fetch("town", FIELDS).replies[0].released
    yield made
    made.context.close()


def shared(ngo: OneSide, *more: str, document: str = PERSON.number) -> Result:
    home = ("--home", str(ngo.context.home))
    words = ("records", "shared", *home, "--document", "-", "--professional", "ts-7")
    return CliRunner().invoke(app, [*words, *more], input=f"{document}\n")


def test_what_was_shared_is_shown_with_its_source(ngo: OneSide) -> None:
    (copy,) = json.loads(shared(ngo, "--json").stdout)["copies"]
    assert (copy["holder"], copy["purpose"]) == ("town", "casework")
    assert {field["id"]: field["value"] for field in copy["fields"]} == {"work.status": "unemployed", HEALTH: True}
    assert copy["received_at"] < copy["kept_until"]


@pytest.mark.parametrize("lang", ["es", "en"])
def test_a_professional_reads_it_in_words(ngo: OneSide, lang: str) -> None:
    shown, catalogue = shared(ngo, "--lang", lang).stdout, load_catalogue()
    words = [catalogue.field("work.status").label(lang), catalogue.display("work.status", "unemployed", lang)]
    assert [word for word in (*words, "Entidad town") if word not in shown] == []
    assert "work.status" not in shown


def test_whoever_looks_is_on_record(ngo: OneSide) -> None:
    shared(ngo, "--reason", "covering_colleague")
    (opening,) = CaseRegister(ngo.context).case_file(PERSON).openings
    assert (opening.professional, opening.reason) == ("ts-7", "covering_colleague")


def test_a_reason_that_does_not_reach_health_shows_none(ngo: OneSide) -> None:
    (copy,) = json.loads(shared(ngo, "--reason", "case_meeting", "--json").stdout)["copies"]
    assert [field["id"] for field in copy["fields"]] == ["work.status"]


@pytest.mark.invariant(4)
def test_after_a_withdrawal_nothing_is_shown(ngo: OneSide) -> None:
    (consent,) = ngo.peers["town"].consents
    ngo.consents.withdraw(consent)
    assert json.loads(shared(ngo, "--json").stdout) == {"copies": []}
    assert "No se guarda nada de otras entidades." in shared(ngo).stdout
    assert "Nothing of other entities is kept." in shared(ngo, "--lang", "en").stdout


def test_of_somebody_who_is_not_held_here_nothing_is_shown(ngo: OneSide) -> None:
    refused = shared(ngo, "--json", document=OTHER_PERSON.number)
    assert refused.exception is not None
    assert getattr(refused.exception, "code", None) == "person_unknown"
    assert OTHER_PERSON.number not in refused.stdout
