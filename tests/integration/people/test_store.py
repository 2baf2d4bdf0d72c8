from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from node.errors import RecordsTampered
from node.fictitious.population import PopulationRequest, generate
from node.people.errors import PersonUnknown
from node.people.model import BenefitSpell, Household, Intervention, PersonRecord, SaveCounts
from node.people.store import PersonStore
from node.people.summary_input import HouseholdFacts
from tests.support.records import NOW, a_document, a_person, reading, writing

LATER = NOW + timedelta(days=30)


def held(engine: Engine) -> list[PersonRecord]:
    with reading(engine) as people:
        return sorted((record for _, record in people.records()), key=lambda record: record.document.number)


def household_of(people: PersonStore, person_id: str) -> HouseholdFacts | None:
    household_id = people.summary_input(person_id, ()).household_id
    return people.household_facts(household_id) if household_id else None


def test_a_record_is_held_as_it_was_given(engine: Engine) -> None:
    with writing(engine) as people:
        person = people.add(a_person(), NOW)
    with reading(engine) as people:
        assert people.count() == people.count_fictitious() == people.count_households() == 1
        assert people.find_by_document(a_document()) == people.person(person.person_id) == person
        assert people.identity(person.person_id).name == "Persona Ficticia 0"
        assert people.identity(person.person_id).birth.ages_on(date(2026, 5, 16)) == (45, 45)
        assert people.benefit_spells(person.person_id) == a_person().spells
        assert people.interventions(person.person_id) == a_person().interventions
        household = household_of(people, person.person_id)
    assert household is not None
    assert (household.kind, household.size, household.recorded_at) == ("couple", 2, NOW)
    assert held(engine) == [a_person(recorded_at=NOW)]


def test_values_come_with_the_moment_they_were_recorded_and_absent_ones_are_left_out(engine: Engine) -> None:
    with writing(engine) as people:
        person = people.add(a_person(recorded_at=datetime(2025, 1, 2, tzinfo=UTC)), NOW)
    with reading(engine) as people:
        values = people.fields(person.person_id, ["work.status", "health.disability_degree", "edu.level", "unheard.of"])
    assert {key: value.value for key, value in values.items()} == {
        "work.status": "unemployed",
        "health.disability_degree": 33,
    }
    assert {value.recorded_at for value in values.values()} == {datetime(2025, 1, 2, tzinfo=UTC)}


def test_saving_again_changes_nothing(engine: Engine) -> None:
    records = list(generate(PopulationRequest("Soria", 60)))
    with writing(engine) as people:
        assert people.save(records, NOW) == SaveCounts(added=60)
        stamp = people.stamp()
    before = held(engine)
    with writing(engine) as people:
        assert people.save(records, LATER) == SaveCounts(unchanged=60)
        assert people.stamp() == stamp
    assert held(engine) == before


def test_a_different_record_replaces_the_old_and_equal_values_keep_their_date(engine: Engine) -> None:
    with writing(engine) as people:
        person = people.add(a_person(), NOW)
    changed = a_person(
        name="Otra Ficticia",
        fields={**a_person().fields, "work.status": "temporary"},
        household=Household("UC-NEW", "single", 1, 0, 0),
        spells=(BenefitSpell("imv", date(2026, 1, 1)),),
        interventions=(Intervention("referral", date(2026, 1, 9)),),
    )
    with writing(engine) as people:
        assert people.save([changed], LATER) == SaveCounts(replaced=1)
    with reading(engine) as people:
        again = people.get_by_document(a_document())
        values = people.fields(person.person_id, ["work.status", "person.contact", "econ.debt_flag", "person.name"])
        assert people.count_households() == 1
    assert again.person_id == person.person_id
    assert (again.created_at, again.updated_at) == (NOW, LATER)
    assert {key for key, value in values.items() if value.recorded_at == LATER} == {"work.status", "person.name"}
    assert held(engine) == [replace(changed, recorded_at=LATER)]


def test_a_record_confirmed_later_gets_the_later_date(engine: Engine) -> None:
    with writing(engine) as people:
        people.add(a_person(), NOW)
        assert people.save([a_person(recorded_at=NOW - timedelta(days=9))], LATER) == SaveCounts(unchanged=1)
        assert people.save([a_person(recorded_at=LATER)], LATER) == SaveCounts(replaced=1)
    assert held(engine) == [a_person(recorded_at=LATER)]


def test_people_of_a_household_share_its_row(engine: Engine) -> None:
    shared = Household("UC-1", "couple", 2, 0, 0)
    with writing(engine) as people:
        people.save([a_person(1, household=shared), a_person(2, household=shared)], NOW)
        assert people.count_households() == 1
        people.save([a_person(1, household=replace(shared, size=3))], LATER)
        other = household_of(people, people.get_by_document(a_document(2)).person_id)
    assert other is not None
    assert (other.size, other.recorded_at) == (3, LATER)


