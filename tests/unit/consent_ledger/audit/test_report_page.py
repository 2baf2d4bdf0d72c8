import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeVar

import pytest
from typing_extensions import override

from consent_ledger.audit.features.releases import ReleaseSection
from consent_ledger.audit.features.withdrawals import WithdrawalSection
from consent_ledger.audit.page import ReportOptions, report_page
from consent_ledger.audit.registry import new_story
from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.story import Section, Story
from consent_ledger.audit.verify import verify_export
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.proofs.trust_policy import TrustPolicy
from tests.support.ledgers import new_ledger, new_register
from tests.support.told_ledger import MARKUP, tell

VOID = {"meta", "input", "br", "wbr"}


class Page(HTMLParser):
    """Checks that tags nest, and collects text by language, attributes and tags."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = {"es": "", "en": ""}
        self.language = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "main":
            self.language = dict(attrs)["lang"] or ""
        if tag not in VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    @override
    def handle_data(self, data: str) -> None:
        if self.language:
            self.text[self.language] += data


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[AuditReport, Story]:
    ledger = new_ledger()
    tell(ledger, new_register(ledger))
    folder: Path = tmp_path_factory.mktemp("told") / "export"
    export_ledger(ledger, folder)
    story = new_story()
    report = verify_export(folder, TrustPolicy.of_log(ledger.vkey), listener=story.entry)
    return report, story


def page_of(told: tuple[AuditReport, Story], *, own_policy: bool = False) -> str:
    return report_page(*told, ReportOptions(own_policy))


def read(page: str) -> Page:
    reader = Page()
    reader.feed(page)
    assert reader.open == []
    return reader


def test_both_languages_tell_who_saw_what_when_why_and_under_which_consent(told: tuple[AuditReport, Story]) -> None:
    text = read(page_of(told)).text
    for words in (
        "Ayuntamiento de Ejemplo",
        "Valoración e intervención en el caso",
        "3 mar 2026, 12:00 (+01:00)",
        "Sexo (registral)",
    ):
        assert words in text["es"]
    for words in (
        "Ayuntamiento de Ejemplo",
        "Assessment and case work",
        "3 Mar 2026, 12:00 (+01:00)",
        "Registered sex",
    ):
        assert words in text["en"]
    assert "VERIFICADO" in text["es"]
    assert "VERIFIED" in text["en"]


def test_how_the_case_was_come_to_is_told_and_who_asked_of_the_entitys_own_staff(
    told: tuple[AuditReport, Story],
) -> None:
    page = read(page_of(told))
    assert "Atiende ahora a la persona" in page.text["es"]
    assert "On the case team" in page.text["en"]
    assert "staff-0042" in page.text["en"]


def test_withdrawals_say_how_long_each_entity_took_and_who_has_not_answered(told: tuple[AuditReport, Story]) -> None:
    text = read(page_of(told)).text["en"]
    assert "Ayuntamiento de Ejemplo: 9 minutes" in text
    assert "Asociación Inventada: 31 hours" in text
    assert re.search(r"Asociación Inventada: open, [0-9.]+ days", text)


def test_refusals_training_and_erasures_are_told(told: tuple[AuditReport, Story]) -> None:
    text = read(page_of(told)).text["es"]
    assert "No hay nada que compartir" in text
    assert "ε = 2,1" in text
    assert "La persona retira su consentimiento (RGPD art. 17.1.b)" in text
    assert "Se muestran 47 de 48" in text


def test_the_page_runs_nothing_and_loads_nothing(told: tuple[AuditReport, Story]) -> None:
    page = page_of(told)
    reader = read(page)
    assert not reader.tags & {"script", "link", "img", "iframe", "object", "embed", "a", "base", "form", "image", "use"}
    assert not {
        name for name in reader.attributes if name.startswith("on") or name in {"src", "href", "srcset", "data"}
    }
    assert not re.search(r"url\((?!#)|@import|(?<!xmlns=\")https?://", page)
    assert "default-src 'none'" in page


def test_what_a_ledger_says_is_text_and_never_markup(told: tuple[AuditReport, Story]) -> None:
    page = page_of(told)
    assert MARKUP not in page
    assert "&lt;script&gt;" in page


def test_every_chart_has_its_numbers_in_a_table_beside_it(told: tuple[AuditReport, Story]) -> None:
    page = page_of(told)
    assert page.count("<svg") == 2 * 4
    for figure in page.split("<figure>")[1:]:
        assert "<table" in figure.split("<section>")[0]
    assert page.count('role="img"') == page.count("<svg")


def test_a_report_whose_key_came_with_the_ledger_says_so(told: tuple[AuditReport, Story]) -> None:
    assert "La clave de confianza venía en la misma carpeta" not in page_of(told)
    assert "La clave de confianza venía en la misma carpeta" in page_of(told, own_policy=True)


def test_two_auditors_of_one_export_get_the_same_report(told: tuple[AuditReport, Story]) -> None:
    assert page_of(told) == page_of(told)


def test_an_empty_ledger_has_a_report(tmp_path: Path) -> None:
    ledger = new_ledger()
    export_ledger(ledger, tmp_path / "export")
    story = new_story()
    report = verify_export(tmp_path / "export", TrustPolicy.of_log(ledger.vkey), listener=story.entry)
    assert "Ninguna." in read(page_of((report, story))).text["es"]


SectionKind = TypeVar("SectionKind", bound=Section)


def section_of(story: Story, kind: type[SectionKind]) -> SectionKind:
    return next(section for section in story.sections if isinstance(section, kind))


def test_long_ledgers_show_the_newest_rows_and_count_all(tmp_path: Path) -> None:
    ledger = new_ledger()
    tell(ledger, new_register(ledger))
    export_ledger(ledger, tmp_path / "export")
    story = new_story(max_rows=2)
    verify_export(tmp_path / "export", TrustPolicy.of_log(ledger.vkey), listener=story.entry)
    assert len(section_of(story, ReleaseSection).rows) == 2
    assert story.by_type["release"] == 48
    assert {told.consent_id for told in section_of(story, WithdrawalSection).by_consent.values() if told.waiting}


def test_referrals_and_access_reports_are_told_in_both_languages(told: tuple[AuditReport, Story]) -> None:
    page = Page()
    page.feed(report_page(*told, ReportOptions(own_policy=False)))
    for words in ("Alojamiento temporal", "Rechazada (No hay plazas)", "recibida", "de quien recibe"):
        assert words in page.text["es"]
    for words in ("Temporary lodging", "Rejected (No places)", "by the receiver", "Access reports handed to people"):
        assert words in page.text["en"]


def test_entities_and_witnesses_have_their_names_also_in_findings(told: tuple[AuditReport, Story]) -> None:
    report, story = told
    witnessed = replace(report, witnesses=("coordinator", "ong-c", "elsewhere"))
    page = read(page_of((witnessed, story)))
    assert "Coordinador, Asociación Inventada y elsewhere" in page.text["es"]
    assert "Coordinator, Asociación Inventada and elsewhere" in page.text["en"]
    assert "pendiente de acuse de: Asociación Inventada." in page.text["es"]


def test_every_row_of_a_table_says_its_headings_for_narrow_screens(told: tuple[AuditReport, Story]) -> None:
    page = page_of(told)
    cells = re.findall(r"<td\b[^>]*>", page)
    assert cells
    assert [cell for cell in cells if 'data-label="' not in cell or 'data-label=""' in cell] == []
