"""A person's whole record, put together from the rows in which it is stored."""

from collections.abc import Mapping

from node.people.documents import stored_document
from node.people.model import (
    BIRTH_DATE,
    HOUSEHOLD_REFERENCE,
    LOCAL_FIELDS,
    NAME,
    NATIONAL_ID,
    BenefitSpell,
    Household,
    Intervention,
    PersonRecord,
    Value,
)
from node.people.stored_rows import StoredHousehold, StoredPerson
from policies.birth import BirthDate


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
