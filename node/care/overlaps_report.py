"""Duplicates and gaps of one person's case, read from the sources of a view and shown."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from rich.table import Table

from node.care.overlaps import Duplicate, Gap, Given, find_duplicates, find_gaps
from node.care.view_sources import Gathered, Source
from node.care.views import console_text, plain_table, source_documents, source_lines
from node.people.model import FieldValue
from policies.catalogue import load_catalogue
from policies.provisions import NEED, load_provisions
from policies.reasons import ReasonCode

ACTIONS: Final = "coord.actions"
NEEDS: Final = "case.needs"
_CODED: Final = {"plan.services": "resource", "econ.benefits": "benefit"}
"""Fields that list what a person has, and the code list of each. They say no dates: in force since recorded."""
FIELDS: Final = (NEEDS, *_CODED, ACTIONS)

_WORDS: Final = {
    "es": {
        "duplicates": "Posibles duplicidades: la misma prestación de dos entidades en el mismo periodo",
        "no_duplicates": "No se ven duplicidades.",
        "gaps": "Posibles huecos: necesidades valoradas a las que nadie responde",
        "no_gaps": "No se ven huecos.",
        "duplicate_heads": ("Prestación", "Entidad", "Según", "Desde", "Hasta"),
        "gap_heads": ("Necesidad", "La valoró", "Podría responder"),
        "partial": "No todo se ve. Falta al menos una parte de: {names}. Puede que dé o haga algo que aquí no está.",
        "proposal": "Correspondencia propuesta por este proyecto ({version}): señala, no decide.",
    },
    "en": {
        "duplicates": "Possible duplicates: the same provision from two entities in the same period",
        "no_duplicates": "No duplicates in sight.",
        "gaps": "Possible gaps: assessed needs that nobody answers",
        "no_gaps": "No gaps in sight.",
        "duplicate_heads": ("Provision", "Entity", "By", "From", "Until"),
        "gap_heads": ("Need", "Assessed by", "Could answer"),
        "partial": "Not all of it shows. At least a part is missing of: {names}. They may give or do what is not here.",
        "proposal": "Mapping proposed by this project ({version}): it points, it does not decide.",
    },
}


def given_by(source: Source) -> Iterator[Given]:
    """Yield what an entity gives, by what it shows."""
    for field, list_id in _CODED.items():
        held = source.values.get(field)
        for code in _codes(held):
            yield Given(source.entity, list_id, code, held.recorded_at.date() if held else date.min)
    actions = source.values.get(ACTIONS)
    for row in actions.value if actions and isinstance(actions.value, list) else ():
        if isinstance(row, dict):
            since = date.fromisoformat(row["since"])
            until = max(since, date.fromisoformat(row["until"])) if "until" in row else None
            yield Given(source.entity, "intervention", row["action"], since, until)


def _codes(held: FieldValue | None) -> list[str]:
    return [code for code in held.value if isinstance(code, str)] if held and isinstance(held.value, list) else []


def overlaps_of(gathered: Gathered) -> tuple[tuple[Duplicate, ...], tuple[Gap, ...]]:
    """Return the duplicates and the gaps of a view."""
    known = load_provisions()
    given = [each for source in gathered.sources for each in given_by(source)]
    needs = {source.entity: _codes(source.values.get(NEEDS)) for source in gathered.sources}
    return find_duplicates(given, known), find_gaps(needs, given, known, gathered.as_of.date())


def keeping_back(gathered: Gathered) -> tuple[Source, ...]:
    """Return the entities of which something is missing: refused, unanswered, or withheld."""
    return tuple(
        source
        for source in gathered.sources
        if source.silent or any(reason != ReasonCode.NOT_RECORDED for reason in source.withheld.values())
    )


def overlaps_document(gathered: Gathered) -> dict[str, Any]:
    """Return duplicates and gaps as a JSON document."""
    duplicates, gaps = overlaps_of(gathered)
    return {
        "mapping": load_provisions().version,
        "duplicates": [
            {
                "provision": each.provision.id,
                "entities": list(each.entities),
                "given": [_given_document(given) for given in each.given],
            }
            for each in duplicates
        ],
        "gaps": [
            {
                "need": gap.need,
                "assessed_by": list(gap.assessed_by),
                "could_answer": [provision.id for provision in gap.answers],
            }
            for gap in gaps
        ],
        "partial": [source.entity for source in keeping_back(gathered)],
        **source_documents(gathered),
    }


def _given_document(given: Given) -> dict[str, Any]:
    until = given.until.isoformat() if given.until else None
    return {
        "entity": given.entity,
        "list": given.list_id,
        "code": given.code,
        "since": given.since.isoformat(),
        "until": until,
    }


def overlaps_text(gathered: Gathered, *, lang: str = "es") -> str:
    """Return duplicates and gaps for people, then who is not in the view."""
    return console_text(_parts(gathered, "en" if lang == "en" else "es"))


def _parts(gathered: Gathered, lang: str) -> Iterator[Table | str]:
    words, (duplicates, gaps) = _WORDS[lang], overlaps_of(gathered)
    names = {source.entity: source.name for source in gathered.sources}
    yield str(words["duplicates" if duplicates else "no_duplicates"])
    if duplicates:
        yield _duplicates_table(duplicates, names, lang)
    yield str(words["gaps" if gaps else "no_gaps"])
    if gaps:
        yield _gaps_table(gaps, names, lang)
    if missing := [source.name for source in keeping_back(gathered)]:
        yield str(words["partial"]).format(names=", ".join(missing))
    yield str(words["proposal"]).format(version=load_provisions().version)
    yield from source_lines(gathered, lang)


def _duplicates_table(duplicates: tuple[Duplicate, ...], names: dict[str, str], lang: str) -> Table:
    codes = load_catalogue().codes
    table = plain_table(*_WORDS[lang]["duplicate_heads"])
    for each in duplicates:
        for place, given in enumerate(each.given):
            table.add_row(
                "" if place else each.provision.label(lang),
                names[given.entity],
                codes.code(given.list_id, given.code).label(lang),
                given.since.isoformat(),
                given.until.isoformat() if given.until else "-",
            )
    return table


def _gaps_table(gaps: tuple[Gap, ...], names: dict[str, str], lang: str) -> Table:
    table = plain_table(*_WORDS[lang]["gap_heads"])
    for gap in gaps:
        table.add_row(
            load_catalogue().codes.code(NEED, gap.need).label(lang),
            ", ".join(names[entity] for entity in gap.assessed_by),
            ", ".join(provision.label(lang) for provision in gap.answers),
        )
    return table
