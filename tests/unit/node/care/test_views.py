"""The three views of a case over two entities that speak the real protocol, without a socket."""

import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typing_extensions import override

from node.care import assessment, overlaps_report
from node.care import coordination_grid as grid
from node.care.access import CaseRegister
from node.care.actions import ActionInput, CaseActions
from node.care.assessment_page import assessment_page, write_assessment_page
from node.care.assessment_text import assessment_text
from node.care.errors import PageNotWritten
from node.care.view_sources import CaseView, chosen_holders, gather, located_holders
from node.consents.errors import RecipientNotAllowed
from node.fetch.asking import Asking, question_of
from node.locator.errors import LocatorMissing
from node.people.lookup import PersonLookup
from policies.case_access import AccessGained
from records_exchange.request import parse_request
from service.errors import PeerUnreachable
from tests.support.exchange import PERSON, STRANGER, ExchangeNetwork, grant
from tests.support.simulated_peer import SimulatedPeer
from trust.parties import Party
from trust.signing import Envelope

MARKUP = "<script>alert(1)</script>"


def view(
    network: ExchangeNetwork,
    fields: tuple[str, ...],
    *holders: str,
    access: AccessGained | None = None,
    peers: dict[str, SimulatedPeer] | None = None,
) -> CaseView:
    """Gather a view at ``ngo``."""

    def send(holder: Party, envelope: Envelope) -> Envelope:
        if peers and holder.id in peers:
            return peers[holder.id].answer(envelope, network.clock.now())
        if holder.id not in network.nodes:
            raise PeerUnreachable(f"no answer from {holder.id}")
        return network.nodes[holder.id].answering.answer(envelope, parse_request(envelope.payload).asker)

    ngo = network.nodes["ngo"]
    question = question_of(ngo.context, "coordination", fields=fields, access=access)
    return gather(
        ngo.context, Asking(ngo.context, ngo.peer_ledgers, send), PersonLookup(PERSON), question, holders or None
    )


def consent(network: ExchangeNetwork, *fields: str) -> None:
    grant(network.nodes["town"], "ngo", purposes=["coordination"], fields=fields)


def list_peer(network: ExchangeNetwork, peer: SimulatedPeer) -> None:
    network.parties[peer.entity] = peer.party
    network.publish()


# ---- the grid


def test_the_grid_merges_the_actions_of_both_entities_with_their_source(network: ExchangeNetwork) -> None:
    today = network.clock.now().date()
    CaseActions(network.nodes["ngo"].context).add(PERSON, "staff-7", ActionInput("job_guidance"))
    overdue = ActionInput("food_delivery", since=today - timedelta(days=9), until=today - timedelta(days=1))
    CaseActions(network.nodes["town"].context).add(PERSON, "municipal-3", overdue)
    consent(network, "coord.actions")
    gathered = view(network, (grid.FIELD,), "town")
    rows = grid.grid_rows(gathered)
    assert [(row.entity, row.own, row.action, row.overdue) for row in rows] == [
        ("town", False, "food_delivery", True),
        ("ngo", True, "job_guidance", False),
    ]
    text = grid.grid_text(gathered)
    for words in ("Entidad town", "alimentos", "social de CEAS", "vencido", "(esta", "Prevista"):
        assert words in text
    assert "municipal-3" not in text + json.dumps(grid.grid_document(gathered))
    assert gathered.exit_code == 0


def test_the_grid_says_who_withheld_refused_or_did_not_answer(network: ExchangeNetwork) -> None:
    list_peer(network, SimulatedPeer("silent"))
    without = view(network, (grid.FIELD,), "town", "silent")
    text = grid.grid_text(without)
    assert "Entidad town: no comparte nada" in text
    assert "Entidad silent: sin respuesta" in text
    assert "Ninguna entidad muestra acciones" in text
    document = grid.grid_document(without)
    outcomes = {source["entity"]: source["outcome"] for source in document["sources"]}
    assert outcomes == {"ngo": "shown", "town": "refused", "silent": "failed"}
    assert (document["rows"], document["exit_code"]) == ([], 1)
    assert "no answer" in grid.grid_text(without, lang="en")


