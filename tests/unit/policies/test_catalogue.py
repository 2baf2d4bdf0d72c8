import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.catalogue import Catalogue, FieldType, Scope, Sensitivity, load_catalogue
from policies.codes import load_codes
from policies.errors import PolicyDocumentDamaged, UnknownTerm, ValueNotAllowed
from policies.fields import MAX_ROWS, FieldSpec
from policies.reasons import ReasonCode
from policies.vocabulary import load_vocabulary

CATALOGUE = load_catalogue()
MAX_FIELDS_OF_A_REQUEST = 100


def test_there_is_a_field_for_every_row_of_the_shared_record() -> None:
    families = {spec.id.split(".")[0] for spec in CATALOGUE.fields}
    assert families == {
        "person", "household", "econ", "housing", "work", "edu", "health",
        "protect", "case", "plan", "action", "coord", "consent", "access", "dx",
    }  # fmt: skip
    assert len(CATALOGUE.fields) == 95
    assert len(CATALOGUE.select(["dx.levels"])) == len(CATALOGUE.select(["dx.self"])) == 6
    assert sum(spec.id.startswith("dx.factors.") for spec in CATALOGUE.fields) == 36


def test_everything_shareable_fits_one_request() -> None:
    assert len(CATALOGUE.shareable()) <= MAX_FIELDS_OF_A_REQUEST


@pytest.mark.invariant(1)
def test_the_minimum_summary_holds_no_special_restricted_or_node_only_field() -> None:
    assert CATALOGUE.minimum()
    for spec in CATALOGUE.minimum():
        assert spec.scope is Scope.MINIMUM
        assert spec.sensitivity in {Sensitivity.P1, Sensitivity.P2}
        assert spec.origin != "protocol"


def test_health_is_special_and_violence_is_restricted_in_the_diagnosis_too() -> None:
    assert CATALOGUE.field("dx.levels.health").sensitivity is Sensitivity.P3
    assert CATALOGUE.field("dx.self.health").sensitivity is Sensitivity.P3
    assert {CATALOGUE.field(f"dx.factors.sal{n}").sensitivity for n in range(1, 7)} == {Sensitivity.P3}
    assert CATALOGUE.field("dx.factors.rel4").sensitivity is Sensitivity.P4
    assert not CATALOGUE.field("dx.factors.sal3").shareable


def test_special_categories_state_their_legal_basis() -> None:
    for spec in CATALOGUE.fields:
        if spec.sensitivity is Sensitivity.P3:
            assert spec.legal_basis is not None
            assert "GDPR 9" in spec.legal_basis


def test_every_text_that_may_leave_is_one_short_line() -> None:
    texts = [spec for spec in CATALOGUE.shareable() if spec.type is FieldType.TEXT]
    assert {spec.id for spec in texts} == {
        "person.name",
        "person.contact",
        "person.zas",
        "case.reference_professional",
        "case.coordinator",
    }
    assert all(not spec.multiline and (spec.max_length or 0) <= 200 for spec in texts)


def test_no_code_of_the_minimum_summary_tells_what_a_sensitive_field_withholds() -> None:
    telling = ("violen", "malos tratos", "adicc", "drog", "alcohol", "discapac", "tutela", "acogimiento", "prisi")
    for spec in CATALOGUE.minimum():
        for list_id in (spec.codes, *(part.codes for part in spec.parts)):
            if list_id in (None, "municipality"):
                continue
            for code in CATALOGUE.codes.list(list_id or "").codes:
                assert not any(word in code.es.lower() for word in telling), (list_id, code.code)


def test_no_field_holds_what_consent_alone_cannot_lift() -> None:
    # LOPDGDD arts. 9.1 and 10: ideology, union, religion, sexual orientation, beliefs, origin, convictions.
    words = ("religi", "ideolog", "sindica", "orientación sexual", "etnia", "étnic", "gitan", "penal", "conden")
    for spec in CATALOGUE.fields:
        assert not any(word in spec.es.lower() for word in words), spec.id


def test_a_mistyped_field_gets_the_closest_ones() -> None:
    with pytest.raises(UnknownTerm) as caught:
        CATALOGUE.field("person.birthyear")
    assert "person.birth_year" in caught.value.remedy


def test_a_huge_field_name_is_not_repeated_in_full() -> None:
    with pytest.raises(UnknownTerm) as caught:
        CATALOGUE.field("x" * 100_000)
    assert len(caught.value.message) < 200


def test_a_name_up_to_a_dot_stands_for_the_shareable_fields_under_it() -> None:
    assert CATALOGUE.select(["housing", "case.opened", "housing.risk"]) == (
        "housing.tenure",
        "housing.risk",
        "case.opened",
    )
    assert "health.addiction_flag" not in CATALOGUE.select(["health"])
    with pytest.raises(UnknownTerm):
        CATALOGUE.select(["protect"])
    with pytest.raises(UnknownTerm):
        CATALOGUE.select(["hous"])


ALLOWED = [
    ("person.sex", "f"),
    ("person.birth_year", 1975),
    ("person.name", "María Ejemplo Ficticio"),
    ("person.ine_municipality", "47186"),
    ("person.zas", "47A01"),
    ("household.size", 4),
    ("housing.risk", True),
    ("econ.benefits", ["rgc", "imv"]),
    ("econ.benefits", []),
    ("case.opened", "2026-02-28"),
    ("dx.factors.eco1", -3),
    ("action.log", [{"action": "training", "month": "2026-02", "outcome": "achieved"}]),
    ("action.log", [{"action": "training", "month": "2026-02"}]),
    ("health.dependency_grade", "ii"),
]

