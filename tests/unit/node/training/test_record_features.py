from datetime import date
from typing import Any

import pytest

from node.people.model import PROFILING_OBJECTION, BenefitSpell, Household, Intervention, PersonRecord
from node.training import record_features as features_module
from node.training.record_features import FeatureRow, scoring_rows, training_rows
from policies.birth import BirthDate
from policies.catalogue import Catalogue, FieldType, Scope, load_catalogue
from policies.errors import PolicyDocumentDamaged, UnknownTerm
from policies.training_features import NumericFeature, load_training_features
from tests.support.records import ListedPeople, a_person

FEATURES = load_training_features()
RECENT = BenefitSpell("rgc", date(2018, 1, 1), date(2018, 12, 1))


def rows(*records: PersonRecord) -> list[FeatureRow]:
    return training_rows(ListedPeople(records), FEATURES)


def values(**changes: Any) -> dict[str, object]:
    (row,) = rows(a_person(**{"spells": (RECENT,), **changes}))
    return dict(row.values)


def test_every_declared_feature_has_a_value_within_its_public_bounds() -> None:
    got = values(fields={"work.months_unemployed": 600}, household=Household("UC", "single", 30, 20, 20))
    assert list(got) == [feature.name for feature in FEATURES.features]
    for feature in FEATURES.features:
        value = got[feature.name]
        if isinstance(feature, NumericFeature):
            assert isinstance(value, float)
            assert feature.min <= value <= feature.max
        else:
            assert value is None or value in feature.values


def test_what_is_not_recorded_counts_as_the_public_default() -> None:
    got = values(fields={}, household=None, interventions=())
    for feature in FEATURES.features:
        if feature.name in {"benefit_months", "benefit_spells", "age"}:
            continue
        assert got[feature.name] == (feature.missing if isinstance(feature, NumericFeature) else None)


def test_only_the_history_before_the_outcome_window_is_looked_at() -> None:
    later = BenefitSpell("rgc", date(2019, 2, 1), date(2022, 12, 1))
    early = BenefitSpell("rgc", date(2010, 1, 1), date(2014, 12, 1))
    assert values(spells=(early, RECENT, later))["benefit_months"] == 12.0
    after = Intervention("assessment", date(2019, 1, 1))
    within = Intervention("assessment", date(2018, 1, 1))
    before = Intervention("assessment", date(2017, 12, 31))
    assert values(interventions=(before, within, after))["interventions"] == 1.0


def test_months_on_two_benefits_at_once_count_once_and_joined_spells_are_one() -> None:
    both = (
        BenefitSpell("rgc", date(2017, 7, 1), date(2018, 3, 1)),
        BenefitSpell("imv", date(2018, 3, 1), date(2018, 12, 1)),
        BenefitSpell("urgent_need_aid", date(2016, 1, 1), date(2016, 2, 1)),
    )
    got = values(spells=both)
    assert (got["benefit_months"], got["benefit_spells"]) == (18.0, 1.0)


@pytest.mark.parametrize(
    ("spells", "chronic"),
    [
        ((RECENT,), False),
        ((BenefitSpell("rgc", date(2018, 1, 1)),), True),
        ((RECENT, BenefitSpell("imv", date(2019, 1, 1), date(2021, 12, 1))), True),  # exactly 36 months
        ((RECENT, BenefitSpell("imv", date(2019, 2, 1), date(2021, 12, 1))), False),  # 35
        ((RECENT, BenefitSpell("imv", date(2020, 6, 1), date(2025, 12, 1))), False),  # 31 within the window
        ((RECENT, BenefitSpell("pension_contributory", date(2019, 1, 1))), False),
    ],
)
def test_the_label_is_thirty_six_of_the_next_forty_eight_months(
    spells: tuple[BenefitSpell, ...], *, chronic: bool
) -> None:
    (row,) = rows(a_person(spells=spells))
    assert row.label is chronic


@pytest.mark.parametrize(
    "changes",
    [
        {"spells": ()},
        {"spells": (BenefitSpell("rgc", date(2015, 1, 1), date(2017, 12, 1)),)},  # thirteen months before
        {"birth_date": BirthDate(2001, 1, 2)},  # 17 years
        {"birth_date": BirthDate(1953, 12, 31)},  # 65 years
    ],
)
def test_people_outside_the_cohort_have_no_row(changes: dict[str, Any]) -> None:
    assert rows(a_person(**{"spells": (RECENT,), **changes})) == []


