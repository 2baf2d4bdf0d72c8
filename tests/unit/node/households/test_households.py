"""Households with members: one current household, counts that follow from members, and nobody told through another."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from node.care.summary import summarise
from node.context import NodeContext
from node.errors import RecordsTampered
from node.households.errors import AlreadyInHousehold, HouseholdInvalid, HouseholdUnknown
from node.households.households import Households, JoinInput
from node.households.model import count_members
from node.households.store import member_store
from node.households.tables import MEMBERS
from node.people.documents import Document
from node.people.model import FieldValue, PersonRecord
from node.people.store import people_store
from policies.birth import Birth, BirthDate
from policies.catalogue import load_catalogue
from policies.errors import UnknownTerm
from policies.local_days import local_day
from tests.support.parts import hold
from tests.support.people import OTHER_PERSON, PERSON, STRANGER, person_record

HOUSE = "UC-1"


def alone(document: Document, name: str, birth: date, **fields: Any) -> PersonRecord:
    record = person_record(document, name=name, birth=birth)
    return replace(record, household=None, fields={**record.fields, **fields})


@pytest.fixture
def family(context: NodeContext) -> NodeContext:
    """Hold a mother, her child of nine and the grandmother, none of them in a household yet."""
    year = local_day(context.clock.now()).year
    hold(context, alone(PERSON, "Madre Ficticia", date(1985, 3, 10)))
    hold(context, alone(OTHER_PERSON, "Hija Ficticia", date(year - 9, 1, 2)))
    hold(context, alone(STRANGER, "Abuela Ficticia", date(1950, 1, 1)))
    return context


def join(context: NodeContext, document: Document, role: str, reference: str = HOUSE, **changes: Any) -> None:
    Households(context).join(JoinInput(document, reference, role, **changes))


def told(context: NodeContext, document: Document) -> dict[str, FieldValue]:
    with context.snapshot() as session:
        people = people_store(context, session)
        person = people.get_by_document(document).person_id
        return summarise(people, person, [spec.id for spec in load_catalogue().fields], context.clock.now())


def counts(context: NodeContext, document: Document) -> tuple[object, object]:
    found = told(context, document)
    size, minors = (found.get(f"household.{name}") for name in ("size", "minors"))
    return size.value if size else None, minors.value if minors else None


def test_the_counts_told_of_each_member_are_those_of_who_lives_there(family: NodeContext) -> None:
    join(family, PERSON, "holder", kind="lone_parent")
    assert counts(family, PERSON) == (1, 0)
    join(family, OTHER_PERSON, "child")
    join(family, STRANGER, "relative")
    for document in (PERSON, OTHER_PERSON, STRANGER):
        assert counts(family, document) == (3, 1)
    Households(family).leave(STRANGER, HOUSE, local_day(family.clock.now()) - timedelta(days=1))
    join(family, STRANGER, "holder", "UC-2")
    assert counts(family, PERSON) == (2, 1)
    assert counts(family, STRANGER) == (1, 0)


def test_where_no_member_is_on_record_the_written_counts_are_told(context: NodeContext) -> None:
    assert counts(context, PERSON) == (3, 2)


def test_counts_that_do_not_agree_are_shown(context: NodeContext) -> None:
    join(context, PERSON, "holder", "H-1")
    view = Households(context).show("H-1")
    assert view.conflicts == ("size", "minors")
    assert counts(context, PERSON) == (1, 0)


def test_minors_are_not_counted_where_nobody_can_tell_an_age(family: NodeContext) -> None:
    record = alone(OTHER_PERSON, "Hija Ficticia", date(2000, 1, 1))
    hold(family, replace(record, birth_date=BirthDate()))
    join(family, PERSON, "holder")
    join(family, OTHER_PERSON, "child")
    assert counts(family, PERSON) == (2, None)


def test_a_person_lives_in_one_household_unless_they_move_or_are_in_shared_custody(family: NodeContext) -> None:
    join(family, PERSON, "holder")
    join(family, STRANGER, "holder", "UC-2")
    join(family, OTHER_PERSON, "child")
    with pytest.raises(AlreadyInHousehold):
        join(family, OTHER_PERSON, "child", "UC-2")
    join(family, OTHER_PERSON, "child", "UC-2", shared_custody=True)
    assert (counts(family, PERSON), counts(family, STRANGER)) == ((2, 1), (2, 1))
    with pytest.raises(AlreadyInHousehold):
        join(family, OTHER_PERSON, "child", "UC-3", shared_custody=True)
    join(family, OTHER_PERSON, "child", "UC-3", move=True)
    assert (counts(family, PERSON), counts(family, STRANGER)) == ((1, 0), (1, 0))


def test_a_household_of_a_file_counts_as_the_one_in_which_the_person_lives(context: NodeContext) -> None:
    with pytest.raises(AlreadyInHousehold):
        join(context, PERSON, "holder", "UC-9")
    join(context, PERSON, "holder", "UC-9", move=True)
    with pytest.raises(HouseholdUnknown):
        Households(context).show("H-1")


def test_who_moved_by_a_file_is_not_counted_where_they_lived(family: NodeContext) -> None:
    join(family, PERSON, "holder")
    join(family, STRANGER, "relative")
    record = alone(STRANGER, "Abuela Ficticia", date(1950, 1, 1))
    hold(family, record)
    assert counts(family, PERSON) == (1, 0)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"role": "cousin"}, UnknownTerm),
        ({"reference": "UC 1"}, HouseholdInvalid),
        ({"since": date(2990, 1, 1)}, HouseholdInvalid),
        ({"shared_custody": True}, HouseholdInvalid),
        ({"kind": "castle"}, UnknownTerm),
    ],
)
def test_what_cannot_be_is_refused(family: NodeContext, changes: dict[str, Any], error: type[Exception]) -> None:
    asked = replace(JoinInput(PERSON, HOUSE, "holder"), **changes)
    with pytest.raises(error):
        Households(family).join(asked)
    assert Households(family).list(PERSON) == ()


def test_nothing_of_a_member_is_told_through_another(family: NodeContext) -> None:
    canaries = {
        "person.ine_municipality": "05019",
        "person.safe_contact": "llamar solo a la vecina",
        "protect.gender_violence": True,
        "person.contact": "611222333",
    }
    hold(family, alone(PERSON, "Madre Ficticia", date(1985, 3, 10), **canaries))
    hold(family, alone(STRANGER, "Abuela Ficticia", date(1950, 1, 1)))
    join(family, PERSON, "holder")
    before = told(family, STRANGER)
    join(family, STRANGER, "relative")
    after = told(family, STRANGER)
    new = {name: value.value for name, value in after.items() if before.get(name) != value}
    assert set(new) <= {"household.size", "household.minors", "household.type"}
    assert (new["household.size"], new["household.minors"]) == (2, 0)


def test_erasing_a_member_leaves_the_household_without_a_trace_of_them(family: NodeContext) -> None:
    join(family, PERSON, "holder")
    join(family, STRANGER, "relative")
    with family.transaction() as session:
        person = people_store(family, session).get_by_document(STRANGER).person_id
        member_store(family, session).forget(person)
        people_store(family, session).erase(person, family.clock.now())
        left = session.scalar(select(func.count()).select_from(MEMBERS).where(MEMBERS.c.person_ref == person))
    assert left == 0
    assert [place.role for place in Households(family).show(HOUSE).places] == ["holder"]
    assert counts(family, PERSON) == (1, 0)


def test_an_altered_place_is_noticed(family: NodeContext) -> None:
    join(family, PERSON, "holder")
    with family.transaction() as session:
        session.execute(update(MEMBERS).values(role="child"))
    with pytest.raises(RecordsTampered):
        Households(family).list(PERSON)


@generated(st.lists(st.integers(0, 90), max_size=6))
def test_the_minors_are_the_members_under_eighteen(ages: list[int]) -> None:
    today = date(2026, 11, 30)
    found = count_members((Birth(BirthDate(today.year - age, 1, 1)) for age in ages), today)
    if not ages:
        assert found is None
        return
    assert found is not None
    assert (found.size, found.minors) == (len(ages), sum(age < 18 for age in ages))
