"""The charts of every page and document, as SVG with figures in the reader's language.

Each function returns Markup, or an empty string when there is nothing to draw. `Chart` is for what they do not offer.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from math import ceil, floor, log10
from typing import Final

from markupsafe import Markup

from presentation.drawing import (
    BLUE,
    COLOURS,
    DASHES,
    GREY,
    GRID,
    INK,
    ORANGE,
    Chart,
    Drawing,
    Point,
    nice_limit,
)
from presentation.formats import day, month, number

__all__ = [
    "BLUE",
    "COLOURS",
    "GREY",
    "GRID",
    "INK",
    "ORANGE",
    "Chart",
    "Drawing",
    "Point",
    "bars",
    "calibration",
    "columns_by_month",
    "curves",
    "diverging_bars",
    "figure",
    "histogram",
    "intervals",
    "nice_limit",
    "steps",
]

_MOST_COLUMNS: Final = 36
_MOST_BARS: Final = 12
_NAMED_COLUMNS: Final = 9
_FACTORS: Final = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 20, 100)
_LEFT: Final = 52
_ROW: Final = 28
_CHARACTERS: Final = 34
_TO: Final = "\u2013"
_NOTHING: Final = Markup()

Interval = tuple[float, float, float]
"""Low, value, high."""


def figure(svg: str, caption: str) -> Markup:
    """Return a picture with its caption for a page; nothing when there is no picture."""
    if not svg:
        return _NOTHING
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(Markup(svg), caption)  # noqa: S704 - ours


def columns_by_month(
    title: str, months: Sequence[date | str], series: Mapping[str, Sequence[int]], lang: str, *, height: int = 240
) -> Markup:
    """Return stacked columns, the newest 36, one a month; series without a value are left out.

    Args:
        title: what they show.
        months: any day of each; a string stands as it is.
        series: name -> one number a month.
        lang: of the figures.
        height: in pixels.
    """
    shown = [month(each, lang) if isinstance(each, date) else each for each in months[-_MOST_COLUMNS:]]
    values = {name: list(counts)[-_MOST_COLUMNS:] for name, counts in series.items() if any(counts)}
    if not shown or not values:
        return _NOTHING
    drawing = Drawing(title, lang, height=height, desc=_told_series(shown, values, lang))
    top = _round_up(max(sum(counts[place] for counts in values.values()) for place in range(len(shown))), whole=True)
    bottom, plot = _grid(drawing, top)
    step = (drawing.width - _LEFT - 10) / len(shown)
    for place, column in enumerate(shown):
        x, y = _LEFT + place * step + step * 0.15, float(bottom)
        for order, (name, counts) in enumerate(values.items()):
            size = counts[place] / top * plot
            if size:
                y -= size
                hint = f"{column} · {name}: {number(counts[place], lang)}"
                drawing.rect((x, y), (min(step * 0.7, 64), size), drawing.fill(order), hint)
        if place % ceil(len(shown) / _NAMED_COLUMNS) == 0:
            drawing.text(x, height - 10, column)
    drawing.legend(list(values))
    return drawing.svg()


def bars(title: str, items: Sequence[tuple[str, float]], lang: str, *, most: int = _MOST_BARS) -> Markup:
    """Return horizontal bars with their figures, the first `most` of the items."""
    shown = items[:most]
    if not shown:
        return _NOTHING
    left, top = 250, max(count for _, count in shown) or 1
    told = "; ".join(f"{label}: {number(count, lang)}" for label, count in shown)
    drawing = Drawing(title, lang, height=20 + len(shown) * _ROW, desc=told)
    for place, (label, count) in enumerate(shown):
        y, size = 12 + place * _ROW, count / top * (drawing.width - left - 90)
        drawing.row_text(left - 10, y + 10, label, _CHARACTERS)
        drawing.rect((left, y), (size, 20), BLUE, f"{label}: {number(count, lang)}")
        drawing.text(left + max(size, 1) + 8, y + 15, number(count, lang))
    return drawing.svg()


def steps(
    title: str, series: Mapping[str, Sequence[tuple[datetime, float]]], lang: str, *, height: int = 240
) -> Markup:
    """Return quantities that change in steps over time, such as the epsilon spent; times are aware."""
    times = [time for points in series.values() for time, _ in points]
    if not times:
        return _NOTHING
    start, end = min(times), max(times)
    told = "; ".join(f"{name}: {number(points[-1][1], lang)}" for name, points in series.items() if points)
    drawing = Drawing(title, lang, height=height, desc=told)
    top = _round_up(max(value for points in series.values() for _, value in points), whole=False)
    bottom, plot = _grid(drawing, top)
    span = (end - start).total_seconds() or 1.0
    for order, points in enumerate(series.values()):
        path, y = [(float(_LEFT), float(bottom))], float(bottom)
        for time, value in points:
            x = _LEFT + (time - start).total_seconds() / span * (drawing.width - _LEFT - 30)
            path.append((x, y))
            y = bottom - value / top * plot
            path.append((x, y))
        path.append((drawing.width - 10.0, y))
        drawing.polyline(path, COLOURS[order % len(COLOURS)], dash=DASHES[order % len(DASHES)])
    drawing.text(_LEFT, height - 10, day(start, lang))
    drawing.text(drawing.width - 10, height - 10, day(end, lang), anchor="end")
    drawing.legend(list(series), lines=True)
    return drawing.svg()


def curves(
    chart: Chart,
    series: Mapping[str, Sequence[Point]],
    labels: tuple[str, str],
    *,
    diagonal: bool = False,
    mark: tuple[Point, str] | None = None,
) -> Markup:
    """Return lines through points, such as a ROC curve; one series needs no legend.

    Args:
        chart: with title and ranges.
        series: name -> points.
        labels: of the horizontal and the vertical axis.
        diagonal: draw the dashed line from corner to corner.
        mark: a point with its words.
    """
    if not any(series.values()):
        return _NOTHING
    chart.axes(*labels)
    if diagonal:
        _diagonal(chart)
    for order, points in enumerate(series.values()):
        path = [(chart.x(x), chart.y(y)) for x, y in points]
        chart.polyline(path, COLOURS[order % len(COLOURS)], dash=DASHES[order % len(DASHES)])
    if mark:
        (x, y), words = mark
        chart.dot(x, y, colour=ORANGE, hint=words)
        chart.text(chart.x(x) + 9, chart.y(y) + 4, words, colour=ORANGE)
    if len(series) > 1:
        chart.legend(list(series), lines=True)
    chart.desc = chart.desc or f"{labels[0]} / {labels[1]}"
    return chart.svg()


def calibration(
    title: str, points: Sequence[tuple[float, Interval]], labels: tuple[str, str], lang: str, *, size: int = 420
) -> Markup:
    """Return expected against observed shares with their intervals; on the dashed diagonal both are the same."""
    if not points:
        return _NOTHING
    top = min(nice_limit([max(expected, observed[2]) for expected, observed in points], least=0.1), 1.0)
    told = "; ".join(f"{number(expected, lang, 2)}: {_interval(observed, lang)}" for expected, observed in points)
    chart = Chart(title, lang, size, size - 20, told, x_range=(0.0, top), y_range=(0.0, top))
    chart.axes(*labels)
    _diagonal(chart)
    for expected, observed in points:
        at, (low, value, high) = min(expected, top), (min(each, top) for each in observed)
        chart.line([(at, low), (at, high)], thick=2)
        chart.dot(at, value, hint=_interval(observed, lang))
    return chart.svg()


def intervals(
    title: str,
    rows: Sequence[tuple[str, Interval | str]],
    x_label: str,
    lang: str,
    *,
    x_range: Point = (0.0, 1.0),
    reference: float | None = None,
) -> Markup:
    """Return a figure of each row with its interval, or words in its place, beside a dashed line of reference."""
    if not rows:
        return _NOTHING
    told = "; ".join(f"{name}: {found if isinstance(found, str) else _interval(found, lang)}" for name, found in rows)
    chart = _rows(title, len(rows), x_range, lang=lang, told=told)
    chart.axes(x_label, "", y_ticks=False)
    if reference is not None:
        chart.line([(reference, 0.0), (reference, float(len(rows)))], colour=GREY, thick=1, dashed=True)
    for place, (name, found) in enumerate(rows):
        y = len(rows) - place - 0.5
        chart.row_label(y, name)
        if isinstance(found, str):
            chart.label(x_range[0], y, f"— {found}", colour=GREY)
        else:
            chart.line([(found[0], y), (found[2], y)], thick=3)
            chart.dot(found[1], y, hint=_interval(found, lang))
    return chart.svg()


def diverging_bars(
    title: str,
    items: Sequence[tuple[str, float]],
    x_label: str,
    lang: str,
    *,
    limit: float | None = None,
    width: int = 620,
) -> Markup:
    """Return bars to both sides of zero, plain to the left and hatched to the right.

    Args:
        title: what they show.
        items: name and value, in order.
        x_label: of the axis.
        lang: of the figures.
        limit: of the axis, both ways; None finds one.
        width: in pixels.
    """
    if not items:
        return _NOTHING
    limit = limit or nice_limit([value for _, value in items], least=0.1)
    told = "; ".join(f"{name}: {number(value, lang, 2)}" for name, value in items)
    chart = _rows(title, len(items), (-limit, limit), lang=lang, told=told, width=width)
    chart.axes(x_label, "", y_ticks=False)
    for place, (name, value) in enumerate(items):
        y = len(items) - place - 0.5
        chart.row_label(y, name, chart.left // 7)
        fill = chart.fill(1 if value > 0 else 0)
        chart.bar((0.0, y - 0.35), (value, y + 0.35), colour=fill, hint=number(value, lang, 3))
    return chart.svg()


def histogram(
    title: str, edges: Sequence[float], counts: Sequence[float], labels: tuple[str, str], lang: str
) -> Markup:
    """Return a histogram of counts between edges (one edge more than counts), on a scale that begins at zero."""
    if not counts or len(edges) != len(counts) + 1:
        return _NOTHING
    top = _round_up(max(counts), whole=all(float(count).is_integer() for count in counts))
    spans = [f"{number(low, lang)}{_TO}{number(high, lang)}" for low, high in pairwise(edges)]
    hints = [f"{span}: {number(count, lang)}" for span, count in zip(spans, counts, strict=True)]
    chart = Chart(title, lang, 520, 320, "; ".join(hints), x_range=(edges[0], edges[-1]), y_range=(0.0, top))
    chart.axes(*labels, decimals=None)
    for place, count in enumerate(counts):
        if count:
            chart.bar((edges[place], 0.0), (edges[place + 1], count), hint=hints[place])
    return chart.svg()


def _rows(title: str, count: int, x_range: Point, *, lang: str, told: str, width: int = 620) -> Chart:
    left = 230 if width >= 500 else 150  # noqa: PLR2004 - room for names
    return Chart(title, lang, width, 90 + _ROW * count, told, x_range=x_range, y_range=(0.0, float(count)), left=left)


def _diagonal(chart: Chart) -> None:
    ends = [(chart.x_range[0], chart.y_range[0]), (chart.x_range[1], chart.y_range[1])]
    chart.line(ends, colour=GREY, thick=1, dashed=True)


def _interval(found: Interval, lang: str) -> str:
    low, value, high = (number(each, lang, 2) for each in found)
    return f"{value} ({low}{_TO}{high})"


def _told_series(columns: Sequence[str], series: Mapping[str, Sequence[int]], lang: str) -> str:
    totals = "; ".join(f"{name}: {number(sum(counts), lang)}" for name, counts in series.items())
    return f"{columns[0]}{_TO}{columns[-1]}. {totals}"


def _grid(drawing: Drawing, top: float) -> tuple[int, int]:
    """Draw the horizontal lines and their figures; return the pixel of zero and the height of the plot."""
    bottom, plot = drawing.height - 28, drawing.height - 58
    for part in range(5):
        y, value = bottom - plot * part / 4, top * part / 4
        drawing.polyline([(_LEFT, y), (drawing.width - 10, y)], GRID, thick=1)
        drawing.text(_LEFT - 8, y + 4, number(round(value, 6), drawing.lang), anchor="end")
    return bottom, plot


def _round_up(value: float, *, whole: bool) -> float:
    """Return the next number that divides into four round parts, which stand on the axis."""
    if value <= 0:
        return 4.0 if whole else 1.0
    unit = 10.0 ** floor(log10(value / 4))
    steps = (factor * unit for factor in _FACTORS if value <= 4 * factor * unit * (1 + 1e-9))
    return 4 * next(step for step in steps if not whole or float(f"{step:.6g}").is_integer())
