"""The three views of a case over what one entity asks and another answers, without a socket."""

import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import NoReturn

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
from node.clients.locator import LocatorClient
from node.consents.errors import RecipientNotAllowed
from node.context import NodeContext
from node.fetch.asking import question_of
from node.locator.errors import LocatorMissing
from node.locator.locating import Locating
from node.people.lookup import PersonLookup
from policies.case_access import AccessGained
from tests.support.parts import SignedDirectory, answering_of, asking_of, grant
from tests.support.peers import Peers
from tests.support.people import PERSON, STRANGER
from tests.support.simulated_peer import SimulatedPeer
from trust.parties import Party
from trust.signing import Envelope

MARKUP = "<script>alert(1)</script>"


def no_channel(*_: object) -> NoReturn:
    raise AssertionError("nobody is asked")


@pytest.fixture
def views(ngo: NodeContext, town: NodeContext, directory: SignedDirectory) -> "Views":
    return Views(ngo, town, directory)


class Views:
    """Views gathered at ``ngo``, of what the real answers of ``town`` and those of simulated peers say."""

    def __init__(self, ngo: NodeContext, town: NodeContext, directory: SignedDirectory) -> None:
        self.ngo, self.town, self.directory = ngo, town, directory
        self.peers = Peers(directory, {})
        self.asking = asking_of(ngo, self._send)

    def _send(self, holder: Party, envelope: Envelope) -> Envelope:
        if holder.id == "town":
            return answering_of(self.town).answer(envelope, "ngo")
        return self.peers.call(holder, envelope)

    def gather(self, fields: tuple[str, ...], *holders: str, access: AccessGained | None = None) -> CaseView:
        question = question_of(self.ngo, "coordination", fields=fields, access=access)
        return gather(self.ngo, self.asking, PersonLookup(PERSON), question, holders or None)

    def consent(self, *fields: str) -> None:
        grant(self.town, "ngo", purposes=["coordination"], fields=fields)


# ---- the grid


def test_the_grid_merges_the_actions_of_both_entities_with_their_source(views: Views) -> None:
    today = views.ngo.clock.now().date()
    CaseActions(views.ngo).add(PERSON, "staff-7", ActionInput("job_guidance"))
    overdue = ActionInput("food_delivery", since=today - timedelta(days=9), until=today - timedelta(days=1))
    CaseActions(views.town).add(PERSON, "municipal-3", overdue)
    views.consent("coord.actions")
    gathered = views.gather((grid.FIELD,), "town")
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


def test_the_grid_says_who_withheld_refused_or_did_not_answer(views: Views) -> None:
    views.peers.add(SimulatedPeer("silent"))
    views.peers.away.add("silent")
    without = views.gather((grid.FIELD,), "town", "silent")
    text = grid.grid_text(without)
    assert "Entidad town: no comparte nada" in text
    assert "Entidad silent: no se ha llegado a ella" in text
    assert "Ninguna entidad muestra acciones" in text
    document = grid.grid_document(without)
    outcomes = {source["entity"]: source["outcome"] for source in document["sources"]}
    assert outcomes == {"ngo": "shown", "town": "refused", "silent": "failed"}
    assert (document["rows"], document["exit_code"]) == ([], 1)
    assert "could not be reached" in grid.grid_text(without, lang="en")


@pytest.mark.invariant(1)
def test_actions_leave_only_under_a_consent_that_names_them(views: Views) -> None:
    CaseActions(views.town).add(PERSON, "municipal-3", ActionInput("food_delivery"))
    views.consent()  # the minimum summary
    assert grid.grid_rows(views.gather((grid.FIELD,), "town")) == ()


def test_a_view_asks_nobody_that_was_not_named(views: Views) -> None:
    views.consent("coord.actions")
    alone = views.gather((grid.FIELD,))
    assert [source.entity for source in alone.sources] == ["ngo"]
    assert alone.fetched is None
    assert "--from" in grid.grid_text(alone)
    assert chosen_holders(["town", "town"]) == ("town",)
    with pytest.raises(RecipientNotAllowed):
        views.gather((grid.FIELD,), "ngo")


def test_without_a_locator_a_view_says_why_nobody_else_was_asked(views: Views) -> None:
    holders, why = located_holders(
        Locating(views.ngo, LocatorClient(no_channel, no_channel)), PersonLookup(PERSON), "coordination"
    )
    assert holders == ()
    assert isinstance(why, LocatorMissing)


def test_every_view_states_the_access_to_the_case(views: Views) -> None:
    CaseRegister(views.ngo).add_member(PERSON, "staff-7", "entity_technician", added_by="boss-1")
    access = CaseRegister(views.ngo).access_of(PERSON, "staff-7").access
    views.consent("coord.actions")
    document = grid.grid_document(views.gather((grid.FIELD,), "town", access=access))
    assert (document["case_access"], document["opening_reason"]) == ("team", None)


def test_a_person_unknown_to_this_entity_has_no_own_part(views: Views) -> None:
    question = question_of(views.ngo, "coordination", fields=(grid.FIELD,))
    gathered = gather(views.ngo, views.asking, PersonLookup(STRANGER), question)
    assert (gathered.sources, gathered.exit_code) == ((), 1)
    assert "Ninguna entidad" in grid.grid_text(gathered)


