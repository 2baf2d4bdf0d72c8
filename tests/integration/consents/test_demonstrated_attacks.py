"""Parts of the demonstration that stand for people and for attackers: they work against real nodes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consent_ledger.consents.model import ConsentState
from deploy.local.liar import lie
from deploy.local.signing import new_authority, person_of
from node.cli.app import app
from node.consents.status import consent_status
from service.clock import SystemClock
from tests.support.exchange import PERSON, ExchangeNetwork, hold, person_record
from tests.support.town import Town
from trust.parties import EntityKind


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    made = ExchangeNetwork(tmp_path / "network", SystemClock())
    for entity in ("ngo", "town"):
        hold(made.add(entity, kind=EntityKind.PUBLIC), person_record())
    yield made
    made.close()


def test_a_form_signed_by_the_demonstrations_authority_is_recorded(network: ExchangeNetwork, tmp_path: Path) -> None:
    authority, home = new_authority(), ("--home", str(network.nodes["ngo"].context.home), "--json")
    root, form, signed = tmp_path / "root.pem", tmp_path / "form.pdf", tmp_path / "signed.pdf"
    root.write_bytes(authority.pem)
    run = CliRunner().invoke
    asked = (
        "--purpose",
        "coordination",
        "--recipient",
        "ngo",
        "--holder",
        "town",
        "--fields",
        "health.conditions_flag",
    )
    words = ("consent", "form", "--document", PERSON.number, *asked, "--out", str(form))
    pinned = run(app, ["consent", "authorities", "add", str(root), "--fingerprint", authority.fingerprint, *home])
    assert pinned.exit_code == 0, pinned.output
    assert run(app, [*words, *home]).exit_code == 0
    signed.write_bytes(person_of(authority, PERSON.number).sign(form.read_bytes()))
    granted = run(app, ["consent", "grant-signed", str(signed), *home])
    assert granted.exit_code == 0, granted.output
    assert json.loads(granted.stdout)["fields"] == ["health.conditions_flag"]


@pytest.mark.invariant(4)
def test_the_demonstrations_liar_ends_a_consent_and_keeps_nobody_from_hearing_of_it(tmp_path: Path) -> None:
    town = Town(tmp_path)
    consent = town.give("holder")
    town.deliver()
    town.wires.partition(["holder"], ["origin", "asker"])
    lie(town["asker"], to="origin", consent=consent, named="holder")
    town["origin"].consents.withdraw(consent)
    town.deliver()
    assert "holder" in consent_status(town["origin"].context, consent).outstanding
    town.wires.heal()
    town.later(hours=2)
    town.deliver()
    assert town.state("holder", consent) is ConsentState.WITHDRAWN
    town.network.close()
