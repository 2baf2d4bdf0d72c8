"""The joint assessment: the diagnoses of several entities side by side, each under its own consent.

By dimension: the level as professionals see it, the level as the person does, and the factors, with the day on which
each entity recorded them. Differences are marked, for people to talk about: nobody's view is averaged away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from node.care.view_sources import Gathered, Source
from node.care.views import source_documents
from policies.catalogue import Dimension, load_catalogue
from policies.fields import FieldSpec
from policies.reasons import ReasonCode

FIELDS: Final = ("dx.levels", "dx.self", "dx.factors")
"""The groups of fields that it asks for."""
_FACTORS: Final = "dx.factors."


@dataclass(frozen=True, slots=True)
class Cell:
    """What one entity shows of one field: a value with its day, or why there is none."""

    value: int | None = None
    day: str | None = None
    withheld: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field, with one cell for every entity of the view, in their order."""

    spec: FieldSpec
    cells: tuple[Cell, ...]

    @property
    def values(self) -> set[int]:
        """The values held."""
        return {cell.value for cell in self.cells if cell.value is not None}

    @property
    def differs(self) -> bool:
        """Whether two entities hold different values."""
        return len(self.values) > 1

    @property
    def opposed(self) -> bool:
        """Whether what is a strength for one is a difficulty for another."""
        return self.spec.id.startswith(_FACTORS) and bool(self.values) and min(self.values) < 0 < max(self.values)


@dataclass(frozen=True, slots=True)
class DimensionView:
    """One dimension of the diagnosis: level, self-perception, and the factors that somebody recorded."""

    dimension: Dimension
    level: Comparison
    self_perception: Comparison
    factors: tuple[Comparison, ...]

    def gap(self, place: int) -> int | None:
        """Return by how much the person's own view is above the professionals' at an entity, if it has both."""
        level, own = self.level.cells[place].value, self.self_perception.cells[place].value
        return None if level is None or own is None else own - level


@dataclass(frozen=True, slots=True)
class Assessment:
    """The whole view; `sources` are this entity and those others that answered and share something."""

    sources: tuple[Source, ...]
    dimensions: tuple[DimensionView, ...]


def joint_assessment(gathered: Gathered) -> Assessment:
    """Put the diagnoses of the sources side by side."""
    catalogue = load_catalogue()
    sources = tuple(source for source in gathered.sources if not source.silent)
    factors = [spec for spec in catalogue.fields if spec.id.startswith(_FACTORS) and spec.shareable]
    views = (
        _dimension(each, sources, [spec for spec in factors if spec.dimension == each.id])
        for each in catalogue.dimensions
    )
    return Assessment(sources, tuple(views))


def _dimension(dimension: Dimension, sources: Sequence[Source], factors: Sequence[FieldSpec]) -> DimensionView:
    catalogue = load_catalogue()
    compared = (_compare(spec, sources) for spec in factors)
    return DimensionView(
        dimension,
        _compare(catalogue.field(f"dx.levels.{dimension.id}"), sources),
        _compare(catalogue.field(f"dx.self.{dimension.id}"), sources),
        tuple(each for each in compared if each.values),
    )


def _compare(spec: FieldSpec, sources: Sequence[Source]) -> Comparison:
    return Comparison(spec, tuple(_cell(source, spec.id) for source in sources))


def _cell(source: Source, field: str) -> Cell:
    held = source.values.get(field)
    if held is None:
        reason = source.withheld.get(field)
        return Cell(withheld=None if reason == ReasonCode.NOT_RECORDED else reason)
    value = held.value if isinstance(held.value, int) and not isinstance(held.value, bool) else None
    return Cell(value, held.recorded_at.date().isoformat())


def assessment_document(gathered: Gathered) -> dict[str, Any]:
    """Return the view as a JSON document."""
    view = joint_assessment(gathered)
    dimensions = [
        {
            "dimension": each.dimension.id,
            "level": _comparison_document(view, each.level),
            "self": _comparison_document(view, each.self_perception),
            "self_minus_level": {source.entity: each.gap(place) for place, source in enumerate(view.sources)},
            "factors": [_comparison_document(view, factor) for factor in each.factors],
        }
        for each in view.dimensions
    ]
    return {"dimensions": dimensions, **source_documents(gathered)}


def _comparison_document(view: Assessment, comparison: Comparison) -> dict[str, Any]:
    values = {
        source.entity: {"value": cell.value, "day": cell.day, "withheld": cell.withheld}
        for source, cell in zip(view.sources, comparison.cells, strict=True)
    }
    opposed = {"opposed": comparison.opposed} if comparison.spec.id.startswith(_FACTORS) else {}
    return {"id": comparison.spec.id, "values": values, "differs": comparison.differs, **opposed}
