import pytest

from policies.codes import load_codes
from policies.errors import PolicyDocumentDamaged, UnknownTerm
from policies.provisions import Provision, Provisions, Repeated, load_provisions

KNOWN = load_provisions()
LISTS = load_codes()


@pytest.mark.parametrize("list_id", ["benefit", "resource", "intervention"])
def test_every_code_stands_for_one_provision(list_id: str) -> None:
    assert [code for code in LISTS.list(list_id).by_code if KNOWN.of_code(list_id, code) is None] == []


def test_every_need_has_something_that_answers_it() -> None:
    assert [code for code in LISTS.list("need").by_code if not KNOWN.answering(code)] == []


def test_it_says_that_it_is_a_proposal() -> None:
    assert "proposal" in KNOWN.version


@pytest.mark.parametrize(
    "wrong",
    [{"resources": ("moon",)}, {"needs": frozenset({"moon"})}, {"benefits": ("rgc",), "resources": ("rgc", "rgc")}],
)
def test_a_mapping_that_contradicts_the_code_lists_is_not_loaded(wrong: dict[str, object]) -> None:
    provision = Provision.model_validate({"id": "x", "es": "x", "en": "x", "repeated": Repeated.DUPLICATE, **wrong})
    with pytest.raises(PolicyDocumentDamaged):
        Provisions("0", (provision,), LISTS)


def test_an_unknown_provision_is_a_typed_error() -> None:
    with pytest.raises(UnknownTerm):
        KNOWN.provision("moon")


def test_benefits_of_one_payer_are_no_duplicates() -> None:
    minimum_income = KNOWN.of_code("benefit", "rgc")
    assert minimum_income is not None
    assert minimum_income.repeated is Repeated.SAME_PAYER
