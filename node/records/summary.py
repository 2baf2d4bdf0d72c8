"""The shared-summarised social record of a person: values of catalogue fields, ready for the exchange.

Recorded fields are read as they are; derived ones are computed here from the person's birth date, household, benefit
spells, interventions and case actions. Fields that may not leave the node (scope N, P4, free text) are never among the
results, whoever asks: this is the last gate before the wire, not the only one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from node.cases.model import PUBLISHED_STATES
from node.records.model import BIRTH_DATE, BenefitSpell, FieldValue, ListItem, month_number, month_of
from node.records.store import HouseholdFacts, PersonStore, Portrait
from policies.catalogue import load_catalogue
from policies.fields import MAX_ROWS

BENEFIT_WINDOW_MONTHS: Final = 48
MINIMUM_INCOME: Final = "minimum_income"
MAX_PUBLISHED: Final = 100
"""Actions of a case that others are told, the newest; an answer has room for these and everything else."""


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
    portrait = store.portrait(person_id, recorded | {BIRTH_DATE})
    values = {field_id: value for field_id, value in portrait.values.items() if field_id in recorded}
    for spec in shareable:
        compute = _DERIVED.get(spec.id)
        value = compute(store, portrait, now) if compute else None
        if value is not None:
            values[spec.id] = value
    return values


def minimum_income_codes() -> frozenset[str]:
    """Return the benefits that count as minimum income (RGC and IMV)."""
    return frozenset(load_catalogue().codes.list("benefit").members(MINIMUM_INCOME))


def months_on(spells: Sequence[BenefitSpell], benefits: frozenset[str], start: date, end: date) -> int:
    """Count the months within [`start`, `end`) on at least one of some benefits; overlapping spells count once."""
    return len(received_months(spells, benefits, start, end))


def received_months(spells: Sequence[BenefitSpell], benefits: frozenset[str], start: date, end: date) -> set[int]:
    """Return the months within [`start`, `end`) on at least one of some benefits, numbered by `month_number`."""
    first, last = month_number(start), month_number(end) - 1
    months: set[int] = set()
    for spell in spells:
        if spell.benefit in benefits:
            until = last if spell.last_month is None else min(last, month_number(spell.last_month))
            months.update(range(max(first, month_number(spell.first_month)), until + 1))
    return months


def _birth_year(_store: PersonStore, portrait: Portrait, _now: datetime) -> FieldValue | None:
    held = portrait.values[BIRTH_DATE]
    return FieldValue(date.fromisoformat(str(held.value)).year, held.recorded_at)


def _of_household(read: Callable[[HouseholdFacts], str | int | None]) -> "_Computation":
    def compute(_store: PersonStore, portrait: Portrait, _now: datetime) -> FieldValue | None:
        facts = portrait.household
        value = read(facts) if facts else None
        return FieldValue(value, facts.recorded_at) if facts and value is not None else None

    return compute


def _benefits(store: PersonStore, portrait: Portrait, now: datetime) -> FieldValue | None:
    spells = store.benefit_spells(portrait.person.person_id)
    month = now.date().replace(day=1)
    current = {spell.benefit for spell in spells if spell.first_month <= month <= (spell.last_month or month)}
    return FieldValue([*sorted(current)], portrait.person.recorded_at) if spells else None


def _benefit_months(store: PersonStore, portrait: Portrait, now: datetime) -> FieldValue | None:
    spells = store.benefit_spells(portrait.person.person_id)
    end = now.date().replace(day=1)
    start = month_of(month_number(end) - BENEFIT_WINDOW_MONTHS)
    months = months_on(spells, minimum_income_codes(), start, end)
    return FieldValue(months, portrait.person.recorded_at) if spells else None


def _action_log(store: PersonStore, portrait: Portrait, _now: datetime) -> FieldValue | None:
    rows: list[ListItem] = []
    for done in store.interventions(portrait.person.person_id)[-MAX_ROWS:]:
        outcome = {"outcome": done.outcome} if done.outcome else {}
        rows.append({"action": done.action, "month": done.started_on.isoformat()[:7], **outcome})
    return FieldValue(rows, portrait.person.recorded_at) if rows else None


def _case_actions(store: PersonStore, portrait: Portrait, _now: datetime) -> FieldValue | None:
    published = [
        action for action in store.case_actions(portrait.person.person_id) if action.state in PUBLISHED_STATES
    ][-MAX_PUBLISHED:]
    rows: list[ListItem] = [action.row() for action in published]
    return FieldValue(rows, max(action.updated_at for action in published)) if published else None


_Computation = Callable[[PersonStore, Portrait, datetime], FieldValue | None]
_DERIVED: Final[Mapping[str, _Computation]] = MappingProxyType(
    {
        "person.birth_year": _birth_year,
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