@pytest.mark.invariant(1)
def test_actions_leave_only_under_a_consent_that_names_them(network: ExchangeNetwork) -> None:
    CaseActions(network.nodes["town"].context).add(PERSON, "municipal-3", ActionInput("food_delivery"))
    grant(network.nodes["town"], "ngo", purposes=["coordination"])  # the minimum summary
    assert grid.grid_rows(view(network, (grid.FIELD,), "town")) == ()


def test_a_view_asks_nobody_that_was_not_named(network: ExchangeNetwork) -> None:
    consent(network, "coord.actions")
    alone = view(network, (grid.FIELD,))
    assert [source.entity for source in alone.sources] == ["ngo"]
    assert alone.fetched is None
    assert "--from" in grid.grid_text(alone)
    assert chosen_holders(["town", "town"]) == ("town",)
    with pytest.raises(RecipientNotAllowed):
        view(network, (grid.FIELD,), "ngo")


def test_without_a_locator_a_view_says_why_nobody_else_was_asked(network: ExchangeNetwork) -> None:
    holders, why = located_holders(network.nodes["ngo"].locating, PersonLookup(PERSON), "coordination")
    assert holders == ()
    assert isinstance(why, LocatorMissing)


def test_every_view_states_the_access_to_the_case(network: ExchangeNetwork) -> None:
    ngo = network.nodes["ngo"]
    CaseRegister(ngo.context).add_member(PERSON, "staff-7", "entity_technician", added_by="boss-1")
    access = CaseRegister(ngo.context).access_of(PERSON, "staff-7").access
    consent(network, "coord.actions")
    document = grid.grid_document(view(network, (grid.FIELD,), "town", access=access))
    assert (document["case_access"], document["opening_reason"]) == ("team", None)


def test_a_person_unknown_to_this_entity_has_no_own_part(network: ExchangeNetwork) -> None:
    ngo = network.nodes["ngo"]
    question = question_of(ngo.context, "coordination", fields=(grid.FIELD,))
    gathered = gather(ngo.context, ngo.asking, PersonLookup(STRANGER), question)
    assert (gathered.sources, gathered.exit_code) == ((), 1)
    assert "Ninguna entidad" in grid.grid_text(gathered)


# ---- the joint assessment


def test_two_diagnoses_stand_side_by_side_with_their_differences(network: ExchangeNetwork) -> None:
    consent(network, "dx.levels.economic", "dx.self.economic", "dx.factors.eco1", "dx.levels.health")
    document = assessment.assessment_document(view(network, assessment.FIELDS, "town"))
    economic = document["dimensions"][0]
    assert {entity: each["value"] for entity, each in economic["level"]["values"].items()} == {"ngo": 4, "town": 2}
    assert economic["level"]["differs"]
    assert not economic["self"]["differs"]
    assert economic["self_minus_level"] == {"ngo": 0, "town": 2}
    (factor,) = economic["factors"]
    assert (factor["id"], factor["differs"], factor["opposed"]) == ("dx.factors.eco1", True, True)


@pytest.mark.invariant(1)
def test_each_part_of_a_diagnosis_is_under_its_own_consent(network: ExchangeNetwork) -> None:
    consent(network, "dx.levels.economic")
    document = assessment.assessment_document(view(network, assessment.FIELDS, "town"))
    shown = {each["dimension"]: each["level"]["values"]["town"] for each in document["dimensions"]}
    assert (shown["economic"]["value"], shown["health"]["value"]) == (2, None)
    assert shown["health"]["withheld"] == "not_consented"
    assert "rel4" not in json.dumps(document["dimensions"])
    text = assessment_text(view(network, assessment.FIELDS, "town"))
    assert "no compartido" in text
    assert re.search(r"y \d+ datos más", " ".join(text.split()))


def test_the_assessment_is_read_in_both_languages(network: ExchangeNetwork) -> None:
    consent(network, "dx.levels.economic", "dx.self.economic")
    gathered = view(network, assessment.FIELDS, "town")
    spanish, english = assessment_text(gathered), assessment_text(gathered, lang="en")
    assert "ECONÓMICA: Nivel" in spanish
    assert "4 (+2)" in spanish
    assert "1 exclusión grave" in spanish
    assert "ECONOMIC: Level" in english
    assert "not the official HDME" in english


