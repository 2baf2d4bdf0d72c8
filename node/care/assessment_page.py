"""The joint assessment as one HTML file in Spanish and English: no script, nothing loaded from anywhere."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

from consent_ledger.bilingual_page import LANGUAGES, bilingual_page
from node.care.assessment import Assessment, Cell, Comparison, DimensionView, joint_assessment
from node.care.assessment_text import WORDS, cell_text, mark, scale, shows_anything
from node.care.errors import PageNotWritten
from node.care.view_sources import Gathered
from node.care.views import source_lines
from node.people.documents import Document
from policies.catalogue import load_catalogue
from presentation.messages import _
from service.errors import HomeUnusable
from service.files import write_private

_STYLE: Final = """
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;table-layout:fixed;min-width:34rem;font-size:.95rem;margin:1rem 0}
caption{text-align:left;font-weight:700;font-size:1.2rem;padding:.6rem 0 .3rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #ddd}
thead th{background:#f3f4f6}thead th:first-child{width:26%}thead th:last-child{width:18%}
tbody th{font-weight:400}tbody tr.main th{font-weight:700}
tr.differs{background:#fffbeb}tr.opposed{background:#fff1f2}
td b{font-size:1.1rem}td small{display:block;color:#555}
.bar{display:block;width:6rem;height:.5rem;background:#e5e7eb;border-radius:.25rem;margin:.2rem 0}
.bar i{display:block;height:100%;border-radius:.25rem;background:#1f4e79}
.none{color:#555}.legend{color:#333;font-size:.95rem}
@media print{nav{display:none}tr{break-inside:avoid}.bar,.bar i{print-color-adjust:exact}}
"""
_TEXTS: Final = {
    "es": {
        "lead": "Lo que cada entidad ve, con el consentimiento que la persona dio a cada una. Contiene datos "
        "personales: no lo envíe por correo y bórrelo cuando haya servido.",
        "person": "Documento",
        "date": "Fecha (UTC)",
        "factor": "Factor",
        "mark": "Diferencia",
        "difference": "Las entidades difieren",
        "opposition": "Apoyo para una, dificultad para otra",
    },
    "en": {
        "lead": "What each entity sees, under the consent that the person gave to each. It holds personal data: do not "
        "mail it, and delete it when it has served.",
        "person": "Document",
        "date": "Date (UTC)",
        "factor": "Factor",
        "mark": "Difference",
        "difference": "The entities differ",
        "opposition": "A strength for one, a difficulty for another",
    },
}


def write_assessment_page(path: Path, gathered: Gathered, document: Document, *, lang: str = "es") -> None:
    """Write the page to a file that only its owner can read.

    Raises:
        PageNotWritten: it cannot be written there.
        StorageFull: the disk is full.
    """
    try:
        write_private(path, assessment_page(gathered, document, lang=lang).encode())
    except HomeUnusable as error:
        raise PageNotWritten(error.message, remedy=_("compruebe la ruta")) from error


def assessment_page(gathered: Gathered, document: Document, *, lang: str = "es") -> str:
    """Return the page; it opens in `lang` and holds both languages. The document is masked, there is no name."""
    shown = "en" if lang == "en" else "es"
    mains = {each: _main(gathered, document, each) for each in LANGUAGES}
    return bilingual_page(WORDS[shown]["title"], mains, language=shown, style=_STYLE)


def _main(gathered: Gathered, document: Document, lang: str) -> str:
    words, texts, view = WORDS[lang], _TEXTS[lang], joint_assessment(gathered)
    day = f'<time datetime="{gathered.as_of.isoformat()}">{gathered.as_of:%Y-%m-%d %H:%M}</time>'
    head = (
        f"<h1>{words['title']}</h1><p>{texts['lead']}</p>"
        f"<p>{texts['person']}: <b>{escape(document.masked)}</b> · {texts['date']}: {day}</p>"
    )
    lines = "".join(f"<li>{escape(line.removeprefix('- '))}</li>" for line in source_lines(gathered, lang))
    if not shows_anything(view):
        return f"{head}<p>{words['none']}</p><ul>{lines}</ul>"
    legend = "".join(
        f"<li>{escape(line)}</li>"
        for line in (
            f"{words['scale']}: {scale(lang)}.",
            words["factors"],
            words["marks"],
            f"{words['proposal']} ({load_catalogue().version}).",
        )
    )
    tables = "".join(_table(view, each, lang) for each in view.dimensions)
    return f'{head}<ul>{lines}</ul>{tables}<ul class="legend">{legend}</ul>'


def _table(view: Assessment, dimension: DimensionView, lang: str) -> str:
    texts = _TEXTS[lang]
    heads = "".join(
        f'<th scope="col">{escape(name)}</th>'
        for name in (texts["factor"], *(source.name for source in view.sources), texts["mark"])
    )
    rows = "".join(_rows(dimension, len(view.sources), lang))
    caption = escape(dimension.dimension.label(lang))
    return (
        f'<div class="wide"><table><caption>{caption}</caption><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _rows(view: DimensionView, sources: int, lang: str) -> Iterator[str]:
    words, own = WORDS[lang], view.self_perception
    yield _row(view.level, words["level"], [_level(cell, lang) for cell in view.level.cells], lang)
    gaps = [_level(own.cells[place], lang, gap=view.gap(place)) for place in range(sources)]
    yield _row(own, words["self"], gaps, lang)
    for factor in view.factors:
        cells = [_plain(cell_text(cell, lang, signed=True), cell) for cell in factor.cells]
        yield _row(factor, factor.spec.label(lang), cells, lang)


def _row(comparison: Comparison, name: str, cells: list[str], lang: str) -> str:
    main = "" if comparison.spec.id.startswith("dx.factors.") else "main "
    kind = "opposed" if comparison.opposed else "differs" if comparison.differs else ""
    texts = _TEXTS[lang]
    said = texts["opposition"] if comparison.opposed else texts["difference"] if comparison.differs else ""
    body = "".join(f"<td>{cell}</td>" for cell in cells)
    heading = f'<th scope="row">{escape(name)}</th>'
    return f'<tr class="{main}{kind}">{heading}{body}<td>{mark(comparison)} {escape(said)}</td></tr>'


def _level(cell: Cell, lang: str, *, gap: int | None = None) -> str:
    if cell.value is None:
        return _plain(cell_text(cell, lang), cell)
    name = load_catalogue().codes.code("hdme_level", str(cell.value)).label(lang)
    more = f" ({gap:+d})" if gap else ""
    bar = f'<span class="bar"><i style="width:{cell.value * 20}%"></i></span>'
    return f"<b>{cell.value}</b>{more} {escape(name)}{bar}<small>{cell.day}</small>"


def _plain(text: str, cell: Cell) -> str:
    if cell.value is None:
        return f'<span class="none">{escape(text)}</span>'
    value, _, day = text.partition(" · ")
    return f"<b>{escape(value)}</b><small>{escape(day)}</small>"
