"""Charts say in words, patterns and figures what they show, and are the same each time."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presentation import charts
from presentation.charts import Chart

SVG = "{http://www.w3.org/2000/svg}"
EVIL = '<script>"&\x00\x1b'
DAYS = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 9)]
Draw = Callable[[str], str]
DRAWN: dict[str, Draw] = {
    "columns": lambda lang: charts.columns_by_month(
        EVIL, [date(2026, 1, 1), date(2026, 2, 1)], {EVIL: [1, 2000], "b": [3, 0], "none": [0, 0]}, lang
    ),
    "bars": lambda lang: charts.bars(EVIL, [(EVIL, 1234), ("zero", 0)], lang),
    "steps": lambda lang: charts.steps(EVIL, {EVIL: [(DAYS[0], 0.5), (DAYS[1], 1.25)], "b": [(DAYS[1], 2.0)]}, lang),
    "curves": lambda lang: charts.curves(
        Chart(EVIL, lang),
        {"a": [(0.0, 0.0), (1.0, 1.0)], "b": [(0.0, 0.5)]},
        (EVIL, "y"),
        diagonal=True,
        mark=((0.5, 0.5), EVIL),
    ),
    "calibration": lambda lang: charts.calibration(EVIL, [(0.2, (0.1, 0.25, 0.4))], ("x", EVIL), lang),
    "intervals": lambda lang: charts.intervals(
        EVIL, [(EVIL, (0.1, 0.2, 0.3)), ("b", "hidden")], "x", lang, reference=0.25
    ),
    "diverging": lambda lang: charts.diverging_bars(EVIL, [(EVIL, -0.5), ("b", 0.25)], "x", lang),
    "histogram": lambda lang: charts.histogram(EVIL, [0, 0.5, 1.0], [3, 1200], (EVIL, "y"), lang),
}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("lang", ["es", "en"])
def test_a_chart_is_told_in_words(name: str, lang: str) -> None:
    svg = DRAWN[name](lang)
    root = ET.fromstring(svg)
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert desc is not None
    assert title.text == '<script>"&'
    assert desc.text
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert "<script" not in svg
    assert " style=" not in svg


@pytest.mark.parametrize("name", DRAWN)
def test_figures_are_those_of_the_language_and_the_bytes_always_the_same(name: str) -> None:
    spanish, english = DRAWN[name]("es"), DRAWN[name]("en")
    assert spanish == DRAWN[name]("es")
    assert spanish != english


def test_series_differ_in_more_than_colour() -> None:
    columns = DRAWN["columns"]("es")
    assert columns.count("<pattern") == 1
    assert "none" not in [element.text for element in ET.fromstring(columns).iter(f"{SVG}text")]
    assert "stroke-dasharray" in DRAWN["steps"]("es")
    assert "<pattern" in DRAWN["diverging"]("es")


def test_every_reference_leads_to_something_in_the_chart() -> None:
    root = ET.fromstring(DRAWN["columns"]("es"))
    ids = {element.get("id") for element in root.iter()} - {None}
    used = {fill[5:-1] for element in root.iter() if (fill := element.get("fill") or "").startswith("url(#")}
    assert used
    assert used <= ids


def test_nothing_gives_no_chart() -> None:
    assert charts.columns_by_month("t", [], {}, "es") == ""
    assert charts.bars("t", [], "es") == ""
    assert charts.steps("t", {}, "es") == ""
    assert charts.calibration("t", [], ("x", "y"), "es") == ""
    assert charts.intervals("t", [], "x", "es") == ""
    assert charts.diverging_bars("t", [], "x", "es") == ""
    assert charts.histogram("t", [], [], ("x", "y"), "es") == ""
    assert charts.figure("", "c") == ""


def test_a_figure_has_its_caption() -> None:
    shown = charts.figure(charts.bars("t", [("a", 1)], "es"), "<c>")
    assert shown.startswith("<figure><svg")
    assert shown.endswith("<figcaption>&lt;c&gt;</figcaption></figure>")


@given(st.lists(st.floats(min_value=-1e9, max_value=1e9), max_size=8))
def test_no_value_is_beyond_a_nice_limit(values: list[float]) -> None:
    limit = charts.nice_limit(values, least=0.1)
    assert all(abs(value) <= limit + 1e-9 for value in values)


@given(st.lists(st.tuples(st.text(max_size=60), st.integers(min_value=0, max_value=10**7)), min_size=1, max_size=15))
def test_any_labels_and_counts_can_be_drawn(items: list[tuple[str, int]]) -> None:
    assert ET.fromstring(charts.bars("t", items, "es")).tag.endswith("svg")
