"""The joint assessment as text."""

from collections.abc import Iterator
from typing import Final

from node.care.assessment import Assessment, Cell, DimensionView, FieldComparison, joint_assessment
from node.care.view_sources import CaseView
from node.care.views import source_lines, text_of
from policies.catalogue import load_catalogue
from presentation import formats, terminal
from presentation.messages import speaking

LEVELS: Final = ("1", "2", "3", "4", "5")


def assessment_text(view: CaseView, *, lang: str = "es") -> str:
    """Return the table of the assessment, its legend, and the entities that are not in it."""
    assessment, say = joint_assessment(view), speaking(lang)
    if not shows_anything(assessment):
        return text_of(nothing_shown(lang), *source_lines(view, lang))
    heads = (say("Dimensión / factor"), *(source.name for source in assessment.sources), say("Diferencia"))
    rows = [row for dimension in assessment.dimensions for row in _rows(dimension, len(assessment.sources), lang)]
    return text_of(terminal.table(heads, rows), *legend(lang), *source_lines(view, lang))


def nothing_shown(lang: str) -> str:
    """Return the sentence for an assessment without any value."""
    say = speaking(lang)
    return say("Ninguna entidad muestra nada del diagnóstico de esta persona.")


def shows_anything(assessment: Assessment) -> bool:
    """Return whether an entity shows any part of a diagnosis."""
    return any(each.level.values or each.self_perception.values or each.factors for each in assessment.dimensions)


def legend(lang: str) -> tuple[str, ...]:
    """Return the sentences that explain levels, factors, signs and origin of an assessment."""
    say, codes = speaking(lang), load_catalogue().codes
    levels = ", ".join(f"{level} {codes.code('hdme_level', level).label(lang).lower()}" for level in LEVELS)
    return (
        say("Niveles: {levels}.", levels=levels),
        say("Factores: de -3 (dificultad fuerte) a +3 (apoyo fuerte)."),
        say(
            "≠ las entidades difieren · ≶ lo que una ve como apoyo otra lo ve como dificultad · "
            "(+n / -n) la persona se ve mejor o peor que la profesional."
        ),
        say(
            "Dimensiones y factores propuestos por este proyecto ({version}): no son la HDME oficial.",
            version=load_catalogue().version,
        ),
    )


def mark(comparison: FieldComparison) -> str:
    """Return the sign of a difference."""
    return "≶" if comparison.opposed else "≠" if comparison.differs else ""


def value_text(cell: Cell, lang: str, *, signed: bool = False, gap: int | None = None) -> str:
    """Return a value without its day, or the absence of one.

    Args:
        cell: of one entity.
        lang: of the reader.
        signed: with a sign before values above zero.
        gap: of the person's own view to the professionals', shown in brackets when it is not zero.
    """
    if cell.value is None:
        say = speaking(lang)
        return say("no compartido") if cell.withheld else "-"
    value = f"{cell.value:+d}" if signed and cell.value else str(cell.value)
    return f"{value} ({gap:+d})" if gap else value


def cell_text(cell: Cell, lang: str, *, signed: bool = False, gap: int | None = None) -> str:
    """Return a value with its day, or the absence of one."""
    value = value_text(cell, lang, signed=signed, gap=gap)
    return f"{value} · {formats.day(cell.recorded_at, lang)}" if cell.recorded_at and cell.value is not None else value


def _rows(view: DimensionView, sources: int, lang: str) -> Iterator[list[str]]:
    say, name, own = speaking(lang), view.dimension.label(lang).upper(), view.self_perception
    level = [cell_text(cell, lang) for cell in view.level.cells]
    yield [say("{dimension}: Nivel", dimension=name), *level, mark(view.level)]
    cells = [cell_text(own.cells[place], lang, gap=view.gap(place)) for place in range(sources)]
    yield [say("{dimension}: Autopercepción", dimension=name), *cells, mark(own)]
    for factor in view.factors:
        cells = [cell_text(cell, lang, signed=True) for cell in factor.cells]
        yield [f"{name}: {factor.spec.label(lang)}", *cells, mark(factor)]
