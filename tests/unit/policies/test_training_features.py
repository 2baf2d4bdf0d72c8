import pytest
from pydantic import ValidationError

from policies.catalogue import Sensitivity, load_catalogue
from policies.errors import PolicyDocumentDamaged, UnknownTerm
from policies.training_features import (
    CategoricalFeature,
    Label,
    NumericFeature,
    check_sources,
    load_training_features,
)

FEATURES = load_training_features()


def test_the_model_is_for_support_only() -> None:
    assert FEATURES.purpose == "support_only"


def test_chronic_is_36_of_the_next_48_months_on_minimum_income() -> None:
    label = FEATURES.label
    assert (label.threshold_months, label.window_months) == (36, 48)
    assert label.benefits == ("rgc", "imv")
    assert label.positive(36)
    assert not label.positive(35)


def test_the_cohort_is_working_age_people_in_recent_receipt() -> None:
    cohort = FEATURES.cohort
    assert cohort.includes(age=18, months_since_receipt=1)
    assert cohort.includes(age=64, months_since_receipt=12)
    assert not cohort.includes(age=17, months_since_receipt=1)
    assert not cohort.includes(age=65, months_since_receipt=1)
    assert not cohort.includes(age=40, months_since_receipt=13)
    assert not cohort.includes(age=40, months_since_receipt=None)


def test_no_feature_looks_at_special_categories_origin_sex_or_place() -> None:
    catalogue = load_catalogue()
    used = {source for feature in FEATURES.features for source in feature.sources}
    assert all(catalogue.field(source).sensitivity.level < Sensitivity.P3.level for source in used)
    assert used.isdisjoint(
        {"person.sex", "person.nationality_group", "person.language", "person.ine_municipality", "person.zas"}
    )


def test_every_feature_has_public_bounds_that_hold_its_missing_value() -> None:
    for feature in FEATURES.features:
        if isinstance(feature, NumericFeature):
            assert feature.min <= feature.missing <= feature.max
        else:
            assert feature.values
    names = [entry["name"] for entry in FEATURES.schema_entries()]
    assert len(set(names)) == len(names) == len(FEATURES.features)


def test_a_categorical_feature_lists_the_codes_of_its_list() -> None:
    education = FEATURES.feature("education")
    assert isinstance(education, CategoricalFeature)
    assert education.schema_entry() == {
        "name": "education",
        "kind": "categorical",
        "values": list(education.values),
    }


def test_an_unknown_feature_gets_the_closest_one() -> None:
    with pytest.raises(UnknownTerm, match="benefit_month"):
        FEATURES.feature("benefit_month")


@pytest.mark.parametrize(
    "source",
    [
        "health.disability_degree",
        "protect.child_case",
        "person.sex",
        "person.name",
        "dx.levels.health",
        "no.such.field",
    ],
)
def test_a_feature_that_looks_where_no_model_may_is_damage(source: str) -> None:
    bad = NumericFeature(name="bad", es="x", en="x", kind="numeric", min=0, max=1, missing=0, sources=(source,))
    with pytest.raises(PolicyDocumentDamaged, match="bad"):
        check_sources(FEATURES.model_copy(update={"features": (*FEATURES.features, bad)}))


@pytest.mark.parametrize("bounds", [(1, 0, 0), (0, 0, 0), (0, 1, 2), (0, 1, float("nan"))])
def test_a_feature_without_sound_bounds_cannot_be_declared(bounds: tuple[float, float, float]) -> None:
    low, high, missing = bounds
    with pytest.raises(ValidationError):
        NumericFeature(name="x", es="x", en="x", kind="numeric", min=low, max=high, missing=missing, sources=("a",))


def test_a_label_that_nobody_can_reach_cannot_be_declared() -> None:
    with pytest.raises(ValidationError):
        Label(name="x", es="x", en="x", benefit_group="minimum_income", window_months=12, threshold_months=13)
