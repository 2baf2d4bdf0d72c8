"""The shared-summarised social record of a person: values of catalogue fields, ready for the exchange.

Recorded fields are read as they are; derived ones are computed here from the person's birth date, household, benefit
spells, interventions and case actions. Fields that may not leave the node (scope N, P4, free text) are never among the
results, whoever asks: this is the last gate before the wire, not the only one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Final

from node.care.model import PUBLISHED_STATES
from node.care.store import CaseStore
from node.people.benefit_months import minimum_income_codes, months_on
from node.people.model import BIRTH_DATE, BenefitSpell, FieldValue, Intervention, ListItem, month_number, month_of
from node.people.store import HouseholdFacts, PersonStore, Portrait
from policies.catalogue import load_catalogue
from policies.fields import MAX_ROWS

BENEFIT_WINDOW_MONTHS: Final = 48
MAX_PUBLISHED: Final = 100
"""Actions of a case that others are told, the newest; an answer has room for these and everything else."""
BIRTH_YEAR: Final = "person.birth_year"


def summarise(store: PersonStore, person_id: str, field_ids: Iterable[str], now: datetime) -> dict[str, FieldValue]:
    """Return the values that the node holds for some fields of the shared record.

    Fields without a value, unknown to the catalogue, or not shareable are left out.

    Raises:
        PersonUnknown: the person is not held, or was erased.
    """
    catalogue = load_catalogue()
    wanted = [catalogue.field(field_id) for field_id in field_ids if field_id in catalogue]
    shareable = [spec for spec in wanted if spec.shareable]
    recorded = {spec.id for spec in shareable if spec.origin == "recorded"}
    needed = recorded | {BIRTH_DATE} if any(spec.id == BIRTH_YEAR for spec in shareable) else recorded
    sources = _Sources(store, store.portrait(person_id, needed), now)
    values = {field_id: value for field_id, value in sources.portrait.values.items() if field_id in recorded}
    for spec in shareable:
        compute = _DERIVED.get(spec.id)
        value = compute(sources) if compute else None
        if value is not None:
            values[spec.id] = value
    return values


@dataclass(frozen=True)
class _Sources:
    """What derived fields are computed from; each part is read once, and only when a field needs it."""

    store: PersonStore
    portrait: Portrait
    now: datetime

    @cached_property
    def spells(self) -> tuple[BenefitSpell, ...]:
        return self.store.benefit_spells(self.portrait.person_id)

    @cached_property
    def interventions(self) -> tuple[Intervention, ...]:
        return self.store.interventions(self.portrait.person_id)


def _birth_year(sources: _Sources) -> FieldValue | None:
    held = sources.portrait.values[BIRTH_DATE]
    return FieldValue(date.fromisoformat(str(held.value)).year, held.recorded_at)


def _of_household(read: Callable[[HouseholdFacts], str | int | None]) -> "_Computation":
    def compute(sources: _Sources) -> FieldValue | None:
        facts = sources.portrait.household
        value = read(facts) if facts else None
        return FieldValue(value, facts.recorded_at) if facts and value is not None else None

    return compute


def _benefits(sources: _Sources) -> FieldValue | None:
    month = sources.now.date().replace(day=1)
    current = {each.benefit for each in sources.spells if each.first_month <= month <= (each.last_month or month)}
    return FieldValue([*sorted(current)], sources.portrait.recorded_at) if sources.spells else None


def _benefit_months(sources: _Sources) -> FieldValue | None:
    end = sources.now.date().replace(day=1)
    start = month_of(month_number(end) - BENEFIT_WINDOW_MONTHS)
    months = months_on(sources.spells, minimum_income_codes(), start, end)
    return FieldValue(months, sources.portrait.recorded_at) if sources.spells else None


def _action_log(sources: _Sources) -> FieldValue | None:
    rows: list[ListItem] = []
    for done in sources.interventions[-MAX_ROWS:]:
        outcome = {"outcome": done.outcome} if done.outcome else {}
        rows.append({"action": done.action, "month": done.started_on.isoformat()[:7], **outcome})
    return FieldValue(rows, sources.portrait.recorded_at) if rows else None


def _case_actions(sources: _Sources) -> FieldValue | None:
    actions = CaseStore(sources.store.session).actions(sources.portrait.person_id)
    published = [action for action in actions if action.state in PUBLISHED_STATES][-MAX_PUBLISHED:]
    rows: list[ListItem] = [action.row() for action in published]
    return FieldValue(rows, max(action.updated_at for action in published)) if published else None


_Computation = Callable[[_Sources], FieldValue | None]
_DERIVED: Final[Mapping[str, _Computation]] = MappingProxyType(
    {
        BIRTH_YEAR: _birth_year,
        "household.type": _of_household(lambda facts: facts.kind),
        "household.size": _of_household(lambda facts: facts.size),
        "household.minors": _of_household(lambda facts: facts.minors),
        "household.dependants": _of_household(lambda facts: facts.dependants),
        "econ.benefits": _benefits,
        "econ.benefit_months": _benefit_months,
        "action.log": _action_log,
        "coord.actions": _case_actions,
    }
)
DERIVED_FIELDS: Final = frozenset(_DERIVED)
