"""The joint assessment as one HTML file in Spanish and English: no script, nothing loaded from anywhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from node.care.assessment import Assessment, Cell, DimensionView, FieldComparison, joint_assessment
from node.care.assessment_text import legend, mark, nothing_shown, shows_anything, value_text
from node.care.errors import PageNotWritten
from node.care.view_sources import CaseView
from node.care.views import source_lines
from node.people.documents import Document
from policies.catalogue import load_catalogue
from presentation.catalogue import LANGUAGES
from presentation.messages import _, speaking
from presentation.pages import Pages
from service.errors import HomeUnusable
from service.files import write_private

_PAGES: Final = Pages("node.care")
_HIGHEST_LEVEL: Final = 5


@dataclass(frozen=True, slots=True)
class _ShownCell:
    """A value as the page shows it; `share` is a level as a part of the highest one."""

    value: str
    shown_day: datetime | None = None
    name: str = ""
    share: float | None = None


@dataclass(frozen=True, slots=True)
class _ShownRow:
    heading: str
    cells: tuple[_ShownCell, ...]
    classes: str
    difference: str


def write_assessment_page(path: Path, view: CaseView, document: Document, *, lang: str = "es") -> None:
    """Write the page to a file that only its owner can read.

    Raises:
        PageNotWritten: it cannot be written there.
        StorageFull: the disk is full.
    """
    try:
        write_private(path, assessment_page(view, document, lang=lang).encode())
    except HomeUnusable as error:
        raise PageNotWritten(error.message, remedy=_("compruebe la ruta")) from error


def assessment_page(view: CaseView, document: Document, *, lang: str = "es") -> str:
    """Return the page; it opens in `lang` and holds both languages. The document is masked, there is no name."""
    assessment = joint_assessment(view)
    return _PAGES.bilingual(
        "assessment.html",
        lang,
        main="assessment_main.html",
        contexts={each: _context(view, assessment, each) for each in LANGUAGES},
        document=document.masked,
        as_of=view.as_of,
        sources=[source.name for source in assessment.sources],
        shows_anything=shows_anything(assessment),
    )


def _context(view: CaseView, assessment: Assessment, lang: str) -> dict[str, Any]:
    dimensions = [
        (each.dimension.label(lang), tuple(_rows(each, len(assessment.sources), lang)))
        for each in assessment.dimensions
    ]
    return {
        "lines": [line.removeprefix("- ") for line in source_lines(view, lang)],
        "dimensions": dimensions,
        "legend": legend(lang),
        "nothing": nothing_shown(lang),
    }


def _rows(view: DimensionView, sources: int, lang: str) -> Iterator[_ShownRow]:
    say, own = speaking(lang), view.self_perception
    yield _row(view.level, say("Nivel"), [_level(cell, lang) for cell in view.level.cells], lang)
    cells = [_level(own.cells[place], lang, gap=view.gap(place)) for place in range(sources)]
    yield _row(own, say("Autopercepción"), cells, lang)
    for factor in view.factors:
        cells = [_factor(cell, lang) for cell in factor.cells]
        yield _row(factor, factor.spec.label(lang), cells, lang)


def _row(comparison: FieldComparison, heading: str, cells: list[_ShownCell], lang: str) -> _ShownRow:
    say, sign = speaking(lang), mark(comparison)
    if comparison.opposed:
        return _ShownRow(heading, tuple(cells), "failed", say("{sign} Apoyo para una, dificultad para otra", sign=sign))
    if comparison.differs:
        return _ShownRow(heading, tuple(cells), "caution", say("{sign} Las entidades difieren", sign=sign))
    return _ShownRow(heading, tuple(cells), "", "")


def _level(cell: Cell, lang: str, *, gap: int | None = None) -> _ShownCell:
    shown = value_text(cell, lang, gap=gap)
    if cell.value is None:
        return _ShownCell(shown)
    name = load_catalogue().codes.code("hdme_level", str(cell.value)).label(lang)
    return _ShownCell(shown, cell.recorded_at, name, cell.value / _HIGHEST_LEVEL)


def _factor(cell: Cell, lang: str) -> _ShownCell:
    return _ShownCell(value_text(cell, lang, signed=True), None if cell.value is None else cell.recorded_at)
