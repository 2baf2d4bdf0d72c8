from datetime import date

import pytest

from consent_ledger.errors import GuardianUnnamed
from node.consents.errors import AgeUndecided, GuardianNeeded, GuardianNotEntitled
from node.consents.guardians import (
    RELATIONS_FROM_14,
    GuardianInput,
    KnownCircumstances,
    relation_decides,
    require_entitled,
)
from node.people.model import Identity
from policies.birth import AgeBasis, Birth, BirthDate
from policies.codes import load_codes
from policies.errors import UnknownTerm
from tests.support.people import OTHER_PERSON, PERSON

TODAY = date(2026, 11, 22)


def person_of(age: int) -> Identity:
    return Identity(PERSON, "Nombre Ficticio", Birth(BirthDate(TODAY.year - age, TODAY.month, TODAY.day)))


def guardian(relation: str) -> GuardianInput:
    return GuardianInput(OTHER_PERSON, relation)


@pytest.mark.parametrize("age", [14, 17, 18, 90])
def test_from_fourteen_the_person_decides_alone(age: int) -> None:
    require_entitled(person_of(age), None, TODAY)
    for relation in ("parent", "guardian"):
        with pytest.raises(GuardianNotEntitled):
            require_entitled(person_of(age), guardian(relation), TODAY)


def test_the_day_before_the_fourteenth_birthday_a_guardian_still_decides() -> None:
    child = Identity(PERSON, "Nombre Ficticio", Birth(BirthDate(2012, 11, 23)))
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


@pytest.mark.parametrize("age", [10, 40])
@pytest.mark.parametrize("relation", ["parent", "curator"])
def test_a_guardian_without_a_document_is_refused(age: int, relation: str) -> None:
    with pytest.raises(GuardianUnnamed):
        require_entitled(person_of(age), GuardianInput(None, relation), TODAY)


def known(age: int | None = None, measure: str | None = None) -> KnownCircumstances:
    birth = Birth(BirthDate(TODAY.year - (age or 0), TODAY.month, TODAY.day))
    return KnownCircumstances(measure, Identity(OTHER_PERSON, "Otra Ficticia", birth) if age is not None else None)


@pytest.mark.parametrize(
    ("relation", "guardian_age", "person_age", "entitled"),
    [
        ("parent", 40, 13, True),
        ("parent", 15, 13, False),
        ("parent", 17, 2, True),
        ("parent", 17, 4, False),
        ("guardian", 17, 2, False),
        ("guardian", 18, 2, True),
        ("curator", 17, 40, False),
    ],
)
def test_a_guardian_known_as_a_minor_decides_for_nobody_but_their_own_child(
    relation: str, guardian_age: int, person_age: int, entitled: bool
) -> None:
    facts = known(guardian_age)
    if entitled:
        require_entitled(person_of(person_age), guardian(relation), TODAY, facts)
        return
    with pytest.raises(GuardianNotEntitled):
        require_entitled(person_of(person_age), guardian(relation), TODAY, facts)


@pytest.mark.parametrize(
    ("measure", "relations"),
    [
        ("none", set()),
        ("representative", {"curator", "public_entity"}),
        ("assistive", {"public_entity"}),
        ("de_facto", {"de_facto", "public_entity"}),
        ("preventive_power", {"attorney", "public_entity"}),
        ("judicial_defender", {"curator", "public_entity"}),
        (None, {"curator", "de_facto", "attorney", "public_entity"}),
    ],
)
def test_the_support_measure_on_record_says_who_acts_for_an_adult(measure: str | None, relations: set[str]) -> None:
    entitled = {
        relation
        for relation in ("curator", "de_facto", "attorney", "public_entity")
        if relation_decides(relation, minor=False, measure=measure)
    }
    assert entitled == relations


def test_every_measure_of_the_vocabulary_is_one_that_is_known() -> None:
    measures = {code.code for code in load_codes().list("support_measure").codes}
    for relation in RELATIONS_FROM_14:
        for measure in measures:
            assert relation_decides(relation, minor=False, measure=measure) in (True, False)


@pytest.mark.parametrize(
    ("born", "basis"),
    [
        ("XXXX-XX-XX", AgeBasis.NONE),
        ("2012-XX-XX", AgeBasis.DOCUMENT),
        ("2012-01-02", AgeBasis.DECLARED),
        ("2011-XX-XX", AgeBasis.ESTIMATED),
    ],
)
def test_a_person_whose_age_nobody_can_tell_does_not_decide_alone(born: str, basis: AgeBasis) -> None:
    person = Identity(PERSON, "Nombre Ficticio", Birth(BirthDate.parse(born), basis))
    with pytest.raises(AgeUndecided) as refused:
        require_entitled(person, None, TODAY)
    assert "person.age_basis" in refused.value.remedy
    require_entitled(person, guardian("public_entity"), TODAY)


def test_the_prosecutors_decree_settles_the_age() -> None:
    person = Identity(PERSON, "Nombre Ficticio", Birth(BirthDate(2011), AgeBasis.DECREE))
    require_entitled(person, None, TODAY)


def test_a_guardian_whose_age_nobody_can_tell_is_not_taken_for_one_of_age() -> None:
    facts = KnownCircumstances(None, Identity(OTHER_PERSON, "Otra Ficticia", Birth(BirthDate(2008))))
    with pytest.raises(AgeUndecided):
        require_entitled(person_of(10), guardian("guardian"), TODAY, facts)
