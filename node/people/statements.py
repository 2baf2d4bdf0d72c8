"""The statements of every exchange request, compiled once and run by the driver itself."""

from typing import Final

from sqlalchemy import BindParameter, bindparam, func, select

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

_REF: Final = tuple(PEOPLE.c[name] for name in ("person_id", "fictitious", "recorded_at", "created_at", "updated_at"))
_WITH_DOCUMENT: Final = select(*_REF).where(PEOPLE.c.document_index == bindparam("document"))
BY_DOCUMENT: Final = DriverStatement(_WITH_DOCUMENT, ["document"], _REF)

_KEY: Final = (PEOPLE.c.key_id, PEOPLE.c.wrapped_key)
KEY_OF: Final = DriverStatement(
    select(*_KEY).where(PEOPLE.c.person_id == _PERSON, PEOPLE.c.erased_at.is_(None)), ["person"], _KEY
)

_SUMMARISED: Final = (
    *(PEOPLE.c[name] for name in ("key_id", "wrapped_key", "recorded_at", "household_id")),
    *(HOUSEHOLDS.c[name] for name in ("kind", "size", "minors", "dependants", "recorded_at")),
)
SUMMARY_INPUT: Final = DriverStatement(
    select(*_SUMMARISED)
    .select_from(PEOPLE.outerjoin(HOUSEHOLDS, HOUSEHOLDS.c.household_id == PEOPLE.c.household_id))
    .where(PEOPLE.c.person_id == _PERSON, PEOPLE.c.erased_at.is_(None)),
    ["person"],
    _SUMMARISED,
)
_VALUE: Final = tuple(VALUES.c[name] for name in ("field_id", "readable", "sealed", "recorded_at"))
VALUES_OF: Final = DriverStatement(select(*_VALUE).where(VALUES.c.person_id == _PERSON), ["person"], _VALUE)

_SPELL: Final = (SPELLS.c.benefit, SPELLS.c.first_month, SPELLS.c.last_month)
SPELLS_OF: Final = DriverStatement(
    select(*_SPELL).where(SPELLS.c.person_id == _PERSON).order_by(SPELLS.c.position), ["person"], _SPELL
)
_DONE: Final = (INTERVENTIONS.c.action, INTERVENTIONS.c.started_on, INTERVENTIONS.c.outcome)
DONE_WITH: Final = DriverStatement(
    select(*_DONE).where(INTERVENTIONS.c.person_id == _PERSON).order_by(INTERVENTIONS.c.position), ["person"], _DONE
)
