"""Values of the social record, from the importer to the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, TypeAlias

from node.people.documents import Document
from policies.birth import AgeBasis, Birth, BirthDate, Reached

ListItem: TypeAlias = str | dict[str, str]
Value: TypeAlias = str | int | bool | list[ListItem]
"""Value of a field: a code, text, number, yes or no, date as ISO text, or a list of codes or of coded rows."""

BIRTH_DATE: Final = "local.birth_date"
AGE_BASIS: Final = "person.age_basis"
"""Catalogue field of the ground on which the birth date stands."""
HOUSEHOLD_REFERENCE: Final = "local.household_reference"
NAME: Final = "person.name"
NATIONAL_ID: Final = "person.national_id"
LOCAL_FIELDS: Final = frozenset({BIRTH_DATE, HOUSEHOLD_REFERENCE, NAME, NATIONAL_ID})
"""Stored for every person outside `PersonRecord.fields`; always sealed."""
PROFILING_OBJECTION: Final = "person.profiling_objection"
"""Catalogue field of a person's objection to profiling (GDPR art. 21); it excludes them from IPRO."""


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value and the time at which the entity recorded it (UTC)."""

    value: Value
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class BenefitSpell:
    """An unbroken run of months on one benefit; both ends are first days of months, inclusive."""

    benefit: str
    first_month: date
    last_month: date | None = None


@dataclass(frozen=True, slots=True)
class Intervention:
    """An intervention with the person, and its outcome when that is known."""

    action: str
    started_on: date
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Household:
    """The household a person lives in, under the entity's own reference for it."""

    reference: str
    kind: str | None = None
    size: int | None = None
    minors: int | None = None
    dependants: int | None = None


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """One person's whole record, to be added or to replace the stored one."""

    document: Document
    name: str
    birth_date: BirthDate
    fields: Mapping[str, Value] = field(default_factory=dict)
    """Catalogue field id to value; derived fields (household, benefits, interventions) are not among them."""
    household: Household | None = None
    spells: tuple[BenefitSpell, ...] = ()
    interventions: tuple[Intervention, ...] = ()
    recorded_at: datetime | None = None
    """Time at which the entity recorded these data; the time of storing when empty."""
    fictitious: bool = False

    @property
    def birth(self) -> Birth:
        """The birth date with its basis."""
        return birth_of(self.birth_date, self.fields.get(AGE_BASIS))


@dataclass(frozen=True, slots=True)
class Identity:
    """A person's identity. It never leaves the node as a whole."""

    document: Document
    name: str
    birth: Birth

    @property
    def birth_date(self) -> BirthDate:
        """The birth date, as far as it is known."""
        return self.birth.day

    def reached(self, years: int, today: date) -> Reached:
        """Return whether the person has completed so many years of age."""
        return self.birth.reached(years, today)


@dataclass(frozen=True, slots=True)
class PersonRef:
    """A person held at this node."""

    person_id: str
    fictitious: bool
    recorded_at: datetime
    """Time at which the newest of their data were recorded."""
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SaveCounts:
    """Counts of the records that storing a batch added, replaced, or left unchanged."""

    added: int = 0
    replaced: int = 0
    unchanged: int = 0

    def __add__(self, other: "SaveCounts") -> "SaveCounts":
        """Return the counts of two batches together."""
        return SaveCounts(self.added + other.added, self.replaced + other.replaced, self.unchanged + other.unchanged)


def birth_of(day: BirthDate, basis: object) -> Birth:
    """Return a birth date with the basis that the field `AGE_BASIS` has, if any."""
    return Birth(day, AgeBasis(basis) if isinstance(basis, str) else AgeBasis.NONE)


def month_number(day: date) -> int:
    """Return the months since year 0, so that months subtract."""
    return day.year * 12 + day.month - 1


def month_of(number: int) -> date:
    """Return the first day of a month numbered by `month_number`."""
    return date(number // 12, number % 12 + 1, 1)
