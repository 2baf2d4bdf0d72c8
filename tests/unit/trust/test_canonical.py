import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trust import canonical
from trust.errors import MalformedDocument

SAFE_INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
ASCII = st.text(st.characters(max_codepoint=127), max_size=8)


def _json(keys: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    return st.recursive(
        st.none() | st.booleans() | SAFE_INTEGERS | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    )


JSON = _json(st.text(max_size=8))


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=5))
def test_decoding_gives_back_what_was_encoded(document: dict[str, object]) -> None:
    assert canonical.decode(canonical.encode(document)) == document


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=5))
def test_the_order_of_keys_does_not_change_the_bytes(document: dict[str, object]) -> None:
    turned = dict(reversed(document.items()))
    assert canonical.encode(document) == canonical.encode(turned)


@given(st.dictionaries(ASCII, _json(ASCII), max_size=5))
def test_the_quick_encoder_gives_the_canonical_bytes_of_plain_documents(document: dict[str, object]) -> None:
    assert canonical.encode_plain(document) == canonical.encode(document)


def test_rfc_8785_appendix_example_of_number_and_string_forms() -> None:
    document = {"numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 1e-27], "string": '€$\u000f\nA\'B"\\\\"/'}
    expected = r'{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA' + "'" + r'B\"\\\\\"/"}'
    assert canonical.encode(document).decode() == expected


@pytest.mark.invariant(8)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_untrusted_bytes_decode_or_raise_our_error(data: bytes) -> None:
    try:
        document = canonical.decode(data)
    except MalformedDocument:
        return
    assert json.loads(data) == document


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"1",
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b"\xff",
        b'{"a":' + b"[" * 100_000,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b'{"a":1e400}',
        b'{"a":9007199254740992}',
        b'{"a":-' + b"9" * 5000 + b"}",
        b'{"a":"\\ud800"}',
        b'{"\\udfff":1}',
    ],
    ids=lambda data: f"{data[:12]!r} ({len(data)} bytes)",
)
def test_what_is_not_a_plain_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedDocument):
        canonical.decode(data)


def test_a_document_may_be_wide_and_nested_up_to_its_bound() -> None:
    deep = b'{"a":' * 64 + b"1" + b"}" * 64
    assert canonical.encode(canonical.decode(deep)) == deep
    wide: dict[str, object] = {"a": [[] for _ in range(1000)]}
    assert canonical.decode(canonical.encode(wide)) == wide
    assert canonical.decode(b'{"a":"\\ud83d\\ude00"}') == {"a": "\U0001f600"}


def test_an_oversized_document_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(MalformedDocument, match="more than the 50 allowed"):
        canonical.decode(b'{"a":"' + b"x" * 100 + b'"}', max_bytes=50)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**60, object(), b"bytes"])
def test_a_value_without_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(MalformedDocument):
        canonical.encode({"a": value})


KEYS = st.from_regex(r"[a-z_]{1,6}", fullmatch=True)
PLAIN = st.recursive(
    st.none() | st.booleans() | SAFE_INTEGERS | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, PLAIN, max_size=6))
def test_a_plain_document_is_read_back_from_its_one_spelling(document: dict[str, Any]) -> None:
    data = canonical.encode_plain(document)
    assert data == canonical.encode(document)
    assert canonical.decode_plain(data) == document


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"1",
        b'{"a": 1}',
        b'{"a":1} ',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":{"c":1,"b":1}}',
        b'{"a":[{"c":1,"b":1}]}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b"\xff\xfe{\x00}\x00",
        b"[" * 100_000,
    ],
)
def test_any_other_spelling_is_not_read_as_plain(data: bytes) -> None:
    assert canonical.decode_plain(data) is None
