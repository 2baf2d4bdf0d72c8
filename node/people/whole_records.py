"""A person's whole record, put together from the rows in which it is stored."""

from collections.abc import Mapping
from typing import Final

from node.people.documents import stored_document
from node.people.model import (
    AGE_BASIS,
    BIRTH_DATE,
    HOUSEHOLD_REFERENCE,
    LOCAL_FIELDS,
    NAME,
    NATIONAL_ID,
    BenefitSpell,
    FieldValue,
    Household,
    Identity,
    Intervention,
    PersonRecord,
    Value,
    birth_of,
)
from node.people.stored_rows import StoredHousehold, StoredPerson
from policies.birth import BirthDate

IDENTITY_FIELDS: Final = (NATIONAL_ID, NAME, BIRTH_DATE, AGE_BASIS)
"""The stored fields from which `identity_of` makes a person's identity."""


def identity_of(values: Mapping[str, FieldValue]) -> Identity:
    """Return the identity of a person from the stored values of `IDENTITY_FIELDS`; others are left alone."""
    basis = values.get(AGE_BASIS)
    return Identity(
        document=stored_document(str(values[NATIONAL_ID].value)),
        name=str(values[NAME].value),
        birth=birth_of(BirthDate.parse(str(values[BIRTH_DATE].value)), basis.value if basis else None),
    )


def whole_record(
    row: StoredPerson,
    values: Mapping[str, Value],
    household: StoredHousehold | None,
    histories: tuple[tuple[BenefitSpell, ...], tuple[Intervention, ...]],
) -> PersonRecord:
    """Return the record of a person.

    Args:
        row: of the person.
        values: opened, by field id.
        household: in which the person lives; None when there is none on record.
        histories: benefit spells and interventions.
    """
    lives_in = None
    if household is not None:
        reference = str(values[HOUSEHOLD_REFERENCE])
        lives_in = Household(reference, household.kind, household.size, household.minors, household.dependants)
    return PersonRecord(
        document=stored_document(str(values[NATIONAL_ID])),
        name=str(values[NAME]),
        birth_date=BirthDate.parse(str(values[BIRTH_DATE])),
        fields={key: value for key, value in values.items() if key not in LOCAL_FIELDS},
        household=lives_in,
        spells=histories[0],
        interventions=histories[1],
        recorded_at=row.recorded_at,
        fictitious=row.fictitious,
    )
