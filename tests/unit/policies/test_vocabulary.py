import pytest

from policies.catalogue import load_catalogue
from policies.codes import CodeList, load_codes
from policies.errors import PolicyDocumentDamaged, UnknownTerm
from policies.reasons import ReasonCode, load_reasons, reason_label
from policies.vocabulary import RecipientKind, Role, Vocabulary, load_vocabulary

WORDS = load_vocabulary()


@pytest.mark.parametrize(
    ("ask", "hint"),
    [
        (lambda: WORDS.purpose("caswork"), "casework"),
        (lambda: WORDS.role("volunter"), "volunteer"),
        (lambda: WORDS.code("benefit", "rcg"), "rgc"),
        (lambda: WORDS.code("benefits", "rgc"), "benefit"),
        (lambda: WORDS.code("sex", "zzzz"), "code of the list 'Registered sex'): f, m, x"),
        (lambda: WORDS.exchange_purpose("risk_training"), "casework"),
        (lambda: WORDS.default_role("collaborator"), "agent, public"),
    ],
)
def test_a_mistyped_word_gets_the_closest_ones_or_the_whole_short_list(ask: object, hint: str) -> None:
    assert callable(ask)
    with pytest.raises(UnknownTerm) as caught:
        ask()
    assert hint in caught.value.remedy


def test_public_bodies_and_agents_have_a_role_of_their_own_to_ask_in() -> None:
    for kind in (RecipientKind.PUBLIC, RecipientKind.AGENT):
        role = WORDS.default_role(kind)
        assert kind in role.kinds
        assert role.sees_records


@pytest.mark.invariant(1)
def test_no_role_is_cleared_for_restricted_fields_and_no_collaborator_role_sees_records() -> None:
    for role in WORDS.roles:
        assert role.clearance <= 3
        if RecipientKind.COLLABORATOR in role.kinds:
            assert not role.sees_records


def test_every_purpose_of_exchange_has_a_lawful_basis_and_asks_only_for_categories_that_exist() -> None:
    categories = {spec.category for spec in load_catalogue().fields}
    for purpose in WORDS.purposes:
        assert purpose.lawful_bases
        assert RecipientKind.COLLABORATOR not in purpose.lawful_bases
        assert purpose.categories <= categories
        assert bool(purpose.categories) is purpose.exchange
        assert "notes" not in purpose.categories


def test_each_role_asks_only_for_purposes_of_exchange() -> None:
    exchanged = {purpose.id for purpose in WORDS.purposes if purpose.exchange}
    for role in WORDS.roles:
        assert role.purposes <= exchanged
        assert bool(role.purposes) is role.sees_records


def test_a_role_for_a_purpose_that_does_not_exist_is_damage() -> None:
    role = Role(id="x", es="x", en="x", clearance=1, kinds=frozenset(), purposes=frozenset({"nowhere"}))
    with pytest.raises(PolicyDocumentDamaged, match="nowhere"):
        Vocabulary(WORDS.purposes, (role,), load_codes(), WORDS.case_access)


def test_a_code_list_holds_each_code_once() -> None:
    code = load_codes().code("sex", "f")
    with pytest.raises(ValueError, match="twice"):
        CodeList(es="x", en="x", codes=(code, code))


def test_the_minimum_income_benefits_are_the_two_known_ones() -> None:
    assert load_codes().list("benefit").members("minimum_income") == ("rgc", "imv")


def test_every_reason_has_a_sentence_and_every_sentence_a_reason() -> None:
    assert set(load_reasons()) == set(ReasonCode)


def test_a_reason_from_a_newer_peer_stands_for_itself() -> None:
    assert reason_label("not_shared", "en") == "This field never leaves the entity that records it"
    assert reason_label("some_new_reason") == "some_new_reason"


def test_the_functions_of_the_grid_are_the_roles_that_see_records() -> None:
    seeing = {role.id: (role.es, role.en) for role in WORDS.roles if role.sees_records}
    assert {code.code: (code.es, code.en) for code in WORDS.codes.list("function").codes} == seeing


def test_the_default_reason_to_open_a_case_is_one_of_the_list() -> None:
    rules = WORDS.case_access
    assert rules.opened().reason == rules.default_reason
    assert {way.clearance for way in rules.ways.values()} == {2, 3}
    with pytest.raises(UnknownTerm):
        rules.opened("curiosity")
