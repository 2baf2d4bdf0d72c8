"""One person on one screen: what is shown to whom, what is on record before it is shown, what others answer."""

import pytest

from consent_ledger.log.bodies import read_body
from consent_ledger.log.entry import Leaf
from consent_ledger.log.reading_bodies import RecordReadBody
from node.care.access import CaseRegister
from node.fetch.located import Fetching
from node.ledger.own import own_ledger
from policies.record_readings import RecordPart
from tests.support.people import PERSON
from tests.support.portal_site import PASSWORD, PEER, Browser, NamedHolders, PortalSide


@pytest.fixture
def ana(side: PortalSide) -> Browser:
    """Give a browser of a professional on the team of one case."""
    CaseRegister(side.context).add_member(PERSON, "ana", "ceas_social_worker", added_by="ts-00")
    return side.logged_in("ana")


def address_of(browser: Browser) -> str:
    return browser.submit("/buscar", query="00000000T").headers["location"]


def readings(side: PortalSide) -> list[RecordReadBody]:
    with side.context.snapshot() as session:
        ledger = own_ledger(side.context, session)
        kinds = [Leaf.parse(leaf).type for leaf in ledger.store.leaves(0, ledger.size())]
        bodies = [read_body(kinds[each.index], each.body) for each in ledger.store.bodies(0, ledger.size())]
    return [each for each in bodies if isinstance(each, RecordReadBody)]


def test_seeing_a_record_is_on_record_before(side: PortalSide, ana: Browser) -> None:
    address = address_of(ana)
    before = len(readings(side))
    assert "600000000" in ana.get(address).text
    (reading,) = readings(side)[before:]
    assert (reading.part, reading.professional, reading.case_access) == (RecordPart.RECORD, "ana", "team")


