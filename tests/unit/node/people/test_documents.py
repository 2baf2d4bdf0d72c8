import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.es import dni

from node.people.documents import Document, DocumentKind, parse_document, stored_document
from node.people.errors import DocumentInvalid


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("12345678Z", "dni|12345678Z"),
        (" 12.345.678-z ", "dni|12345678Z"),
        ("0T", "dni|00000000T"),
        ("1234567-L", "dni|01234567L"),
        ("x1234567-l", "nie|X1234567L"),
        ("Y0000000Z", "nie|Y0000000Z"),
        ("K-867756-n", "nif|K0867756N"),
        ("M1234567L", "nif|M1234567L"),
        ("pas:fra:12ab34567", "passport|PAS:FRA:12AB34567"),
        ("PAS:XXA:12AB34567", "passport|PAS:XXA:12AB34567"),
    ],
)
def test_a_document_has_one_normal_form_however_it_is_written(written: str, normal: str) -> None:
    assert parse_document(written).canonical == normal


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("12345678A", "letter of the DNI is wrong"),
        ("X1234567A", "letter of the NIE is wrong"),
        ("K0867756A", "letter of the NIF is wrong"),
        ("PAS:FRE:12AB34567", "FRE is no code of a state"),
        ("PAS:XYZ:12AB34567", "XYZ is no code of a state"),
        ("12345678", "letter is missing"),
        ("X1234567", "letter is missing"),
        ("", "empty"),
        ("   ", "empty"),
        ("123456789Z", "not have the form"),
        ("98XY76543", "not have the form"),
        ("PAS:FR:12AB34567", "not have the form"),
        ("Z" * 41, "longer than"),
    ],
)
def test_a_wrong_document_is_refused_with_the_reason_and_a_remedy(written: str, told: str) -> None:
    with pytest.raises(DocumentInvalid, match=told) as refused:
        parse_document(written)
    assert refused.value.remedy
    assert not written.strip() or written.strip() not in refused.value.message


@given(st.text(max_size=60))
def test_any_text_is_a_document_or_a_typed_error(text: str) -> None:
    try:
        document = parse_document(text)
    except DocumentInvalid:
        return
    assert parse_document(document.number) == document


@given(st.integers(0, 99_999_999))
def test_every_dni_with_its_letter_is_accepted_and_with_another_is_not(number: int) -> None:
    digits = f"{number:08d}"
    letter = dni.calc_check_digit(digits)
    assert parse_document(digits + letter) == Document(DocumentKind.DNI, digits + letter)
    with pytest.raises(DocumentInvalid):
        parse_document(digits + ("A" if letter != "A" else "B"))


def test_a_passport_taken_in_before_states_were_checked_stays_the_persons_key() -> None:
    assert stored_document("PAS:FRE:12AB34567") == Document(DocumentKind.PASSPORT, "PAS:FRE:12AB34567")
    with pytest.raises(DocumentInvalid):
        stored_document("12345678A")


def test_a_document_is_shown_masked() -> None:
    assert parse_document("12345678Z").masked == "*****678Z"
