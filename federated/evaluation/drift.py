"""Drift of today's scores from those the model was measured on; computed at the entity and sent to nobody.

The population stability index of two distributions over bins is the sum of (a - e) ln(a / e). Without any drift it is
not zero but spreads like a chi-square over both numbers of people (Yurdakul 2018, Statistical properties of the
population stability index), so an entity with few people gets that verdict instead of a drift.
"""

import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from federated.errors import DataUnsuitable
from federated.evaluation.histogram_figures import possible_counts
from federated.evaluation.measurement import Measurement
from federated.evaluation.plan import MAX_BINS, Edge, EvaluationPlan
from federated.tabular.features import FloatVector
from presentation.catalogue import LANGUAGES
from presentation.messages import _

WATCH: Final = 0.10
DRIFTED: Final = 0.25
"""The customary limits of the index (Siddiqi 2006, Credit risk scorecards)."""

LEAST_PEOPLE: Final = 50
_LEAST_SHARE: Final = 0.05
_NORMAL_95: Final = 1.6448536269514722


class DriftVerdict(StrEnum):
    """The interpretation of an index."""

    STABLE = "stable"
    WATCH = "watch"
    DRIFTED = "drifted"
    FEW_PEOPLE = "few_people"


_SENTENCES: Final = {
    DriftVerdict.STABLE: _("Las personas puntuadas se parecen a aquellas con las que se midió el modelo."),
    DriftVerdict.WATCH: _(
        "Las puntuaciones han cambiado algo: revise de nuevo el mes que viene y compruebe los datos de entrada."
    ),
    DriftVerdict.DRIFTED: _(
        "Las puntuaciones han cambiado mucho: no se apoye en el modelo hasta que la Gerencia lo haya revisado."
    ),
    DriftVerdict.FEW_PEOPLE: _("Hay muy pocas personas para saber si algo ha cambiado."),
}


class DriftBaseline(BaseModel):
    """The distribution of scores to compare with: bins of at least a twentieth of the people each.

    Attributes:
        edges: inner edges, rising probabilities.
        shares: of people in each bin, adding up to 1.
        people: number of people behind the shares.
        noise: variance that the privacy noise adds to an index.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    edges: tuple[Edge, ...] = Field(max_length=MAX_BINS - 1)
    shares: tuple[float, ...] = Field(min_length=1, max_length=MAX_BINS)
    people: float = Field(gt=0)
    noise: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        rising = list(self.edges) == sorted(set(self.edges)) and len(self.shares) == len(self.edges) + 1
        if not rising or min(self.shares) <= 0 or abs(sum(self.shares) - 1.0) > 1e-6:  # noqa: PLR2004 - rounding
            raise ValueError(_("las proporciones han de ser positivas, sumar 1 y corresponder a límites crecientes"))
        return self

    @classmethod
    def of(cls, plan: EvaluationPlan, measurement: Measurement) -> Self:
        """Return the baseline of a release: the noisy histogram of the evaluation, over all entities.

        Raises:
            DataUnsuitable: fewer people than any comparison needs.
        """
        return cls._joined(plan.edges, np.array(measurement.counts), measurement.noise)

    @classmethod
    def local(cls, plan: EvaluationPlan, scores: FloatVector) -> Self:
        """Return an entity's own baseline: its first scores (people,), which need not look like everybody's.

        Raises:
            DataUnsuitable: fewer people than any comparison needs.
        """
        return cls._joined(plan.edges, _histogram(plan.edges, scores), 0.0)

    @classmethod
    def _joined(cls, edges: tuple[float, ...], counts: FloatVector, noise: float) -> Self:
        likely = possible_counts(counts)
        people = float(likely.sum())
        if people < LEAST_PEOPLE:
            raise DataUnsuitable(
                _("hay muy pocas personas para fijar una referencia"),
                remedy=_("espere a que haya más personas con puntuación"),
            )
        kept: list[float] = []
        sizes: list[float] = []
        widths: list[int] = []
        held, width = 0.0, 0
        for count, edge in zip(likely, (*edges, None), strict=True):
            held, width = held + float(count), width + 1
            if held >= _LEAST_SHARE * people and edge is not None:
                kept.append(edge)
                sizes.append(held)
                widths.append(width)
                held, width = 0.0, 0
        if held < _LEAST_SHARE * people and kept:
            kept.pop()
            held, width = held + sizes.pop(), width + widths.pop()
        shares = [size / people for size in (*sizes, held)]
        spread = [
            2 * bins * (noise / people) ** 2 / share for bins, share in zip((*widths, width), shares, strict=True)
        ]
        return cls(edges=tuple(kept), shares=tuple(shares), people=people, noise=sum(spread))


@dataclass(frozen=True, slots=True)
class Drift:
    """The distance of today's scores from the baseline.

    Attributes:
        index: population stability index.
        chance: 95th percentile of the index without drift.
        people: number of people scored today.
        verdict: interpretation of the index.
    """

    index: float
    chance: float
    people: int
    verdict: DriftVerdict

    def text(self, lang: str) -> str:
        """Return the verdict in plain words, in ``es`` or ``en``."""
        return _SENTENCES[self.verdict].in_language(lang)

    def document(self) -> dict[str, Any]:
        """Return the values for ``--json``."""
        return asdict(self) | {lang: self.text(lang) for lang in LANGUAGES}


def drift(baseline: DriftBaseline, scores: FloatVector) -> Drift:
    """Compare the scores (people,) of today, as the model gives them before recalibration, with a baseline.

    Raises:
        DataUnsuitable: scores that are not probabilities.
    """
    counts = _histogram(baseline.edges, scores)
    people, expected = len(scores), np.array(baseline.shares)
    if people < LEAST_PEOPLE or len(expected) == 1:
        return Drift(0.0, 0.0, people, DriftVerdict.FEW_PEOPLE)
    actual = (counts + 0.5) / (people + 0.5 * len(expected))  # an empty bin is not an infinite drift
    index = float(((actual - expected) * np.log(actual / expected)).sum())
    freedom = len(expected) - 1
    chance = _chi_square_95(freedom) * (1.0 / people + 1.0 / baseline.people + baseline.noise / freedom)
    if index <= max(WATCH, chance):
        verdict = DriftVerdict.STABLE if chance <= DRIFTED else DriftVerdict.FEW_PEOPLE
    else:
        verdict = DriftVerdict.DRIFTED if index > max(DRIFTED, chance) else DriftVerdict.WATCH
    return Drift(index, chance, people, verdict)


def _chi_square_95(freedom: int) -> float:
    # Wilson and Hilferty 1931: the cube root of a chi-square over its freedom is nearly normal; within 1 % here.
    part = 2.0 / (9.0 * freedom)
    return float(freedom * (1.0 - part + _NORMAL_95 * math.sqrt(part)) ** 3)


def _histogram(edges: tuple[float, ...], scores: FloatVector) -> FloatVector:
    if scores.ndim != 1 or not ((scores >= 0.0) & (scores <= 1.0)).all():  # NaN is neither
        raise DataUnsuitable(_("las puntuaciones deben ser probabilidades"))
    return np.bincount(np.searchsorted(edges, scores, side="right"), minlength=len(edges) + 1).astype(np.float64)
