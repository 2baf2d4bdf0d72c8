"""Duplicates and gaps of one person's case, from the sources of a view, as JSON and as text."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from node.care.overlaps import Duplicate, Gap, GivenProvision, find_duplicates, find_gaps
from node.care.view_sources import CaseView, ViewSource
from node.care.views import day, source_documents, source_lines, text_of
from node.people.model import FieldValue
from policies.catalogue import load_catalogue
from policies.local_days import local_day
from policies.provisions import NEED, load_provisions
from policies.reasons import ReasonCode
from presentation import formats, terminal
from presentation.messages import speaking

ACTIONS: Final = "coord.actions"
NEEDS: Final = "case.needs"
_CODED: Final = {"plan.services": "resource", "econ.benefits": "benefit"}
"""Fields that list provisions without dates, with their code lists; they count from the day of recording."""
FIELDS: Final = (NEEDS, *_CODED, ACTIONS)


def given_by(source: ViewSource) -> Iterator[GivenProvision]:
    """Yield the provisions that an entity shows."""
    for field, list_id in _CODED.items():
        held = source.values.get(field)
        for code in _codes(held):
            yield GivenProvision(source.entity, list_id, code, local_day(held.recorded_at) if held else date.min)
    actions = source.values.get(ACTIONS)
    for row in actions.value if actions and isinstance(actions.value, list) else ():
        if isinstance(row, dict):
            since = date.fromisoformat(row["since"])
            until = max(since, date.fromisoformat(row["until"])) if "until" in row else None
            yield GivenProvision(source.entity, "intervention", row["action"], since, until)


def _codes(held: FieldValue | None) -> list[str]:
    return [code for code in held.value if isinstance(code, str)] if held and isinstance(held.value, list) else []


def overlaps_of(view: CaseView) -> tuple[tuple[Duplicate, ...], tuple[Gap, ...]]:
    """Return the duplicates and the gaps of a view."""
    known = load_provisions()
    given = [each for source in view.sources for each in given_by(source)]
    needs = {source.entity: _codes(source.values.get(NEEDS)) for source in view.sources}
    return find_duplicates(given, known), find_gaps(needs, given, known, local_day(view.as_of))


def withholding(view: CaseView) -> tuple[ViewSource, ...]:
    """Return the entities that refused, did not answer, or withhold a recorded field."""
    return tuple(
        source
        for source in view.sources
        if source.silent or any(reason != ReasonCode.NOT_RECORDED for reason in source.withheld.values())
    )


def overlaps_document(view: CaseView) -> dict[str, Any]:
    """Return duplicates and gaps as a JSON document."""
    duplicates, gaps = overlaps_of(view)
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
        "partial": [source.entity for source in withholding(view)],
        **source_documents(view),
    }


def _given_document(given: GivenProvision) -> dict[str, Any]:
    until = given.until.isoformat() if given.until else None
    return {
        "entity": given.entity,
        "list": given.list_id,
        "code": given.code,
        "since": given.since.isoformat(),
        "until": until,
    }


def overlaps_text(view: CaseView, *, lang: str = "es") -> str:
    """Return duplicates and gaps in words, then the entities that are not in the view."""
    say, (duplicates, gaps) = speaking(lang), overlaps_of(view)
    names = {source.entity: source.name for source in view.sources}
    parts = []
    if duplicates:
        parts.append(say("Posibles duplicidades: la misma prestación de dos entidades en el mismo periodo"))
        parts.append(_duplicates_table(duplicates, names, lang))
    else:
        parts.append(say("No se ven duplicidades."))
    if gaps:
        parts.append(say("Posibles huecos: necesidades valoradas que ninguna entidad atiende"))
        parts.append(_gaps_table(gaps, names, lang))
    else:
        parts.append(say("No se ven huecos."))
    if missing := [source.name for source in withholding(view)]:
        parts.append(
            say(
                "No todo se ve. Falta al menos una parte de: {names}. Puede que den o hagan algo que aquí no está.",
                names=formats.listed(missing, lang),
            )
        )
    version = load_provisions().version
    parts.append(say("Correspondencia propuesta por este proyecto ({version}): señala, no decide.", version=version))
    return text_of(*parts, *source_lines(view, lang))


def _duplicates_table(duplicates: tuple[Duplicate, ...], names: dict[str, str], lang: str) -> str:
    say, codes = speaking(lang), load_catalogue().codes
    heads = (say("Prestación"), say("Entidad"), say("Según"), say("Desde"), say("Hasta"))
    rows = [
        (
            each.provision.label(lang),
            names[given.entity],
            codes.code(given.list_id, given.code).label(lang),
            day(given.since, lang),
            day(given.until, lang),
        )
        for each in duplicates
        for given in each.given
    ]
    return terminal.table(heads, rows)


def _gaps_table(gaps: tuple[Gap, ...], names: dict[str, str], lang: str) -> str:
    say, codes = speaking(lang), load_catalogue().codes
    rows = [
        (
            codes.code(NEED, gap.need).label(lang),
            formats.listed([names[entity] for entity in gap.assessed_by], lang),
            formats.listed([provision.label(lang) for provision in gap.answers], lang),
        )
        for gap in gaps
    ]
    return terminal.table((say("Necesidad"), say("La valoró"), say("Podría atenderla")), rows)
