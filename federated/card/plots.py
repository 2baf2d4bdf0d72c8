"""The plots of a model card."""

from collections.abc import Sequence
from itertools import pairwise

from federated.card.facts import CardFacts, ShapeFacts
from federated.card.svg_chart import BLUE, GREY, ORANGE, Chart, nice_limit
from federated.card.wording import Words
from federated.evaluation.measurement import CalibrationPoint, Estimate, GroupFigures, Measurement

_ROW = 26
_MOST_BARS = 25


def plots_of(facts: CardFacts, words: Words) -> dict[str, str]:
    """Return the plots that the facts have something for: name without suffix -> SVG."""
    found = facts.measurement
    drawn = {
        "roc": roc(found, words) if found.roc else "",
        "calibration": calibration(found.calibration, words) if found.calibration else "",
        "groups-recall": groups(found, "recall", found.recall, words),
        "groups-calibration": groups(found, "calibration_gap", None, words),
        "coefficients": coefficients(facts.coefficients, words) if facts.coefficients else "",
    }
    limit = nice_limit([each for shape in facts.shapes for each in shape.log_odds], least=0.5)
    drawn |= {f"shape-{place:02d}": shape_plot(each, limit, words) for place, each in enumerate(facts.shapes, start=1)}
    return {name: svg for name, svg in drawn.items() if svg}


def roc(found: Measurement, words: Words) -> str:
    """Return the ROC curve, with the point of the service's capacity."""
    chart = Chart(words("plot_roc"), (0.0, 1.0), (0.0, 1.0), width=420, height=400, write=words.number)
    chart.axes(words("false_positive_rate"), words("recall"))
    chart.line([(0.0, 0.0), (1.0, 1.0)], colour=GREY, thick=1, dashed=True)
    chart.line(found.roc)
    if found.recall is not None and found.precision is not None and found.rate is not None and found.rate.value < 1.0:
        called = found.capacity * (1.0 - found.precision.value) / (1.0 - found.rate.value)
        hint = words("capacity_point", capacity=words.percent(found.capacity))
        chart.dot(min(called, 1.0), found.recall.value, colour=ORANGE, hint=hint)
        chart.label(min(called + 0.03, 0.6), max(found.recall.value - 0.05, 0.03), hint, colour=ORANGE)
    return chart.svg()


def calibration(points: Sequence[CalibrationPoint], words: Words) -> str:
    """Return expected against observed shares, with intervals; on the dashed line both are the same."""
    top = nice_limit([max(point.expected, point.observed.high) for point in points], least=0.1)
    top = min(top, 1.0)
    chart = Chart(words("plot_calibration"), (0.0, top), (0.0, top), width=420, height=400, write=words.number)
    chart.axes(words("expected"), words("observed"))
    chart.line([(0.0, 0.0), (top, top)], colour=GREY, thick=1, dashed=True)
    for point in points:
        at, observed = min(point.expected, top), point.observed
        chart.line([(at, min(observed.low, top)), (at, min(observed.high, top))], thick=2)
        chart.dot(at, min(observed.value, top), hint=words.interval(observed))
    return chart.svg()


def groups(found: Measurement, figure: str, overall: Estimate | None, words: Words) -> str:
    """Return one figure of every group with its interval; a hidden group says why."""
    rows = found.groups
    if not rows:
        return ""
    known = [each for each in (getattr(row, figure) for row in rows) if each is not None]
    low, high = (0.0, 1.0)
    if figure == "calibration_gap":
        limit = nice_limit([value for each in known for value in (each.low, each.high)], least=0.1)
        low, high = -limit, limit
    chart = Chart(
        words(f"plot_{figure}"),
        (low, high),
        (0.0, float(len(rows))),
        620,
        90 + _ROW * len(rows),
        left=230,
        write=words.number,
    )
    chart.axes(words(figure), "", y_ticks=False)
    middle = overall.value if overall is not None else 0.0
    if overall is not None or low < 0.0:
        chart.line([(middle, 0.0), (middle, float(len(rows)))], colour=GREY, thick=1, dashed=True)
    for place, row in enumerate(rows):
        _group_row(chart, len(rows) - place - 0.5, row, figure, words)
    return chart.svg()


def _group_row(chart: Chart, y: float, row: GroupFigures, figure: str, words: Words) -> None:
    chart.row_label(y, f"{row.attribute}: {row.value}")
    estimate: Estimate | None = getattr(row, figure)
    if estimate is None:
        reason = words(f"hidden_{row.hidden.value}") if row.hidden else words("hidden_outcomes")
        chart.label(chart.x_range[0], y, f"— {reason}", colour=GREY)
        return
    chart.line([(estimate.low, y), (estimate.high, y)], thick=3)
    chart.dot(estimate.value, y, hint=words.interval(estimate))


def coefficients(weights: Sequence[tuple[str, float]], words: Words) -> str:
    """Return the largest coefficients of a linear model as bars: to the right raises the score."""
    shown = sorted(weights, key=lambda item: -abs(item[1]))[:_MOST_BARS]
    limit = nice_limit([weight for _, weight in shown], least=0.1)
    chart = Chart(
        words("plot_coefficients"),
        (-limit, limit),
        (0.0, float(len(shown))),
        620,
        90 + _ROW * len(shown),
        left=230,
        write=words.number,
    )
    chart.axes(words("log_odds"), "", y_ticks=False)
    for place, (column, weight) in enumerate(shown):
        y = len(shown) - place - 0.5
        chart.row_label(y, column)
        colour = ORANGE if weight > 0 else BLUE
        chart.bar((0.0, y - 0.35), (weight, y + 0.35), colour=colour, hint=words.number(weight, 3))
    return chart.svg()


def shape_plot(shape: ShapeFacts, limit: float, words: Words) -> str:
    """Return what one feature adds to the log-odds; the scale is the same for all features of a model."""
    title = words("plot_shape", feature=shape.feature)
    if shape.values:
        return _value_bars(shape, limit, title, words)
    chart = Chart(title, shape.bounds, (-limit, limit), width=360, height=240, write=words.number)
    chart.axes(shape.feature, words("log_odds"), decimals=1)
    chart.line([(shape.bounds[0], 0.0), (shape.bounds[1], 0.0)], colour=GREY, thick=1, dashed=True)
    borders = (shape.bounds[0], *shape.edges, shape.bounds[1])
    steps = [(at, value) for ends, value in zip(pairwise(borders), shape.log_odds, strict=True) for at in ends]
    chart.line(steps)
    return chart.svg()


def _value_bars(shape: ShapeFacts, limit: float, title: str, words: Words) -> str:
    count = len(shape.values)
    chart = Chart(title, (-limit, limit), (0.0, float(count)), 360, 90 + _ROW * count, left=150, write=words.number)
    chart.axes(f"{shape.feature}: {words('log_odds')}", "", decimals=1, y_ticks=False)
    for place, (value, weight) in enumerate(zip(shape.values, shape.log_odds, strict=True)):
        y = count - place - 0.5
        chart.row_label(y, value, 20)
        colour = ORANGE if weight > 0 else BLUE
        chart.bar((0.0, y - 0.35), (weight, y + 0.35), colour=colour, hint=words.number(weight, 2))
    return chart.svg()