@pytest.mark.parametrize("objection", [True, None, "", "no", "false", 0, 1, [], ["no"], {}, 0.0])
def test_people_who_object_to_profiling_are_neither_trained_on_nor_scored_and_a_doubt_counts_as_an_objection(
    objection: Any,
) -> None:
    fields = {**a_person().fields, PROFILING_OBJECTION: objection}
    people = ListedPeople([a_person(spells=(RECENT,), fields=fields), a_person(1, fields=fields)])
    assert training_rows(people, FEATURES) == []
    assert scoring_rows(people, FEATURES, date(2026, 3, 1)) == []
    assert scoring_rows(people, FEATURES, date(2019, 1, 1)) == []


@pytest.mark.parametrize("fields", [{}, {PROFILING_OBJECTION: False}])
def test_people_who_do_not_object_to_profiling_stay_with_the_others(fields: dict[str, Any]) -> None:
    people = ListedPeople([a_person(spells=(RECENT,), fields=fields)])
    assert len(training_rows(people, FEATURES)) == 1
    assert len(scoring_rows(people, FEATURES, date(2019, 1, 1))) == 1


def test_the_objection_is_a_yes_or_no_that_stays_at_the_node_and_is_no_feature() -> None:
    spec = load_catalogue().field(PROFILING_OBJECTION)
    assert (spec.type, spec.scope, spec.origin) == (FieldType.BOOL, Scope.NODE, "recorded")
    assert not spec.shareable
    assert not any(PROFILING_OBJECTION in feature.sources for feature in FEATURES.features)


def test_without_the_field_to_object_by_nobody_is_profiled(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = load_catalogue()
    left = tuple(spec for spec in whole.fields if spec.id != PROFILING_OBJECTION)
    without = Catalogue(whole.version, left, whole.dimensions, whole.codes)
    monkeypatch.setattr(features_module, "load_catalogue", lambda: without)
    people = ListedPeople([a_person(spells=(RECENT,))])
    with pytest.raises(UnknownTerm, match="profiling_objection"):
        training_rows(people, FEATURES)
    with pytest.raises(UnknownTerm, match="profiling_objection"):
        scoring_rows(people, FEATURES, date(2019, 1, 1))


def test_protected_attributes_stay_beside_the_features() -> None:
    (row,) = rows(a_person(spells=(RECENT,)))
    assert row.protected == {"sex": "f", "nationality_group": None}
    assert not {"sex", "nationality_group"} & set(row.values)


def test_scoring_looks_at_the_present_and_knows_no_label() -> None:
    people = ListedPeople([a_person(spells=(BenefitSpell("imv", date(2025, 1, 1)),)), a_person(1, spells=(RECENT,))])
    (row,) = scoring_rows(people, FEATURES, date(2026, 3, 17))
    assert row.label is None
    assert row.values["benefit_months"] == 14.0
    assert row.values["age"] == 45.0


def test_a_feature_that_this_version_cannot_compute_is_an_error() -> None:
    feature = FEATURES.features[0].model_copy(update={"name": "astrology", "sources": ("edu.level", "work.status")})
    unknown = FEATURES.model_copy(update={"features": (feature,)})
    with pytest.raises(PolicyDocumentDamaged, match="astrology"):
        training_rows(ListedPeople([]), unknown)


@pytest.mark.parametrize(
    ("born", "basis", "inside", "unknown"),
    [
        ("1980-XX-XX", None, 1, 0),
        ("1980-XX-XX", "estimated", 1, 0),
        ("XXXX-XX-XX", None, 0, 1),
        ("2000-XX-XX", None, 1, 0),
        ("2001-01-XX", None, 0, 1),
        ("2001-02-XX", None, 0, 0),
        ("2001-XX-XX", "estimated", 0, 1),
        ("1953-XX-XX", "declared", 0, 1),
    ],
)
def test_people_whose_age_may_be_outside_the_cohort_are_left_out_and_counted(
    born: str, basis: str | None, inside: int, unknown: int
) -> None:
    fields = {"person.age_basis": basis} if basis else {}
    record = a_person(spells=(RECENT,), birth_date=BirthDate.parse(born), fields=fields)
    found = training_rows(ListedPeople([record]), FEATURES)
    assert (len(found), found.age_unknown) == (inside, unknown)


def test_an_unknown_age_is_not_counted_of_people_whom_the_cohort_never_includes() -> None:
    record = a_person(spells=(), birth_date=BirthDate())
    assert training_rows(ListedPeople([record]), FEATURES).age_unknown == 0
