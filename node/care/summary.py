"""The shared-summarised social record of a person: values of catalogue fields, ready for the exchange.

Recorded fields are read as they are; derived ones are computed here from the person's birth date, household, benefit
spells, interventions and case actions. Fields that may not leave the node (scope N, P4, free text) are never among the
results: this is the last check before the wire, not the only one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Final

from node.care.model import PUBLISHED_STATES
from node.care.store import CaseStore
from node.people.benefit_months import minimum_income_codes, months_on
from node.people.model import (
    AGE_BASIS,
    BIRTH_DATE,
    BenefitSpell,
    FieldValue,
    Intervention,
    ListItem,
    birth_of,
    month_number,
    month_of,
)
from node.people.store import PersonStore
from node.people.summary_input import HouseholdFacts, SummaryInput
from node.seals.seals import seals_in
from policies.birth import AgeBasis, BirthDate
from policies.catalogue import load_catalogue
from policies.fields import MAX_ROWS
from policies.local_days import local_day

BENEFIT_WINDOW_MONTHS: Final = 48
MAX_PUBLISHED: Final = 100
"""Bound on the actions in an answer, the newest; it leaves room for every other field."""
BIRTH_YEAR: Final = "person.birth_year"


def summarise(store: PersonStore, person_id: str, field_ids: Iterable[str], now: datetime) -> dict[str, FieldValue]:
    """Return the values that the node holds of a person for some fields of the shared record.

    Fields without a value, unknown to the catalogue, or not shareable are left out.

    Raises:
        PersonUnknown: the person is not held, or was erased.
    """
    catalogue = load_catalogue()
    wanted = [catalogue.field(field_id) for field_id in field_ids if field_id in catalogue]
    shareable = [spec for spec in wanted if spec.shareable]
    recorded = {spec.id for spec in shareable if spec.origin == "recorded"}
    needed = recorded | {BIRTH_DATE, AGE_BASIS} if any(spec.id == BIRTH_YEAR for spec in shareable) else recorded
    inputs = _Inputs(store, store.summary_input(person_id, needed), now)
    values = {field_id: value for field_id, value in inputs.stored.values.items() if field_id in recorded}
    for spec in shareable:
        compute = _DERIVED.get(spec.id)
        value = compute(inputs) if compute else None
        if value is not None:
            values[spec.id] = value
    return values


@dataclass(frozen=True)
class _Inputs:
    """Inputs of derived fields, each read once, and only when a field needs it."""

    store: PersonStore
    stored: SummaryInput
    now: datetime

    @cached_property
    def spells(self) -> tuple[BenefitSpell, ...]:
        return self.store.benefit_spells(self.stored.person_id)

    @cached_property
    def household(self) -> HouseholdFacts | None:
        household_id = self.stored.household_id
        return self.store.household_facts(household_id) if household_id else None

    @cached_property
    def interventions(self) -> tuple[Intervention, ...]:
        return self.store.interventions(self.stored.person_id)


def _birth_year(inputs: _Inputs) -> FieldValue | None:
    """Return the year of birth, unless it is not known or estimated: as one, others would read it as certain."""
    held, basis = inputs.stored.values[BIRTH_DATE], inputs.stored.values.get(AGE_BASIS)
    born = birth_of(BirthDate.parse(str(held.value)), basis.value if basis else None)
    certain = born.day.year is not None and born.basis is not AgeBasis.ESTIMATED
    return FieldValue(born.day.year, held.recorded_at) if born.day.year is not None and certain else None


def _of_household(read: Callable[[HouseholdFacts], str | int | None]) -> "_Computation":
    def compute(inputs: _Inputs) -> FieldValue | None:
        facts = inputs.household
        value = read(facts) if facts else None
        return FieldValue(value, facts.recorded_at) if facts and value is not None else None

    return compute


def _benefits(inputs: _Inputs) -> FieldValue | None:
    month = local_day(inputs.now).replace(day=1)
    current = {each.benefit for each in inputs.spells if each.first_month <= month <= (each.last_month or month)}
    return FieldValue([*sorted(current)], inputs.stored.recorded_at) if inputs.spells else None


def _benefit_months(inputs: _Inputs) -> FieldValue | None:
    end = local_day(inputs.now).replace(day=1)
    start = month_of(month_number(end) - BENEFIT_WINDOW_MONTHS)
    months = months_on(inputs.spells, minimum_income_codes(), start, end)
    return FieldValue(months, inputs.stored.recorded_at) if inputs.spells else None


def _action_log(inputs: _Inputs) -> FieldValue | None:
    rows: list[ListItem] = []
    for done in inputs.interventions[-MAX_ROWS:]:
        outcome = {"outcome": done.outcome} if done.outcome else {}
        rows.append({"action": done.action, "month": done.started_on.isoformat()[:7], **outcome})
    return FieldValue(rows, inputs.stored.recorded_at) if rows else None


def _case_actions(inputs: _Inputs) -> FieldValue | None:
    store = inputs.store
    actions = CaseStore(store.session, seals_in(store.session, store.cipher)).actions(inputs.stored.person_id)
    published = [action for action in actions if action.state in PUBLISHED_STATES][-MAX_PUBLISHED:]
    rows: list[ListItem] = [action.row() for action in published]
    return FieldValue(rows, max(action.updated_at for action in published)) if published else None


_Computation = Callable[[_Inputs], FieldValue | None]
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
