"""What the pages look like on paper: A4, as WeasyPrint lays it out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from markupsafe import Markup

from presentation.catalogue import known
from presentation.pages import Pages, _environment, moment

weasyprint = pytest.importorskip("weasyprint")

HEADS = (
    *("Anotación", "Fecha", "Quién", "Persona", "Para qué", "Función", "Acceso", "Qué datos"),
    *("Bajo qué consentimiento", "No mostrados", "Motivo", "Comprobado"),
)
ROW = (
    "12",
    moment(datetime(2026, 11, 30, tzinfo=UTC), "es"),
    "Fundación de Ayuda para la Inclusión Social",
    Markup("<code>3f2a9c11</code>"),
    "Valoración de la exclusión social",
    "trabajadora social",
    "en el equipo del caso",
    "vivienda, ingresos, composición familiar",
    Markup('<code class="long">{}</code>').format("0123456789abcdef" * 4),
    "unapalabralarguísimasinningúnespacio" * 3,
    "-",
    "sí",
)


def laid_out(rows: int, *, columns: int = len(HEADS), landscape: bool = False) -> list[Any]:
    main = '{% from "tables.html" import table %}{{ table(heads, rows) }}'
    content = (
        _environment(("presentation",), "templates", known("es"))
        .from_string(main)
        .render(heads=HEADS[:columns], rows=[ROW[:columns]] * rows)
    )
    page = Pages("presentation").render("both.html", "es", mains={"es": Markup(content), "en": ""}, landscape=landscape)
    pages = weasyprint.HTML(string=page).render().pages
    return [each._page_box for each in pages]  # noqa: SLF001 - WeasyPrint has no public layout tree


def cells(box: Any) -> Iterator[Any]:
    for each in box.descendants():
        if each.element_tag in {"td", "th"} and type(each).__name__ == "TableCellBox":
            yield each


def test_no_column_is_lost_on_a4() -> None:
    (page, *_rest) = laid_out(2)
    right = page.content_box_x() + page.width
    found = list(cells(page))
    assert len(found) == 3 * len(HEADS)
    for cell in found:
        lines = [each for each in cell.descendants() if type(each).__name__ in {"TextBox", "LineBox"}]
        assert all(each.position_x + each.width <= right + 1 for each in (cell, *lines))


def test_every_page_of_a_long_table_repeats_its_headings_and_splits_no_row() -> None:
    pages = laid_out(40)
    assert len(pages) > 1
    rows = 0
    for page in pages:
        found = list(cells(page))
        heads = [cell for cell in found if cell.element_tag == "th"]
        assert len(heads) == (len(HEADS) if found else 0)
        rows += (len(found) - len(heads)) // len(HEADS)
    assert rows == 40


@pytest.mark.parametrize(("columns", "landscape"), [(10, True), (6, False)])
def test_no_ordinary_word_is_broken_and_no_column_lost_on_a4(columns: int, landscape: bool) -> None:
    (page, *_rest) = laid_out(2, columns=columns, landscape=landscape)
    found = list(cells(page))
    assert all(cell.position_x + cell.width <= page.content_box_x() + page.width + 1 for cell in found)
    texts = [str(Markup(each).striptags()) for each in (*HEADS[:columns], *ROW[:columns])]
    boxes = [box for cell in found for box in cell.descendants() if type(box).__name__ == "TextBox"]
    seen = {word for box in boxes for word in box.text.split()}
    assert sorted(word for text in texts for word in text.split() if len(word) <= 20 and word not in seen) == []
