"""The joint assessment on a screen."""

from collections.abc import Iterator
from typing import Final

from rich.table import Table

from node.care.assessment import Assessment, Cell, Comparison, DimensionView, joint_assessment
from node.care.view_sources import Gathered
from node.care.views import console_text, plain_table, source_lines
from policies.catalogue import load_catalogue

WORDS: Final = {
    "es": {
        "title": "Valoración conjunta",
        "field": "Dimensión / factor",
        "level": "Nivel",
        "self": "Autopercepción",
        "marks": "≠ las entidades difieren · ≶ lo que una ve como apoyo otra lo ve como dificultad · "
        "(+n / -n) la persona se ve mejor o peor que la profesional",
        "scale": "Niveles",
        "factors": "Factores: de -3 (dificultad fuerte) a +3 (apoyo fuerte)",
        "withheld": "no compartido",
        "empty": "-",
        "none": "Ninguna entidad muestra nada del diagnóstico de esta persona.",
        "proposal": "Dimensiones y factores propuestos por este proyecto: no son la HDME oficial",
    },
    "en": {
        "title": "Joint assessment",
        "field": "Dimension / factor",
        "level": "Level",
        "self": "Self-perception",
        "marks": "≠ the entities differ · ≶ what one sees as a strength another sees as a difficulty · "
        "(+n / -n) the person sees themselves better or worse off than the professional does",
        "scale": "Levels",
        "factors": "Factors: from -3 (strong difficulty) to +3 (strong asset)",
        "withheld": "withheld",
        "empty": "-",
        "none": "No entity shows anything of this person's diagnosis.",
        "proposal": "Dimensions and factors proposed by this project: not the official HDME",
    },
}
LEVELS: Final = ("1", "2", "3", "4", "5")


def assessment_text(gathered: Gathered, *, lang: str = "es") -> str:
    """Return the view for people: a table, its legend, and who is not in it."""
    return console_text(_parts(gathered, "en" if lang == "en" else "es"))


def _parts(gathered: Gathered, lang: str) -> Iterator[Table | str]:
    view, words = joint_assessment(gathered), WORDS[lang]
    if not shows_anything(view):
        yield words["none"]
    else:
        table = plain_table(words["field"], *(source.name for source in view.sources), "")
        for dimension in view.dimensions:
            for row in _rows(dimension, len(view.sources), lang):
                table.add_row(*row)
        yield table
        yield f"{words['scale']}: {scale(lang)}"
        yield words["factors"]
        yield words["marks"]
        yield f"{words['proposal']} ({load_catalogue().version})."
    yield from source_lines(gathered, lang)


def shows_anything(view: Assessment) -> bool:
    """Tell whether anybody shows anything of a diagnosis."""
    return any(each.level.values or each.self_perception.values or each.factors for each in view.dimensions)


def scale(lang: str) -> str:
    """Return the five levels with their names."""
    codes = load_catalogue().codes
    return ", ".join(f"{level} {codes.code('hdme_level', level).label(lang).lower()}" for level in LEVELS)


def mark(comparison: Comparison) -> str:
    """Return the sign of a difference."""
    return "≶" if comparison.opposed else "≠" if comparison.differs else ""


def cell_text(cell: Cell, lang: str, *, signed: bool = False, gap: int | None = None) -> str:
    """Return a value with its day, or why there is none."""
    if cell.value is None:
        return WORDS[lang]["withheld" if cell.withheld else "empty"]
    value = f"{cell.value:+d}" if signed and cell.value else str(cell.value)
    return " ".join(filter(None, (value, f"({gap:+d})" if gap else "", f"· {cell.day}")))


def _rows(view: DimensionView, sources: int, lang: str) -> Iterator[list[str]]:
    words = WORDS[lang]
    name = view.dimension.label(lang).upper()
    yield [f"{name}: {words['level']}", *(cell_text(cell, lang) for cell in view.level.cells), mark(view.level)]
    own = view.self_perception
    cells = [cell_text(own.cells[place], lang, gap=view.gap(place)) for place in range(sources)]
    yield [f"  {words['self']}", *cells, mark(own)]
    for factor in view.factors:
        cells = [cell_text(cell, lang, signed=True) for cell in factor.cells]
        yield [f"  {factor.spec.label(lang)}", *cells, mark(factor)]
