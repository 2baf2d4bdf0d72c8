"""The statements of every exchange request, compiled once and run by the driver itself."""

from typing import Final

from sqlalchemy import BindParameter, bindparam, func, select

from node.people.stored_rows import (
    HOUSEHOLD_COLUMNS,
    INTERVENTION_COLUMNS,
    PERSON_COLUMNS,
    SPELL_COLUMNS,
    VALUE_COLUMNS,
)
from node.people.tables import HOUSEHOLDS, INTERVENTIONS, PEOPLE, SPELLS, VALUES
from service.sql_driver import DriverStatement

_PERSON: Final[BindParameter[str]] = bindparam("person")
# Two subqueries: in one query SQLite would read everybody (17 ms for 200,000 people); apart it counts whole pages and
# reads one end of an index (0.07 ms).
_STAMPED: Final = (
    select(func.count()).select_from(PEOPLE).scalar_subquery(),
    select(func.max(PEOPLE.c.updated_at)).scalar_subquery(),
)
STAMP: Final = DriverStatement(select(*_STAMPED), [], _STAMPED)

_PEOPLE: Final = select(*PERSON_COLUMNS)
BY_DOCUMENT: Final = DriverStatement(
    _PEOPLE.where(PEOPLE.c.document_index == bindparam("document")), ["document"], PERSON_COLUMNS
)
BY_ID: Final = DriverStatement(_PEOPLE.where(PEOPLE.c.person_id == _PERSON), ["person"], PERSON_COLUMNS)
HOUSEHOLD: Final = DriverStatement(
    select(*HOUSEHOLD_COLUMNS).where(HOUSEHOLDS.c.household_id == bindparam("household")),
    ["household"],
    HOUSEHOLD_COLUMNS,
)
VALUES_OF: Final = DriverStatement(select(*VALUE_COLUMNS).where(VALUES.c.person_id == _PERSON), ["person"])
"""Nothing is converted: a digest needs the times as they are stored, and a reader few of them."""
SPELLS_OF: Final = DriverStatement(
    select(*SPELL_COLUMNS).where(SPELLS.c.person_id == _PERSON).order_by(SPELLS.c.position), ["person"], SPELL_COLUMNS
)
DONE_WITH: Final = DriverStatement(
    select(*INTERVENTION_COLUMNS).where(INTERVENTIONS.c.person_id == _PERSON).order_by(INTERVENTIONS.c.position),
    ["person"],
    INTERVENTION_COLUMNS,
)
