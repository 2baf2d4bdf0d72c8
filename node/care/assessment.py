"""The joint assessment: the diagnoses of several entities side by side, each under its own consent.

Each dimension has the level in the professionals' view, the level in the person's own view, and the factors, with the
day on which each entity recorded them. Differences are marked and nothing is averaged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from node.care.view_sources import CaseView, ViewSource
from node.care.views import source_documents
from policies.catalogue import Dimension, load_catalogue
from policies.fields import FieldSpec
from policies.local_days import local_day
from policies.reasons import ReasonCode

FIELDS: Final = ("dx.levels", "dx.self", "dx.factors")
"""Groups of catalogue fields that the question names."""
_FACTORS: Final = "dx.factors."


@dataclass(frozen=True, slots=True)
class Cell:
    """One entity's value of one field, or its absence.

    Attributes:
        value: None without one.
        recorded_at: time at which the entity recorded it.
        withheld: reason code when the entity withholds it.
    """

    value: int | None = None
    recorded_at: datetime | None = None
    withheld: str | None = None


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """One field with a cell for every entity of the view, in their order."""

    spec: FieldSpec
    cells: tuple[Cell, ...]

    @property
    def values(self) -> set[int]:
        """The different values held."""
        return {cell.value for cell in self.cells if cell.value is not None}

    @property
    def differs(self) -> bool:
        """True when two entities hold different values."""
        return len(self.values) > 1

    @property
    def opposed(self) -> bool:
        """True when one entity holds a strength (above zero) and another a difficulty (below zero)."""
        return self.spec.id.startswith(_FACTORS) and bool(self.values) and min(self.values) < 0 < max(self.values)


@dataclass(frozen=True, slots=True)
class DimensionView:
    """One dimension of the diagnosis: level, self-perception, and the factors that an entity recorded."""

    dimension: Dimension
    level: FieldComparison
    self_perception: FieldComparison
    factors: tuple[FieldComparison, ...]

    def gap(self, place: int) -> int | None:
        """Return the person's own level minus the professionals' at an entity; None unless it has both."""
        level, own = self.level.cells[place].value, self.self_perception.cells[place].value
        return None if level is None or own is None else own - level


@dataclass(frozen=True, slots=True)
class Assessment:
    """The whole view; `sources` are this entity and the others that answered and share something."""

    sources: tuple[ViewSource, ...]
    dimensions: tuple[DimensionView, ...]


def joint_assessment(view: CaseView) -> Assessment:
    """Put the diagnoses of the sources side by side."""
    catalogue = load_catalogue()
    sources = tuple(source for source in view.sources if not source.silent)
    factors = [spec for spec in catalogue.fields if spec.id.startswith(_FACTORS) and spec.shareable]
    dimensions = (
        _dimension(each, sources, [spec for spec in factors if spec.dimension == each.id])
        for each in catalogue.dimensions
    )
    return Assessment(sources, tuple(dimensions))


def _dimension(dimension: Dimension, sources: Sequence[ViewSource], factors: Sequence[FieldSpec]) -> DimensionView:
    catalogue = load_catalogue()
    compared = (_compare(spec, sources) for spec in factors)
    return DimensionView(
        dimension,
        _compare(catalogue.field(f"dx.levels.{dimension.id}"), sources),
        _compare(catalogue.field(f"dx.self.{dimension.id}"), sources),
        tuple(each for each in compared if each.values),
    )


def _compare(spec: FieldSpec, sources: Sequence[ViewSource]) -> FieldComparison:
    return FieldComparison(spec, tuple(_cell(source, spec.id) for source in sources))


def _cell(source: ViewSource, field: str) -> Cell:
    held = source.values.get(field)
    if held is None:
        reason = source.withheld.get(field)
        return Cell(withheld=None if reason == ReasonCode.NOT_RECORDED else reason)
    value = held.value if isinstance(held.value, int) and not isinstance(held.value, bool) else None
    return Cell(value, held.recorded_at)


def assessment_document(view: CaseView) -> dict[str, Any]:
    """Return the view as a JSON document."""
    assessment = joint_assessment(view)
    dimensions = [
        {
            "dimension": each.dimension.id,
            "level": _comparison_document(assessment, each.level),
            "self": _comparison_document(assessment, each.self_perception),
            "self_minus_level": {source.entity: each.gap(place) for place, source in enumerate(assessment.sources)},
            "factors": [_comparison_document(assessment, factor) for factor in each.factors],
        }
        for each in assessment.dimensions
    ]
    return {"dimensions": dimensions, **source_documents(view)}


def _comparison_document(assessment: Assessment, comparison: FieldComparison) -> dict[str, Any]:
    values = {
        source.entity: {"value": cell.value, "day": _day(cell), "withheld": cell.withheld}
        for source, cell in zip(assessment.sources, comparison.cells, strict=True)
    }
    opposed = {"opposed": comparison.opposed} if comparison.spec.id.startswith(_FACTORS) else {}
    return {"id": comparison.spec.id, "values": values, "differs": comparison.differs, **opposed}


def _day(cell: Cell) -> str | None:
    return local_day(cell.recorded_at).isoformat() if cell.recorded_at else None
