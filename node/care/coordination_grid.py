"""The case-coordination grid: function, part, action and dates of every entity that shows its actions, in one table.

Ley 4/2018 (Castilla y León) arts. 27-28: one plan, made with the person, and one coordinator. Each entity publishes its
own actions; each view collects them anew.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from node.care.view_sources import CaseView, ViewSource
from node.care.views import day, source_documents, source_lines, text_of
from policies.catalogue import load_catalogue
from policies.local_days import local_day
from presentation import terminal
from presentation.messages import speaking

FIELD: Final = "coord.actions"


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


def grid_rows(view: CaseView) -> tuple[GridRow, ...]:
    """Return the actions of every source, the earliest first."""
    today = local_day(view.as_of)
    rows = [_row(source, cells, today) for source in view.sources for cells in _cells(source)]
    return tuple(sorted(rows, key=lambda row: (row.since, row.entity, row.action, row.function)))


def _cells(source: ViewSource) -> list[dict[str, str]]:
    held = source.values.get(FIELD)
    rows = held.value if held and isinstance(held.value, list) else []
    return [row for row in rows if isinstance(row, dict)]


def _row(source: ViewSource, cells: dict[str, str], today: date) -> GridRow:
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


def grid_document(view: CaseView) -> dict[str, Any]:
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
        for row in grid_rows(view)
    ]
    return {"rows": rows, **source_documents(view)}


def grid_text(view: CaseView, *, lang: str = "es") -> str:
    """Return the grid in words, then the entities that are not in it, with the reason."""
    say, rows = speaking(lang), grid_rows(view)
    if not rows:
        return text_of(say("Ninguna entidad muestra acciones de este caso."), *source_lines(view, lang))
    heads = (say("Quién"), say("Papel"), say("Acción"), say("Desde"), say("Hasta"), say("Estado"), say("Entidad"))
    table = terminal.table(heads, [_words(row, lang) for row in rows])
    return text_of(table, *source_lines(view, lang))


def _words(row: GridRow, lang: str) -> tuple[str, ...]:
    say, codes = speaking(lang), load_catalogue().codes
    state = codes.code("action_state", row.state).label(lang)
    return (
        codes.code("function", row.function).label(lang),
        codes.code("case_role", row.case_role).label(lang),
        codes.code("intervention", row.action).label(lang),
        day(row.since, lang),
        day(row.until, lang),
        say("{state} (plazo vencido)", state=state) if row.overdue else state,
        say("{name} (esta entidad)", name=row.entity_name) if row.own else row.entity_name,
    )
