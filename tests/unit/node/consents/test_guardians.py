from datetime import date

import pytest

from node.consents.errors import GuardianNeeded, GuardianNotEntitled
from node.consents.guardians import GuardianInput, require_entitled
from node.people.model import Identity
from policies.errors import UnknownTerm
from tests.support.people import OTHER_PERSON, PERSON

TODAY = date(2026, 11, 22)


def person_of(age: int) -> Identity:
    return Identity(PERSON, "Nombre Ficticio", date(TODAY.year - age, TODAY.month, TODAY.day))


def guardian(relation: str) -> GuardianInput:
    return GuardianInput(OTHER_PERSON, relation)


@pytest.mark.parametrize("age", [14, 17, 18, 90])
def test_from_fourteen_the_person_decides_alone(age: int) -> None:
    require_entitled(person_of(age), None, TODAY)
    for relation in ("parent", "guardian"):
        with pytest.raises(GuardianNotEntitled):
            require_entitled(person_of(age), guardian(relation), TODAY)


def test_the_day_before_the_fourteenth_birthday_a_guardian_still_decides() -> None:
    child = Identity(PERSON, "Nombre Ficticio", date(2012, 11, 23))
    with pytest.raises(GuardianNeeded):
        require_entitled(child, None, TODAY)
    for relation in ("parent", "guardian", "public_entity"):
        require_entitled(child, guardian(relation), TODAY)
    for relation in ("curator", "attorney", "de_facto"):
        with pytest.raises(GuardianNotEntitled):
            require_entitled(child, guardian(relation), TODAY)


@pytest.mark.parametrize("relation", ["curator", "de_facto", "attorney", "public_entity"])
def test_support_measures_let_others_act_for_an_adult(relation: str) -> None:
    require_entitled(person_of(40), guardian(relation), TODAY)


def test_nobody_is_their_own_guardian_and_relations_are_those_of_the_vocabulary() -> None:
    with pytest.raises(GuardianNotEntitled):
        require_entitled(person_of(10), GuardianInput(PERSON, "parent"), TODAY)
    with pytest.raises(UnknownTerm):
        require_entitled(person_of(10), guardian("neighbour"), TODAY)
