"""Codes for people without papers: hard to guess, easy to copy, and a slip of the pen is noticed."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.people.documents import DocumentKind, parse_document
from node.people.errors import CardExists, DocumentInvalid
from node.people.linkage_card import linkage_card, write_card
from node.people.linkage_code import (
    ALPHABET,
    PREFIX,
    RANDOM_SYMBOLS,
    SYMBOLS,
    check_symbol_matches,
    grouped,
    new_linkage_code,
)

CODES = st.text(ALPHABET, min_size=RANDOM_SYMBOLS, max_size=RANDOM_SYMBOLS)


def whole(drawn: str) -> str:
    return next(drawn + symbol for symbol in ALPHABET if check_symbol_matches(drawn + symbol))


def test_a_code_holds_at_least_80_random_bits() -> None:
    assert RANDOM_SYMBOLS * math.log2(len(ALPHABET)) >= 80
    assert len({new_linkage_code() for _ in range(500)}) == 500


def test_a_code_is_a_document_however_people_write_it_down() -> None:
    code = new_linkage_code()
    for written in (code, grouped(code), grouped(code).lower(), f" {grouped(code).replace('-', ' ')} "):
        document = parse_document(written)
        assert (document.kind, document.number, document.canonical) == (
            DocumentKind.LINKAGE,
            code,
            f"linkage|{code}",
        )
    assert re.fullmatch(r"RP-\w{6}-\w{6}-\w{6}", grouped(code))


@settings(max_examples=60)
@given(CODES, st.integers(0, SYMBOLS - 1), st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_always_noticed(drawn: str, place: int, wrong: str) -> None:
    code = whole(drawn)
    changed = code[:place] + wrong + code[place + 1 :]
    assert check_symbol_matches(changed) == (changed == code)


@settings(max_examples=60)
@given(CODES, st.integers(0, SYMBOLS - 1), st.integers(0, SYMBOLS - 1))
def test_two_symbols_exchanged_are_always_noticed(drawn: str, one: int, other: int) -> None:
    symbols = list(code := whole(drawn))
    symbols[one], symbols[other] = symbols[other], symbols[one]
    assert check_symbol_matches("".join(symbols)) == ("".join(symbols) == code)


@pytest.mark.invariant(8)
@pytest.mark.parametrize("wrong", ["RP2", "RP-0OI1AE-222222-222222", "RP-" + "2" * 17, "RP-222222-222222-222223"])
def test_what_is_no_code_is_refused_without_repeating_it(wrong: str) -> None:
    with pytest.raises(DocumentInvalid) as caught:
        parse_document(wrong)
    assert wrong not in caught.value.message


def test_no_code_is_taken_for_a_document_of_another_kind() -> None:
    kinds = {parse_document(new_linkage_code()).kind for _ in range(200)}
    assert kinds == {DocumentKind.LINKAGE}
    assert not set("AEIOU01") & set(ALPHABET)
    assert new_linkage_code().startswith(PREFIX)


def test_the_card_is_a_page_in_two_languages_that_loads_nothing_and_names_nobody(tmp_path: Path) -> None:
    code = new_linkage_code()
    card = tmp_path / "card.html"
    write_card(card, code, "red.example<script>")
    page = card.read_text(encoding="utf-8")
    assert page.encode() == linkage_card(code, "red.example<script>")
    assert grouped(code) in page
    assert "Código de enlace" in page
    assert 'lang="en"' in page
    assert "<script>" not in page
    assert not re.search(r"(src|href|url)\s*[=(]", page)
    assert card.stat().st_mode & 0o077 == 0
    with pytest.raises(CardExists):
        write_card(card, new_linkage_code(), "red.example")
    assert card.read_text(encoding="utf-8") == page
