"""The plots of a model card, drawn by `presentation.charts` from the card's facts."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from federated.card.facts import CardFacts, ShapeFacts
from federated.card.figure_text import HIDDEN, estimate, group_name
from federated.evaluation.measurement import Estimate, GroupFigures, Measurement
from presentation import charts
from presentation.charts import Chart, Interval, nice_limit
from presentation.formats import number, percent
from presentation.messages import Translator, _, in_language

CAPTIONS: Final = {
    "roc": _("Curva ROC: alcanzadas frente a falsas señales"),
    "calibration": _("Calibración: en la línea, lo esperado es lo observado"),
    "groups-recall": _("Alcanzadas por grupo, con intervalo del 95 %"),
    "groups-calibration": _("Observado menos esperado por grupo (a la derecha: el modelo se queda corto)"),
    "coefficients": _("Efecto de cada variable"),
}
"""Name of a plot -> caption."""

_MOST_BARS: Final = 25
_EFFECT: Final = _("efecto en la puntuación")


def plots_of(facts: CardFacts, say: Translator) -> dict[str, Markup]:
    """Return the plots that the facts have data for: name without suffix -> SVG."""
    found = facts.measurement
    drawn = {
        "roc": _roc(found, say),
        "calibration": _calibration(found, say),
        "groups-recall": _recall_of_groups(facts, say),
        "groups-calibration": _calibration_of_groups(facts, say),
        "coefficients": _coefficients(facts, say),
    }
    limit = nice_limit([each for shape in facts.shapes for each in shape.log_odds], least=0.5)
    drawn |= {f"shape-{place:02d}": _shape(facts, each, limit, say) for place, each in enumerate(facts.shapes, start=1)}
    return {name: svg for name, svg in drawn.items() if svg}


def caption_of_shape(facts: CardFacts, shape: ShapeFacts, say: Translator) -> str:
    """Return the caption of the plot of one feature."""
    return say("Efecto de: {feature}", feature=facts.words.field(shape.feature))


def _roc(found: Measurement, say: Translator) -> Markup:
    title = say(CAPTIONS["roc"])
    chart = Chart(title, say.lang, 480, 400, say("AUC: {auc}", auc=estimate(found.auc, say)))
    labels = (say("Señaladas entre quienes no tienen el resultado"), say("Personas con el resultado que se alcanzan"))
    return charts.curves(chart, {title: found.roc}, labels, diagonal=True, mark=_capacity_point(found, say))


def _capacity_point(found: Measurement, say: Translator) -> tuple[charts.Point, str] | None:
    """Return the point of the service's capacity on the ROC curve, with its words."""
    if found.recall is None or found.precision is None or found.rate is None or found.rate.value >= 1.0:
        return None
    called = found.capacity * (1.0 - found.precision.value) / (1.0 - found.rate.value)
    words = say("capacidad del servicio ({capacity})", capacity=percent(found.capacity, say.lang, 0))
    return (min(called, 1.0), found.recall.value), words


def _calibration(found: Measurement, say: Translator) -> Markup:
    points = [(point.expected, _interval(point.observed)) for point in found.calibration]
    labels = (say("Esperado por el modelo"), say("Observado"))
    return charts.calibration(say(CAPTIONS["calibration"]), points, labels, say.lang)


def _recall_of_groups(facts: CardFacts, say: Translator) -> Markup:
    found = facts.measurement
    rows = _group_rows(facts, [each.recall for each in found.groups], say)
    return charts.intervals(
        say(CAPTIONS["groups-recall"]),
        rows,
        say("Personas con el resultado que se alcanzan"),
        say.lang,
        reference=found.recall.value if found.recall else None,
    )


def _calibration_of_groups(facts: CardFacts, say: Translator) -> Markup:
    found = facts.measurement
    gaps = [each.calibration_gap for each in found.groups if each.calibration_gap]
    limit = nice_limit([value for gap in gaps for value in (gap.low, gap.high)], least=0.1)
    rows = _group_rows(facts, [each.calibration_gap for each in found.groups], say)
    return charts.intervals(
        say(CAPTIONS["groups-calibration"]),
        rows,
        say("Observado menos esperado"),
        say.lang,
        x_range=(-limit, limit),
        reference=0.0,
    )


def _group_rows(
    facts: CardFacts, figures: Sequence[Estimate | None], say: Translator
) -> list[tuple[str, Interval | str]]:
    """Return each group with its figure, or with the reason for which it has none."""
    return [
        (group_name(facts, group, say), _interval(figure) if figure else _reason(group, say))
        for group, figure in zip(facts.measurement.groups, figures, strict=True)
    ]


def _reason(group: GroupFigures, say: Translator) -> str:
    return say(HIDDEN[group.hidden]) if group.hidden else say("pocos casos para medirlo")


def _coefficients(facts: CardFacts, say: Translator) -> Markup:
    largest = sorted(facts.coefficients, key=lambda item: -abs(item[1]))[:_MOST_BARS]
    named = [(in_language(facts.words.column(column), say.lang), value) for column, value in largest]
    return charts.diverging_bars(say(CAPTIONS["coefficients"]), named, say(_EFFECT), say.lang)


def _shape(facts: CardFacts, shape: ShapeFacts, limit: float, say: Translator) -> Markup:
    """Return the log-odds that one feature adds; the scale is the same for all features of a model."""
    title, lang = caption_of_shape(facts, shape, say), say.lang
    name = in_language(facts.words.field(shape.feature), lang)
    if shape.values:
        names = [in_language(facts.words.code(shape.feature, value), lang) for value in shape.values]
        items = list(zip(names, shape.log_odds, strict=True))
        label = say("{feature}: efecto en la puntuación", feature=name)
        return charts.diverging_bars(title, items, label, lang, limit=limit, width=360)
    borders = (shape.bounds[0], *shape.edges, shape.bounds[1])
    steps = [(at, value) for ends, value in zip(pairwise(borders), shape.log_odds, strict=True) for at in ends]
    in_words = "; ".join(
        f"{number(low, lang)}\u2013{number(high, lang)}: {number(value, lang, 2)}"
        for (low, high), value in zip(pairwise(borders), shape.log_odds, strict=True)
    )
    chart = Chart(title, lang, 360, 240, in_words, x_range=shape.bounds, y_range=(-limit, limit))
    chart.axes(name, say(_EFFECT), decimals=1)
    chart.line([(shape.bounds[0], 0.0), (shape.bounds[1], 0.0)], colour=charts.GREY, thick=1, dashed=True)
    chart.line(steps)
    return chart.svg()


def _interval(found: Estimate) -> Interval:
    return (found.low, found.value, found.high)
