"""Figures in the reader's language, and the sentences about them that the card and the assessment share."""

import math
from datetime import datetime
from decimal import Decimal
from typing import Final

from federated.card.facts import CardFacts
from federated.evaluation.measurement import Estimate, GroupFigures, Hidden
from presentation import formats
from presentation.messages import Translator, _

NONE: Final = "—"
"""Shown in place of a missing figure."""

HIDDEN: Final = {
    Hidden.FEW_PEOPLE: _("no se muestra: pocas personas"),
    Hidden.NOISE: _("no se muestra: domina el ruido"),
}


def epsilon_text(value: float | None, say: Translator) -> str:
    """Return an epsilon with two decimals, rounded upwards so that it is never stated too small."""
    if value is None:
        return say("sin límite")
    return formats.number(math.ceil(100.0 * value - 1e-9) / 100.0, say.lang, 2)


def delta_text(value: float, say: Translator) -> str:
    """Return a delta in full, without an exponent."""
    return formats.number(Decimal(repr(value)), say.lang)


def belief(epsilon: float, say: Translator) -> str:
    """Return the bound on an observer's belief in membership, from a prior of 1/2: e^eps / (1 + e^eps), rounded up."""
    return formats.percent(math.ceil(100.0 / (1.0 + math.exp(-epsilon))) / 100.0, say.lang, 0)


def estimate(found: Estimate | None, say: Translator) -> str:
    """Return a figure of three decimals with its interval, or a dash."""
    return NONE if found is None else _with_interval([formats.number(each, say.lang, 3) for each in _of(found)], say)


def share(found: Estimate | None, say: Translator) -> str:
    """Return a share as a percentage with its interval, or a dash."""
    return NONE if found is None else _with_interval([formats.percent(each, say.lang) for each in _of(found)], say)


def complement(found: Estimate | None, say: Translator) -> str | None:
    """Return one less a share, with its interval."""
    return share(Estimate(1.0 - found.value, 1.0 - found.high, 1.0 - found.low), say) if found else None


def people(found: float, say: Translator) -> str:
    """Return a noisy number of people, which may be negative, as a whole number."""
    return formats.number(max(found, 0.0), say.lang, 0)


def day(moment: datetime, say: Translator) -> str:
    """Return a date."""
    return formats.day(moment, say.lang)


def audit_text(say: Translator) -> str:
    """Return what checks the promise in every version of the program."""
    return say(
        "Cada versión del programa se comprueba con personas ficticias dentro de las sumas que se abren: la prueba "
        "falla si el ruido es una sexta parte más estrecho de lo prometido. Con un modelo ya publicado no se prueba "
        "ningún ataque: los que se conocen no distinguen un modelo protegido de uno sin proteger."
    )


def group_name(facts: CardFacts, group: GroupFigures, say: Translator) -> str:
    """Return attribute and value, by their names."""
    return say(facts.words.pair(group.attribute, group.value))


def flags(facts: CardFacts, say: Translator) -> tuple[tuple[str, str], ...]:
    """Return (group, finding) where an interval shows more than noise and chance explain.

    A calibration gap whose interval excludes zero, and a recall whose interval lies wholly below that of everybody.
    """
    found: list[tuple[str, str]] = []
    overall = facts.measurement.recall
    for group in facts.measurement.groups:
        gap, recall = group.calibration_gap, group.recall
        if gap is not None and not gap.low <= 0.0 <= gap.high:
            found.append((group_name(facts, group, say), _gap_text(gap, say)))
        if recall is not None and overall is not None and recall.high < overall.low:
            text = say(
                "se alcanza a {recall}, frente a {overall} en total.",
                recall=share(recall, say),
                overall=share(overall, say),
            )
            found.append((group_name(facts, group, say), text))
    return tuple(found)


def _gap_text(gap: Estimate, say: Translator) -> str:
    if gap.value > 0.0:
        return say(
            "el modelo espera de menos de este grupo: {gap} entre lo observado y lo esperado.", gap=share(gap, say)
        )
    return say("el modelo espera de más de este grupo: {gap} entre lo observado y lo esperado.", gap=share(gap, say))


def _of(found: Estimate) -> tuple[float, float, float]:
    return found.value, found.low, found.high


def _with_interval(texts: list[str], say: Translator) -> str:
    value, low, high = texts
    return say("{value} ({low} a {high})", value=value, low=low, high=high)
