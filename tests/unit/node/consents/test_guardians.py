from dataclasses import replace
from datetime import date

import pytest

from consent_ledger.errors import GuardianUnnamed
from node.consents.errors import AgeUndecided, GuardianNeeded, GuardianNotEntitled, PersonNotHeard, SupportNeeded
from node.consents.guardians import GuardianInput, KnownCircumstances, require_entitled
from node.people.model import Identity
from node.support.model import Support, Supporter, SupportTerms
from policies.birth import AgeBasis, Birth, BirthDate
from policies.codes import load_codes
from policies.errors import UnknownTerm
from policies.support import Mode
from tests.support.people import OTHER_PERSON, PERSON, STRANGER

TODAY = date(2026, 11, 22)


def person_of(age: int) -> Identity:
    return Identity(PERSON, "Nombre Ficticio", Birth(BirthDate(TODAY.year - age, TODAY.month, TODAY.day)))


def guardian(relation: str) -> GuardianInput:
    return GuardianInput(OTHER_PERSON, relation)


def heard(relation: str) -> GuardianInput:
    return GuardianInput(OTHER_PERSON, relation, heard=True)


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
        require_entitled(child, heard(relation), TODAY)
    for relation in ("curator", "attorney", "de_facto"):
        with pytest.raises(GuardianNotEntitled):
            require_entitled(child, guardian(relation), TODAY)


@pytest.mark.parametrize("relation", ["curator", "de_facto", "attorney", "public_entity", "defender"])
def test_nobody_acts_for_somebody_of_age_without_a_measure_on_record(relation: str) -> None:
    with pytest.raises(GuardianNotEntitled, match="support measure"):
        require_entitled(person_of(40), heard(relation), TODAY)
    with pytest.raises(GuardianNotEntitled):
        require_entitled(person_of(40), heard(relation), TODAY, known(measure="none"))


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
        ("parent", 17, 2, False),
        ("guardian", 17, 2, False),
        ("guardian", 18, 2, True),
        ("curator", 17, 40, False),
        ("curator", 30, 40, True),
    ],
)
def test_a_guardian_known_as_a_minor_decides_for_nobody(
    relation: str, guardian_age: int, person_age: int, entitled: bool
) -> None:
    facts = known(guardian_age, "representative" if relation == "curator" else None)
    if entitled:
        require_entitled(person_of(person_age), heard(relation), TODAY, facts)
        return
    with pytest.raises(GuardianNotEntitled):
        require_entitled(person_of(person_age), heard(relation), TODAY, facts)


# The table of the law for somebody of age, written apart from the rules: (measure, relation) -> the supporter's part.
OF_AGE = {
    ("representative", "curator"): "represents",
    ("representative", "public_entity"): "represents",
    ("assistive", "curator"): "assists",
    ("assistive", "public_entity"): "assists",
    ("judicial_defender", "defender"): "represents",
    ("judicial_defender", "public_entity"): "represents",
    ("de_facto", "de_facto"): "assists",
    ("de_facto", "public_entity"): "represents",
    ("preventive_power", "attorney"): "represents",
}


@pytest.mark.parametrize("measure", sorted(load_codes().list("support_measure").by_code))
@pytest.mark.parametrize("relation", sorted(load_codes().list("guardian_relation").by_code))
def test_the_support_measure_on_record_says_who_acts_for_somebody_of_age(measure: str, relation: str) -> None:
    part = OF_AGE.get((measure, relation))
    if part is None:
        with pytest.raises(GuardianNotEntitled):
            require_entitled(person_of(40), heard(relation), TODAY, known(measure=measure))
        return
    rule = require_entitled(person_of(40), heard(relation), TODAY, known(measure=measure))
    assert rule is not None
    assert rule.mode.value == part
    if part == "represents":
        with pytest.raises(PersonNotHeard) as refused:
            require_entitled(person_of(40), guardian(relation), TODAY, known(measure=measure))
        assert "--heard" in refused.value.remedy
    else:
        assert require_entitled(person_of(40), guardian(relation), TODAY, known(measure=measure)) is rule


@pytest.mark.parametrize(("age", "needs"), [(3, False), (11, False), (12, True), (13, True)])
def test_a_minor_is_heard_from_twelve(age: int, needs: bool) -> None:
    for relation in ("parent", "guardian", "public_entity", "defender"):
        if not needs:
            require_entitled(person_of(age), guardian(relation), TODAY)
            continue
        with pytest.raises(PersonNotHeard):
            require_entitled(person_of(age), guardian(relation), TODAY)
        require_entitled(person_of(age), guardian(relation), TODAY, hearing=False)


