import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.cipher import PersonCipher, RecordCipher, SealedPlace, WrappedKey
from node.errors import RecordsUnreadable

KEY = bytes(range(32))
CELL = SealedPlace("recorded_values", "sealed", "p1/person.name")


def person(data_key: bytes = KEY, person_id: str = "p1") -> tuple[PersonCipher, WrappedKey]:
    return RecordCipher(data_key).new_person_key(person_id)


@given(st.text())
def test_what_is_sealed_opens_and_does_not_show(text: str) -> None:
    cipher, _ = person()
    sealed = cipher.seal(CELL, text)
    assert cipher.open(CELL, sealed) == text
    assert len(text) < 4 or text.encode("utf-8") not in sealed


def test_equal_texts_are_sealed_differently() -> None:
    cipher, _ = person()
    assert cipher.seal(CELL, "Ana") != cipher.seal(CELL, "Ana")


@pytest.mark.parametrize(
    "other",
    [
        CELL._replace(table="other", version=2),
        CELL._replace(column="other", version=2),
        CELL._replace(row_id="other", version=2),
        CELL._replace(version=3),
        CELL,
    ],
)
def test_a_sealed_value_moved_to_another_cell_or_version_does_not_open(other: SealedPlace) -> None:
    cipher, _ = person()
    sealed = cipher.seal(CELL._replace(version=2), "Ana")
    assert cipher.open(CELL._replace(version=2), sealed) == "Ana"
    with pytest.raises(RecordsUnreadable):
        cipher.open(other, sealed)


@given(st.binary(max_size=80))
def test_bytes_that_were_not_sealed_here_are_refused_with_a_typed_error(sealed: bytes) -> None:
    cipher, _ = person()
    with pytest.raises(RecordsUnreadable):
        cipher.open(CELL, sealed)


def test_a_stored_key_gives_the_same_cipher_back() -> None:
    cipher, stored = person()
    again = RecordCipher(KEY).person("p1", stored)
    assert again.open(CELL, cipher.seal(CELL, "Ana")) == "Ana"


def test_a_stored_key_is_useless_under_another_data_key_or_for_another_person() -> None:
    _, stored = person()
    with pytest.raises(RecordsUnreadable):
        RecordCipher(bytes(32)).person("p1", stored)
    with pytest.raises(RecordsUnreadable):
        RecordCipher(KEY).person("p2", stored)
    with pytest.raises(RecordsUnreadable):
        RecordCipher(KEY).person("p1", WrappedKey("00" * 8, stored.wrapped))


def test_each_person_has_a_key_of_their_own() -> None:
    cipher, _ = person()
    other, _ = person(person_id="p2")
    with pytest.raises(RecordsUnreadable):
        other.open(CELL, cipher.seal(CELL, "Ana"))


def test_a_blind_index_needs_the_data_key_and_separates_namespaces() -> None:
    index = RecordCipher(KEY).blind_index("document", "dni|12345678Z")
    assert index == RecordCipher(KEY).blind_index("document", "dni|12345678Z")
    assert index != RecordCipher(bytes(32)).blind_index("document", "dni|12345678Z")
    assert index != RecordCipher(KEY).blind_index("household", "dni|12345678Z")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_data_key_of_the_wrong_length_is_refused(length: int) -> None:
    with pytest.raises(RecordsUnreadable, match="data key"):
        RecordCipher(bytes(length))
