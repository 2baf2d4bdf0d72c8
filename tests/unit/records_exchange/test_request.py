import pytest

from records_exchange.errors import RequestInvalid
from records_exchange.request import Question, build_request, is_term
from tests.support.clock import START


def with_case(case_ref: str) -> str | None:
    question = Question("casework", ("person.sex",), "social_worker", case_ref)
    return build_request(question, asker="a", holder="b", subject="00" * 32, now=START).case_ref


@pytest.mark.invariant(5)
@pytest.mark.parametrize(
    "reference",
    ["00000000T", "x0000000-T", "RP-222222-222222-222222", "caso/rp222222222222222222"],
)
def test_a_case_reference_that_is_a_document_or_a_linkage_code_is_refused(reference: str) -> None:
    with pytest.raises(RequestInvalid) as caught:
        with_case(reference)
    assert reference not in caught.value.message


@pytest.mark.parametrize("reference", ["caso-7", "RP-2026-001", "2026/000123", "rp22"])
def test_other_references_pass(reference: str) -> None:
    assert with_case(reference) == reference


def test_a_term_is_one_word_of_the_vocabulary() -> None:
    assert is_term("casework")
    assert is_term("person.birth_year")
    assert not any(map(is_term, ("", "Casework", "two words", "casework\n", "x" * 65, "a|b")))