# ---- the joint assessment


def test_two_diagnoses_stand_side_by_side_with_their_differences(views: Views) -> None:
    views.consent("dx.levels.economic", "dx.self.economic", "dx.factors.eco1", "dx.levels.health")
    document = assessment.assessment_document(views.gather(assessment.FIELDS, "town"))
    economic = document["dimensions"][0]
    assert {entity: each["value"] for entity, each in economic["level"]["values"].items()} == {"ngo": 4, "town": 2}
    assert economic["level"]["differs"]
    assert not economic["self"]["differs"]
    assert economic["self_minus_level"] == {"ngo": 0, "town": 2}
    (factor,) = economic["factors"]
    assert (factor["id"], factor["differs"], factor["opposed"]) == ("dx.factors.eco1", True, True)


@pytest.mark.invariant(1)
def test_each_part_of_a_diagnosis_is_under_its_own_consent(views: Views) -> None:
    views.consent("dx.levels.economic")
    document = assessment.assessment_document(views.gather(assessment.FIELDS, "town"))
    shown = {each["dimension"]: each["level"]["values"]["town"] for each in document["dimensions"]}
    assert (shown["economic"]["value"], shown["health"]["value"]) == (2, None)
    assert shown["health"]["withheld"] == "not_consented"
    assert "rel4" not in json.dumps(document["dimensions"])
    text = assessment_text(views.gather(assessment.FIELDS, "town"))
    assert "no compartido" in text
    assert re.search(r"y \d+ datos más", " ".join(text.split()))


def test_the_assessment_is_read_in_both_languages(views: Views) -> None:
    views.consent("dx.levels.economic", "dx.self.economic")
    gathered = views.gather(assessment.FIELDS, "town")
    spanish, english = assessment_text(gathered), assessment_text(gathered, lang="en")
    assert "ECONÓMICA: Nivel" in spanish
    assert "4 (+2)" in spanish
    assert "1 exclusión grave" in spanish
    assert "ECONOMIC: Level" in english
    assert "not the official HDME" in english


def test_without_any_diagnosis_it_says_so(views: Views) -> None:
    question = question_of(views.ngo, "coordination", fields=assessment.FIELDS)
    gathered = gather(views.ngo, views.asking, PersonLookup(STRANGER), question)
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


def test_the_page_runs_nothing_loads_nothing_and_names_nobody(views: Views) -> None:
    views.consent("dx.levels.economic", "dx.factors.eco1")
    views.directory.change("town", name=MARKUP)
    text = assessment_page(views.gather(assessment.FIELDS, "town"), PERSON)
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


def test_the_page_is_for_its_owner_only_and_a_wrong_path_is_a_typed_error(views: Views, tmp_path: Path) -> None:
    gathered = views.gather(assessment.FIELDS)
    write_assessment_page(tmp_path / "page.html", gathered, PERSON)
    assert (tmp_path / "page.html").stat().st_mode & 0o077 == 0
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PageNotWritten):
        write_assessment_page(tmp_path / "file" / "page.html", gathered, PERSON)


# ---- duplicates and gaps


def test_duplicates_and_gaps_of_a_case(views: Views) -> None:
    CaseActions(views.ngo).add(PERSON, "staff-7", ActionInput("food_delivery"))
    CaseActions(views.ngo).add(PERSON, "staff-7", ActionInput("lodging"))
    views.consent("case.needs", "plan.services", "coord.actions")
    gathered = views.gather(overlaps_report.FIELDS, "town")
    document = overlaps_report.overlaps_document(gathered)
    assert [(each["provision"], each["entities"]) for each in document["duplicates"]] == [("food", ["ngo", "town"])]
    assert [(gap["need"], gap["assessed_by"]) for gap in document["gaps"]] == [("language", ["town"])]
    assert document["partial"] == ["town"]  # the benefits were not consented
    text = overlaps_report.overlaps_text(gathered)
    for words in ("Posibles duplicidades", "Alimentos", "Posibles huecos", "Idioma", "Curso de idioma", "señala"):
        assert words in text
    assert "Possible gaps" in overlaps_report.overlaps_text(gathered, lang="en")


def test_an_entity_that_shares_nothing_is_listed_as_missing(views: Views) -> None:
    gathered = views.gather(overlaps_report.FIELDS, "town")
    document = overlaps_report.overlaps_document(gathered)
    assert (document["duplicates"], document["partial"]) == ([], ["town"])
    assert "No todo se ve. Falta al menos una parte de: Entidad town" in overlaps_report.overlaps_text(gathered)


def test_an_action_that_a_peer_dates_backwards_does_no_harm(views: Views) -> None:
    row = {
        "function": "psychologist",
        "case_role": "support",
        "action": "food_delivery",
        "since": "9999-12-31",
        "until": "0001-01-01",
        "state": "ongoing",
    }
    peer = SimulatedPeer("peer", {"coord.actions": (row,), "case.needs": ("subsistence",)})
    views.peers.add(peer)
    gathered = views.gather(overlaps_report.FIELDS, "peer")
    assert overlaps_report.overlaps_document(gathered)["duplicates"] == []
    assert overlaps_report.overlaps_text(gathered)
    assert grid.grid_text(gathered)