def test_nothing_is_shown_when_the_reading_cannot_be_recorded(ana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    address = address_of(ana)

    def fails(*_given: object, **_named: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(CaseRegister, "note_reading", fails)
    response = ana.get(address)
    assert response.status_code == 500
    assert "600000000" not in response.text


def test_a_list_is_a_reading_once_a_login(side: PortalSide, ana: Browser) -> None:
    for _again in range(3):
        ana.get("/")
    assert [(each.part, each.people) for each in readings(side)] == [(RecordPart.PEOPLE, 1)]
    found = ana.submit("/buscar", query="garcia").headers["location"]
    ana.get(found)
    assert [(each.part, each.people) for each in readings(side)][1:] == [(RecordPart.PEOPLE, 1)]
    other = side.browser()
    assert other.log_in("ana") == 303
    other.get("/")
    assert len(readings(side)) == 3


def test_the_name_of_somebody_whose_case_is_not_open_is_a_reading_too(side: PortalSide) -> None:
    eva = side.logged_in("eva")
    address = address_of(eva)
    assert readings(side) == []
    assert "Ana Ficticia" in eva.get(address).text
    assert [(each.part, each.people, each.professional) for each in readings(side)] == [(RecordPart.PEOPLE, 1, "eva")]


def test_health_and_violence_are_shown_on_demand_and_take_the_password(side: PortalSide, ana: Browser) -> None:
    address = address_of(ana)
    assert "violencia de género" not in ana.get(address).text
    side.later(minutes=11)
    asked = ana.get(f"{address}/protegidos").text
    assert "Su contraseña" in asked
    assert "violencia de género" not in asked
    wrong = ana.submit(f"{address}/protegidos", seen_at=address, password="otra cosa distinta")
    assert wrong.status_code == 401
    assert "violencia de género" not in wrong.text
    assert ana.submit(f"{address}/protegidos", seen_at=address, password=PASSWORD).status_code == 303
    assert "violencia de género" in ana.get(f"{address}/protegidos").text
    assert "violencia de género" not in ana.get(address).text


def test_who_opened_a_case_sees_no_more_than_the_reason_allows(side: PortalSide) -> None:
    browser = side.logged_in("eva")
    address = address_of(browser)
    browser.submit(f"{address}/abrir", seen_at=address, reason="newly_assigned")
    text = browser.get(f"{address}/protegidos").text
    assert "600000000" in text
    assert "Problema de salud" not in text
    assert "violencia de género" not in text
    side.later(minutes=1)
    browser.submit(f"{address}/abrir", seen_at="/", reason="attended_now")
    text = browser.get(f"{address}/protegidos").text
    assert "Problema de salud" in text
    assert "violencia de género" not in text, "restricted data are for the team"


def test_the_search_takes_any_spelling(ana: Browser) -> None:
    for query in ("00000000T", "00.000.000-t", " 00000000 T ", "0000t"):
        assert ana.submit("/buscar", query=query).headers["location"].startswith("/persona/")
    for query in ("garcia", "GARCÍA", "inventada benita", "beni"):
        found = ana.submit("/buscar", query=query).headers["location"]
        assert "Benita García Inventada" in ana.get(found).text, query
    wrong = ana.submit("/buscar", query="00000000A")
    assert wrong.status_code == 400
    assert "la letra del DNI no es correcta" in wrong.text
    nobody = ana.submit("/buscar", query="zzz").headers["location"]
    assert "No hay ninguna ficha así" in ana.get(nobody).text
    assert ana.submit("/buscar", query="  ").status_code == 400


def test_what_was_found_is_gone_after_a_while_and_never_anothers(side: PortalSide, ana: Browser) -> None:
    found = ana.submit("/buscar", query="garcia").headers["location"]
    eva = side.logged_in("eva")
    assert eva.get(found).headers["location"] == "/buscar"
    for _again in range(3):
        side.later(minutes=11)
        ana.get("/cuenta")
    assert ana.get(found).headers["location"] == "/buscar"


def asked(browser: Browser, address: str, extent: str, **more: str) -> str:
    path = f"{address}/otras-entidades"
    return browser.submit(path, seen_at=path, purpose="casework", extent=extent, **more).headers["location"]


def test_what_others_show_has_its_source_and_date_and_reasons_in_one_line(side: PortalSide, ana: Browser) -> None:
    side.peers[PEER].values = {"work.status": "retired"}
    text = ana.get(asked(ana, address_of(ana), "minimum")).text
    assert "Situación laboral" in text
    assert "Entidad ngo" in text
    assert text.count("La persona no ha consentido") == 1


def test_an_entity_that_does_not_answer_is_said(side: PortalSide, ana: Browser) -> None:
    side.peers.away.add(PEER)
    text = ana.get(asked(ana, address_of(ana), "ordinary")).text
    assert "Entidades que no muestran nada" in text
    assert "Entidad ngo" in text


def test_nobody_to_ask_is_said(side: PortalSide, ana: Browser) -> None:
    side.node.fetching = Fetching(side.asking, NamedHolders(()))
    assert "No consta ninguna entidad" in ana.get(asked(ana, address_of(ana), "minimum")).text


def test_a_question_needs_a_purpose_and_an_extent_and_health_a_password(side: PortalSide, ana: Browser) -> None:
    address = address_of(ana)
    path = f"{address}/otras-entidades"
    for purpose, extent in (("", "minimum"), ("casework", ""), ("subject_access", "minimum"), ("casework", "all")):
        assert ana.submit(path, seen_at=path, purpose=purpose, extent=extent).status_code == 400
    assert not side.peers.sent
    side.later(minutes=11)
    assert ana.submit(path, seen_at=path, purpose="casework", extent="special").status_code == 400
    assert not side.peers.sent
    assert asked(ana, address, "special", password=PASSWORD).startswith("/respuestas/")
    assert len(side.peers.sent) == 1


def test_a_page_is_in_the_readers_language(ana: Browser) -> None:
    assert "Mis casos" in ana.get("/").text
    assert ana.submit("/idioma", back="/cuenta", language="en").headers["location"] == "/cuenta"
    text = ana.get("/").text
    assert "My cases" in text
    assert '<html lang="en"' in text
    assert "There is nothing here" in ana.get("/nada").text