def test_without_any_diagnosis_it_says_so(network: ExchangeNetwork) -> None:
    ngo = network.nodes["ngo"]
    question = question_of(ngo.context, "coordination", fields=assessment.FIELDS)
    gathered = gather(ngo.context, ngo.asking, PersonLookup(STRANGER), question)
    assert "Ninguna entidad muestra nada" in assessment_text(gathered)
    assert "Ninguna entidad muestra nada" in assessment_page(gathered, STRANGER)


class _Page(HTMLParser):
    """Checks that tags nest, and collects what could run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in {"meta", "input"}:
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_runs_nothing_loads_nothing_and_names_nobody(network: ExchangeNetwork) -> None:
    consent(network, "dx.levels.economic", "dx.factors.eco1")
    network.change("town", name=MARKUP)
    text = assessment_page(view(network, assessment.FIELDS, "town"), PERSON)
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert not page.tags & {"script", "link", "img", "iframe", "object", "form"}
    assert not page.attributes & {"src", "href", "action"}
    assert not any(name.startswith("on") for name in page.attributes)
    assert not re.search(r"url\(|@import|https?:", text)
    assert "default-src 'none'" in text
    assert MARKUP not in text
    assert "&lt;script&gt;" in text
    for secret in (PERSON.number, "Ana", "1980"):
        assert secret not in text
    assert '<main lang="es">' in text
    assert '<main lang="en">' in text


def test_the_page_is_for_its_owner_only_and_a_wrong_path_is_a_typed_error(
    network: ExchangeNetwork, tmp_path: Path
) -> None:
    gathered = view(network, assessment.FIELDS)
    write_assessment_page(tmp_path / "page.html", gathered, PERSON)
    assert (tmp_path / "page.html").stat().st_mode & 0o077 == 0
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PageNotWritten):
        write_assessment_page(tmp_path / "file" / "page.html", gathered, PERSON)


# ---- duplicates and gaps


def test_duplicates_and_gaps_of_a_case(network: ExchangeNetwork) -> None:
    CaseActions(network.nodes["ngo"].context).add(PERSON, "staff-7", ActionInput("food_delivery"))
    CaseActions(network.nodes["ngo"].context).add(PERSON, "staff-7", ActionInput("lodging"))
    consent(network, "case.needs", "plan.services", "coord.actions")
    gathered = view(network, overlaps_report.FIELDS, "town")
    document = overlaps_report.overlaps_document(gathered)
    assert [(each["provision"], each["entities"]) for each in document["duplicates"]] == [("food", ["ngo", "town"])]
    assert [(gap["need"], gap["assessed_by"]) for gap in document["gaps"]] == [("language", ["town"])]
    assert document["partial"] == ["town"]  # the benefits were not consented
    text = overlaps_report.overlaps_text(gathered)
    for words in ("Posibles duplicidades", "Alimentos", "Posibles huecos", "Idioma", "Curso de idioma", "señala"):
        assert words in text
    assert "Possible gaps" in overlaps_report.overlaps_text(gathered, lang="en")


def test_an_entity_that_shares_nothing_is_listed_as_missing(network: ExchangeNetwork) -> None:
    gathered = view(network, overlaps_report.FIELDS, "town")
    document = overlaps_report.overlaps_document(gathered)
    assert (document["duplicates"], document["partial"]) == ([], ["town"])
    assert "No todo se ve. Falta al menos una parte de: Entidad town" in overlaps_report.overlaps_text(gathered)


def test_an_action_that_a_peer_dates_backwards_does_no_harm(network: ExchangeNetwork) -> None:
    row = {
        "function": "psychologist",
        "case_role": "support",
        "action": "food_delivery",
        "since": "9999-12-31",
        "until": "0001-01-01",
        "state": "ongoing",
    }
    peer = SimulatedPeer("peer", {"coord.actions": (row,), "case.needs": ("subsistence",)})
    list_peer(network, peer)
    gathered = view(network, overlaps_report.FIELDS, "peer", peers={"peer": peer})
    assert overlaps_report.overlaps_document(gathered)["duplicates"] == []
    assert overlaps_report.overlaps_text(gathered)
    assert grid.grid_text(gathered)
