"""The case-coordination grid: who does what for a person, until when, at every entity that shows it, in one table.

Ley 4/2018 (Castilla y León) arts. 27-28: one plan, made with the person, and one coordinator. Each entity publishes its
own actions; the table is put together anew where it is asked for.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from node.care.view_sources import Gathered, Source
from node.care.views import console_text, plain_table, source_documents, source_lines
from policies.catalogue import load_catalogue

FIELD: Final = "coord.actions"

_WORDS: Final = {
    "es": {
        "heads": ("Quién", "Papel", "Qué", "Desde", "Hasta", "Estado", "Entidad"),
        "none": "Ninguna entidad muestra acciones de este caso.",
        "overdue": "plazo vencido",
        "own": "esta entidad",
    },
    "en": {
        "heads": ("Who", "Part", "What", "From", "Until", "State", "Entity"),
        "none": "No entity shows actions of this case.",
        "overdue": "overdue",
        "own": "this entity",
    },
}


@dataclass(frozen=True, slots=True)
class GridRow:
    """One action of one entity, in codes."""

    entity: str
    entity_name: str
    own: bool
    function: str
    case_role: str
    action: str
    since: date
    until: date | None
    state: str
    overdue: bool


def grid_rows(gathered: Gathered) -> tuple[GridRow, ...]:
    """Return the actions of every source, the earliest first."""
    today = gathered.as_of.date()
    rows = [_row(source, cells, today) for source in gathered.sources for cells in _cells(source)]
    return tuple(sorted(rows, key=lambda row: (row.since, row.entity, row.action, row.function)))


def _cells(source: Source) -> list[dict[str, str]]:
    held = source.values.get(FIELD)
    rows = held.value if held and isinstance(held.value, list) else []
    return [row for row in rows if isinstance(row, dict)]


def _row(source: Source, cells: dict[str, str], today: date) -> GridRow:
    until = date.fromisoformat(cells["until"]) if "until" in cells else None
    return GridRow(
        entity=source.entity,
        entity_name=source.name,
        own=source.own,
        function=cells["function"],
        case_role=cells["case_role"],
        action=cells["action"],
        since=date.fromisoformat(cells["since"]),
        until=until,
        state=cells["state"],
        overdue=until is not None and until < today,
    )


def grid_document(gathered: Gathered) -> dict[str, Any]:
    """Return the grid as a JSON document."""
    rows = [
        {
            "entity": row.entity,
            "entity_name": row.entity_name,
            "own": row.own,
            "function": row.function,
            "case_role": row.case_role,
            "action": row.action,
            "since": row.since.isoformat(),
            "until": row.until.isoformat() if row.until else None,
            "state": row.state,
            "overdue": row.overdue,
        }
        for row in grid_rows(gathered)
    ]
    return {"rows": rows, **source_documents(gathered)}


def grid_text(gathered: Gathered, *, lang: str = "es") -> str:
    """Return the grid for people, then who is not in it and why."""
    words, codes = _WORDS["en" if lang == "en" else "es"], load_catalogue().codes
    table = plain_table(*words["heads"])
    rows = grid_rows(gathered)
    for row in rows:
        state = codes.code("action_state", row.state).label(lang)
        table.add_row(
            codes.code("function", row.function).label(lang),
            codes.code("case_role", row.case_role).label(lang),
            codes.code("intervention", row.action).label(lang),
            row.since.isoformat(),
            row.until.isoformat() if row.until else "-",
            f"{state} ({words['overdue']})" if row.overdue else state,
            f"{row.entity_name} ({words['own']})" if row.own else row.entity_name,
        )
    return console_text([table if rows else str(words["none"]), *source_lines(gathered, lang)])