@pytest.mark.parametrize(("age", "alone"), [(13, False), (14, False), (15, False), (16, True), (17, True), (30, True)])
def test_health_data_ask_for_sixteen_years_or_a_parent_beside(age: int, alone: bool) -> None:
    if alone:
        require_entitled(person_of(age), None, TODAY, health=True)
        return
    with pytest.raises(GuardianNeeded):
        require_entitled(person_of(age), None, TODAY, health=True)
    rule = require_entitled(person_of(age), heard("parent"), TODAY, health=True)
    assert rule is not None
    assert rule.mode is (Mode.REPRESENTS if age == 13 else Mode.ASSISTS)


def supported(measure: str = "representative", **changes: object) -> KnownCircumstances:
    relation = {"representative": "curator", "assistive": "curator", "de_facto": "de_facto"}[measure]
    supporter = Supporter(OTHER_PERSON, "Otra Ficticia", Birth(BirthDate(1970)))
    terms = SupportTerms(relation, measure, ("personal_data",), date(2026, 1, 1), None, "JPI 1, auto 1/2026")
    return KnownCircumstances(support=(Support("a", "p", supporter, replace(terms, **changes)),))  # type: ignore[arg-type]  # of the test


def test_with_a_measure_on_record_that_covers_the_act_the_person_does_not_act_alone() -> None:
    for measure in ("representative", "assistive"):
        with pytest.raises(SupportNeeded):
            require_entitled(person_of(40), None, TODAY, supported(measure))
        require_entitled(person_of(40), None, TODAY, supported(measure, scope=("economic",)))
        require_entitled(person_of(40), heard("curator"), TODAY, supported(measure))
    require_entitled(person_of(40), None, TODAY, supported("de_facto"))


def test_nobody_but_the_supporter_on_record_acts_and_only_within_the_scope() -> None:
    with pytest.raises(GuardianNotEntitled):
        require_entitled(person_of(40), GuardianInput(STRANGER, "curator", heard=True), TODAY, supported())
    with pytest.raises(GuardianNotEntitled, match="cover"):
        require_entitled(person_of(40), heard("curator"), TODAY, supported(scope=("economic",)))
    with pytest.raises(GuardianNotEntitled):
        require_entitled(person_of(40), heard("curator"), TODAY, supported(), health=True)
    whole = supported(scope=("personal_data", "health"))
    assert require_entitled(person_of(40), heard("curator"), TODAY, whole, health=True) is not None


def test_a_de_facto_carer_represents_only_with_the_judges_authorisation_on_record() -> None:
    authorised = require_entitled(person_of(40), heard("de_facto"), TODAY, supported("de_facto"))
    without = require_entitled(person_of(40), guardian("de_facto"), TODAY, supported("de_facto", reference=""))
    assert authorised is not None
    assert without is not None
    assert (authorised.mode, without.mode) == (Mode.REPRESENTS, Mode.ASSISTS)


@pytest.mark.parametrize(("age", "emancipated", "may"), [(17, True, True), (17, False, False), (15, True, False)])
def test_a_parent_on_record_as_a_minor_acts_only_emancipated(age: int, emancipated: bool, may: bool) -> None:
    young = Supporter(OTHER_PERSON, "Otra Ficticia", person_of(age).birth, emancipated)
    terms = SupportTerms("parent", "parental", ("everything",), date(2026, 1, 1))
    facts = KnownCircumstances(support=(Support("a", "p", young, terms),))
    if may:
        require_entitled(person_of(1), guardian("parent"), TODAY, facts)
        return
    with pytest.raises(GuardianNotEntitled) as refused:
        require_entitled(person_of(1), guardian("parent"), TODAY, facts)
    assert "157" in refused.value.message


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
    with pytest.raises(PersonNotHeard):
        require_entitled(person, guardian("public_entity"), TODAY)
    require_entitled(person, heard("public_entity"), TODAY)


def test_the_prosecutors_decree_settles_the_age() -> None:
    decreed, estimated = (
        Identity(PERSON, "Nombre Ficticio", Birth(BirthDate(2011), basis))
        for basis in (AgeBasis.DECREE, AgeBasis.ESTIMATED)
    )
    require_entitled(decreed, None, TODAY)
    with pytest.raises(AgeUndecided):
        require_entitled(estimated, None, TODAY)


def test_a_guardian_whose_age_nobody_can_tell_is_not_taken_for_one_of_age() -> None:
    facts = KnownCircumstances(None, Identity(OTHER_PERSON, "Otra Ficticia", Birth(BirthDate(2008))))
    with pytest.raises(AgeUndecided):
        require_entitled(person_of(10), guardian("guardian"), TODAY, facts)