REFUSED = [
    ("person.sex", "F"),
    ("person.sex", None),
    ("person.sex", ["f"]),
    ("person.birth_year", "1975"),
    ("person.birth_year", 1975.0),
    ("person.birth_year", 1800),
    ("person.name", ""),
    ("person.name", "   "),
    ("person.name", "a\nb"),
    ("person.name", "x" * 201),
    ("person.name", "\u202etxet"),
    ("person.ine_municipality", "28079"),
    ("person.zas", "47 A"),
    ("household.size", 0),
    ("household.size", True),
    ("housing.risk", "si"),
    ("housing.risk", 1),
    ("econ.benefits", "rgc"),
    ("econ.benefits", ["rgc", "lottery"]),
    ("econ.benefits", [["rgc"]]),
    ("econ.benefits", ["rgc"] * (MAX_ROWS + 1)),
    ("case.opened", "2026-02-30"),
    ("case.opened", "20260228"),
    ("case.opened", "28/02/2026"),
    ("dx.factors.eco1", 4),
    ("action.log", ["training"]),
    ("action.log", [{"action": "training"}]),
    ("action.log", [{"action": "training", "month": "2026-13"}]),
    ("action.log", [{"action": "training", "month": "2026-02", "note": "free text"}]),
    ("action.log", [{"action": "shouting", "month": "2026-02"}]),
]


@pytest.mark.parametrize(("field", "value"), ALLOWED)
def test_a_field_takes_its_values(field: str, value: object) -> None:
    CATALOGUE.check(field, value)
    assert CATALOGUE.accepts(field, value)


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_a_field_refuses_any_other_value_without_repeating_it(field: str, value: object) -> None:
    assert not CATALOGUE.accepts(field, value)
    with pytest.raises(ValueNotAllowed) as caught:
        CATALOGUE.check(field, value)
    assert caught.value.remedy
    assert len(caught.value.message) < 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.invariant(8)
@given(field=st.sampled_from([spec.id for spec in CATALOGUE.fields]), value=JSON)
def test_any_value_at_all_is_accepted_or_refused_but_never_raises(field: str, value: object) -> None:
    assert CATALOGUE.accepts(field, value) in {True, False}
    assert CATALOGUE.display(field, value) is not None


@pytest.mark.parametrize("field", ["protect.child_case", "health.addiction_flag"])
def test_a_peer_may_not_send_what_may_not_be_shared(field: str) -> None:
    CATALOGUE.check(field, value=True)
    assert not CATALOGUE.accepts(field, value=True)
    assert not CATALOGUE.accepts("no.such.field", value=True)


def test_people_read_names_not_codes() -> None:
    log = [{"action": "training", "month": "2026-02", "outcome": "achieved"}]
    assert CATALOGUE.display("action.log", log) == "Formación · feb 2026 · Conseguido"
    assert CATALOGUE.display("action.log", log, "en") == "Training · Feb 2026 · Achieved"
    assert CATALOGUE.display("econ.benefits", ["imv"], "en") == "Minimum Vital Income"
    assert CATALOGUE.display("person.ine_municipality", "47186") == "Valladolid"
    assert CATALOGUE.display("housing.risk", value=True) == "Sí"
    assert CATALOGUE.display("housing.risk", value=False, lang="en") == "No"
    assert CATALOGUE.display("household.size", 3) == "3"


def test_everything_people_read_has_spanish_and_english() -> None:
    words = load_vocabulary()
    lists = load_codes()
    labelled = [*CATALOGUE.fields, *words.purposes, *words.roles, *CATALOGUE.dimensions]
    labelled += [code for list_id in lists.ids for code in lists.list(list_id).codes]
    for each in labelled:
        assert each.label("es")
        assert each.label("en")
    assert {reason.label("es") for reason in ReasonCode}.isdisjoint({reason.label("en") for reason in ReasonCode})


def test_a_catalogue_that_contradicts_itself_is_damaged() -> None:
    field = CATALOGUE.field("person.sex")
    with pytest.raises(PolicyDocumentDamaged, match="twice"):
        Catalogue("v", (field, field), (), load_codes())
    with pytest.raises(PolicyDocumentDamaged, match="no code list"):
        Catalogue("v", (field.model_copy(update={"codes": "nowhere"}),), (), load_codes())


@pytest.mark.parametrize(
    "change",
    [
        {"type": "code", "codes": None},
        {"type": "list", "codes": None},
        {"type": "text"},
        {"type": "int"},
        {"sensitivity": "P3"},
        {"multiline": True},
        {"id": "Person.Sex"},
        {"unknown": 1},
    ],
)
def test_a_field_that_contradicts_itself_cannot_be_declared(change: dict[str, object]) -> None:
    values = CATALOGUE.field("person.sex").model_dump() | change
    with pytest.raises(ValueError, match=r"FieldSpec"):
        FieldSpec.model_validate(values)


@pytest.mark.parametrize(
    ("field", "value", "spanish", "english"),
    [
        ("econ.income_band", "up_to_0_8", "De 0,5 a 0,8 IPREM", "From 0.5 to 0.8 IPREM"),
        ("case.opened", "2026-11-30", "30 nov 2026", "30 Nov 2026"),
        ("case.opened", "not a day", "not a day", "not a day"),
        ("person.birth_year", 1980, "1980", "1980"),
    ],
)
def test_values_are_written_as_the_language_does(field: str, value: object, spanish: str, english: str) -> None:
    catalogue = load_catalogue()
    assert catalogue.display(field, value, "es") == spanish
    assert catalogue.display(field, value, "en") == english
