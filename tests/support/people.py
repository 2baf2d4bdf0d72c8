"""Fictitious people that the tests of a node share."""

from datetime import date
from typing import Final

from node.people.documents import Document, parse_document
from node.people.model import BenefitSpell, Household, Intervention, PersonRecord
from policies.birth import BirthDate

PERSON: Final = parse_document("00000000T")
OTHER_PERSON: Final = parse_document("12345678Z")
STRANGER: Final = parse_document("X0000000T")


def person_record(
    document: Document = PERSON, *, name: str = "Ana Ficticia", birth: date = date(1980, 5, 17)
) -> PersonRecord:
    """Return a fictitious person with a value in fields of every kind."""
    return PersonRecord(
        document=document,
        name=name,
        birth_date=BirthDate.of(birth),
        fields={
            "person.sex": "f",
            "person.language": "es",
            "person.contact": "600000000",
            "person.ine_municipality": "47186",
            "work.status": "unemployed",
            "edu.level": "lower_secondary",
            "housing.risk": True,
            "health.conditions_flag": True,
            "health.addiction_flag": True,
            "protect.gender_violence": True,
            "case.opened": "2025-02-03",
            "action.notes": "Texto libre que no debe salir",
        },
        household=Household("H-1", "lone_parent", 3, 2, 0),
        spells=(BenefitSpell("rgc", date(2022, 1, 1), date(2023, 6, 1)),),
        interventions=(Intervention("job_guidance", date(2024, 3, 5)),),
        fictitious=True,
    )