def test_documents_are_listed_for_linkage(engine: Engine) -> None:
    with writing(engine) as people:
        ids = {people.add(a_person(number), NOW).person_id: a_document(number) for number in range(5)}
    with reading(engine) as people:
        listed = list(people.documents())
    assert dict(listed) == ids
    assert [person_id for person_id, _ in listed] == sorted(ids)


def test_strangers_are_unknown(engine: Engine) -> None:
    with reading(engine) as people:
        assert people.find_by_document(a_document()) is None
        for ask in (people.person, people.identity, partial(people.summary_input, field_ids=())):
            with pytest.raises(PersonUnknown):
                ask("0" * 32)
        with pytest.raises(PersonUnknown):
            people.get_by_document(a_document())


def test_erasure_destroys_the_key_and_leaves_only_an_id_and_dates(engine: Engine) -> None:
    shared = Household("UC-1", "couple", 2, 0, 0)
    with writing(engine) as people:
        gone = people.add(a_person(1, household=shared), NOW)
        people.add(a_person(2, household=shared), NOW)
        stamp = people.stamp()
        people.erase(gone.person_id, LATER)
        assert people.stamp() != stamp
    with engine.connect() as connection:
        for table in ("recorded_values", "benefit_spells", "interventions"):
            rows = connection.execute(
                text(f"SELECT count(*) FROM {table} WHERE person_id = :id"), {"id": gone.person_id}
            )
            assert rows.scalar() == 0
        row = connection.execute(text("SELECT * FROM people WHERE person_id = :id"), {"id": gone.person_id}).one()
    assert (row.wrapped_key, row.key_id, row.document_index, row.content_digest, row.household_id) == (None,) * 5
    with writing(engine) as people:
        assert people.count() == len(list(people.documents())) == people.count_households() == 1
        with pytest.raises(PersonUnknown):
            people.erase(gone.person_id, LATER)
        assert people.find_by_document(a_document(1)) is None
        assert people.add(a_person(1), LATER).person_id != gone.person_id


def test_the_last_member_erased_takes_the_household_along(engine: Engine) -> None:
    with writing(engine) as people:
        people.erase(people.add(a_person(), NOW).person_id, LATER)
        assert people.count_households() == 0


def test_a_failure_half_way_leaves_nothing(engine: Engine) -> None:
    def failing() -> Iterator[PersonRecord]:
        yield from (a_person(number) for number in range(900))  # more than one batch
        raise OSError("pulled out")

    with pytest.raises(OSError, match="pulled out"), writing(engine) as people:
        people.save(failing(), NOW)
    assert held(engine) == []


def test_another_data_key_finds_and_reads_nobody(engine: Engine) -> None:
    with writing(engine) as people:
        person = people.add(a_person(), NOW)
    with reading(engine, bytes(32)) as people:
        assert people.find_by_document(a_document()) is None
        with pytest.raises(RecordsTampered):
            people.identity(person.person_id)


@pytest.mark.invariant(8)
def test_a_sealed_value_swapped_between_people_is_noticed(engine: Engine) -> None:
    with writing(engine) as people:
        one, other = (people.add(a_person(number), NOW).person_id for number in range(2))
    swap = text(
        "UPDATE recorded_values SET sealed = (SELECT v.sealed FROM recorded_values v WHERE v.person_id = :other"
        " AND v.field_id = 'person.name') WHERE person_id = :one AND field_id = 'person.name'"
    )
    with engine.begin() as connection:
        connection.execute(swap, {"one": one, "other": other})
    with reading(engine) as people, pytest.raises(RecordsTampered):
        people.identity(one)


def test_what_identifies_and_what_is_sensitive_is_nowhere_in_the_database(engine: Engine) -> None:
    canaries = {
        "name": "CANARYNAME",
        "person.contact": "CANARYCONTACT",
        "person.safe_contact": "CANARYSAFE",
        "action.notes": "CANARYNOTE",
        "dx.notes": "CANARYDIAGNOSIS",
    }
    fields = {key: value for key, value in canaries.items() if key != "name"}
    fields["health.dependency_grade"] = "iii"
    record = a_person(name=canaries["name"], fields=fields, household=Household("CANARYHOUSEHOLD", "single", 1, 0, 0))
    with writing(engine) as people:
        people.add(record, NOW)
    secrets = [*canaries.values(), "CANARYHOUSEHOLD", record.document.number, "1980-05-17", '"iii"']
    with engine.connect() as connection:
        tables = ("people", "households", "recorded_values", "benefit_spells", "interventions")
        dump = "".join(
            repr(tuple(row)) for table in tables for row in connection.execute(text(f"SELECT * FROM {table}"))
        )
    assert [secret for secret in secrets if secret in dump] == []
    if engine.dialect.name == "sqlite":
        assert engine.url.database is not None
        for file in Path(engine.url.database).parent.iterdir():
            data = file.read_bytes()
            assert [secret for secret in secrets if secret.encode() in data] == []
