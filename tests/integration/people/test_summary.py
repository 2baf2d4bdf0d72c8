from datetime import date

import pytest
from sqlalchemy import Engine

from node.care.summary import DERIVED_FIELDS, summarise
from node.fictitious.population import PopulationRequest, generate
from node.people.errors import PersonUnknown
from node.people.model import BenefitSpell, Value
from policies.birth import BirthDate
from policies.catalogue import load_catalogue
from tests.support.records import NOW, a_document, a_person, reading, writing

EVERYTHING = [spec.id for spec in load_catalogue().fields]


def summary(engine: Engine, fields: list[str] | None = None) -> dict[str, Value]:
    with reading(engine) as people:
        person = people.get_by_document(a_document())
        values = summarise(people, person.person_id, EVERYTHING if fields is None else fields, NOW)
    return {key: value.value for key, value in values.items()}


def test_recorded_and_derived_fields_come_in_the_same_shape(engine: Engine) -> None:
    with writing(engine) as people:
        people.add(a_person(), NOW)
    assert summary(engine) == {
        "person.name": "Persona Ficticia 0",
        "person.birth_year": 1980,
        "person.sex": "f",
        "person.contact": "persona0@example.org",
        "household.type": "couple",
        "household.size": 2,
        "household.minors": 0,
        "household.dependants": 0,
        "econ.benefits": ["imv"],
        "econ.benefit_months": 18 + 14,
        "econ.debt_flag": True,
        "work.status": "unemployed",
        "health.disability_degree": 33,
        "case.demand": ["food", "housing"],
        "action.log": [
            {"action": "assessment", "month": "2025-03", "outcome": "achieved"},
            {"action": "follow_up", "month": "2025-09"},
        ],
    }


@pytest.mark.invariant(1)
def test_what_may_not_leave_is_never_in_a_summary_even_when_asked_for(engine: Engine) -> None:
    recorded = {"person.safe_contact": "secreto", "dx.factors.rel4": -3, "person.profiling_objection": True}
    with writing(engine) as people:
        people.add(a_person(fields={**a_person().fields, **recorded}), NOW)
    kept = ["person.national_id", "action.notes", "protect.gender_violence", *recorded]
    assert summary(engine, [*kept, "local.birth_date", "local.household_reference", "no.such_field"]) == {}


def test_only_the_fields_asked_for_are_returned(engine: Engine) -> None:
    with writing(engine) as people:
        people.add(a_person(), NOW)
    assert summary(engine, ["work.status", "person.birth_year"]) == {
        "work.status": "unemployed",
        "person.birth_year": 1980,
    }
    assert summary(engine, []) == {}


def test_what_is_not_recorded_is_left_out(engine: Engine) -> None:
    with writing(engine) as people:
        people.add(a_person(fields={}, household=None, spells=(), interventions=()), NOW)
    assert summary(engine) == {"person.name": "Persona Ficticia 0", "person.birth_year": 1980}


def test_benefits_that_ended_are_not_among_the_current_ones_but_their_months_count(engine: Engine) -> None:
    spells = (BenefitSpell("rgc", date(2020, 1, 1), date(2022, 12, 1)), BenefitSpell("rent_aid", date(2026, 1, 1)))
    with writing(engine) as people:
        people.add(a_person(spells=spells), NOW)
    assert summary(engine, ["econ.benefits", "econ.benefit_months"]) == {
        "econ.benefits": ["rent_aid"],
        "econ.benefit_months": 10,  # March to December 2022, of the 48 months before March 2026
    }


def test_every_value_of_a_population_is_one_that_a_peer_accepts(engine: Engine) -> None:
    catalogue = load_catalogue()
    with writing(engine) as people:
        people.save(generate(PopulationRequest("Soria", 40)), NOW)
    with reading(engine) as people:
        for person_id in people.person_ids():
            for field_id, held in summarise(people, person_id, EVERYTHING, NOW).items():
                assert catalogue.accepts(field_id, held.value), field_id


def test_every_derived_field_of_the_catalogue_is_computed() -> None:
    assert {spec.id for spec in load_catalogue().fields if spec.origin == "derived"} == DERIVED_FIELDS


def test_a_stranger_has_no_summary(engine: Engine) -> None:
    with reading(engine) as people, pytest.raises(PersonUnknown):
        summarise(people, "0" * 32, EVERYTHING, NOW)


@pytest.mark.parametrize(
    ("born", "basis", "year"),
    [
        ("1899-05-17", None, 1899),
        ("1980-XX-XX", "declared", 1980),
        ("2010-XX-XX", "decree", 2010),
        ("2010-06-XX", "estimated", None),
        ("XXXX-XX-XX", None, None),
    ],
)
def test_a_birth_year_that_is_not_known_or_estimated_is_not_told_as_certain(
    engine: Engine, born: str, basis: str | None, year: int | None
) -> None:
    fields = {"person.age_basis": basis} if basis else {}
    with writing(engine) as people:
        people.add(a_person(birth_date=BirthDate.parse(born), fields=fields), NOW)
    expected = {} if year is None else {"person.birth_year": year}
    assert summary(engine, ["person.birth_year", "person.age_basis"]) == expected
