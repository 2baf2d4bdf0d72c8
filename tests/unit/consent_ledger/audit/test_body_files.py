"""The quick way to read a body gives what the long way gives, for every body and for anything like one."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_ledger.audit import body_files
from consent_ledger.log.bodies import BODY_MODELS, AccessReportBody, parse_body, read_body
from consent_ledger.log.entry import SALT_BYTES, Body, EntryType, Leaf, commitment_of
from trust import canonical
from trust.errors import TrustError

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SALT = bytes(range(SALT_BYTES))
PIECES = [b"", b" ", b"0", b".0", b"1e0", b"-0", b'"', b"\\u0061", b"\\", b"null", b"true", b",", b"{}", b'"a":1,']
ENTITIES = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,5}[a-z0-9])?", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware


def values_of(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return JSON values of a JSON schema, as pydantic writes one of our bodies."""
    if "$ref" in schema:
        return values_of(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return st.one_of(*(values_of(each, definitions) for each in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if schema["type"] == "array":
        return st.lists(values_of(schema["items"], definitions), min_size=schema.get("minItems", 0), max_size=3)
    if schema["type"] == "object":
        return st.fixed_dictionaries({n: values_of(s, definitions) for n, s in schema["properties"].items()})
    return plain_values_of(schema)


def plain_values_of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if schema["type"] == "null":
        return st.none()
    if schema["type"] == "boolean":
        return st.booleans()
    if schema["type"] == "integer":
        return st.integers(schema["minimum"], schema["maximum"])
    if schema.get("format") == "date-time":
        return MOMENTS.map(lambda moment: moment.isoformat().replace("+00:00", "Z"))
    if "pattern" in schema:
        pattern = schema["pattern"].removeprefix("^").removesuffix("$")
        return st.from_regex(pattern, fullmatch=True).map(lambda text: text[: schema.get("maxLength", 64)])
    return TEXTS.map(lambda text: text[: schema["maxLength"]] or "x") if "maxLength" in schema else ENTITIES


def bodies_of(model: type[Body]) -> st.SearchStrategy[Body]:
    schema = model.model_json_schema()
    return values_of(schema, schema.get("$defs", {})).map(model.model_validate)


KINDS = {kind: bodies_of(BODY_MODELS[kind]) for kind in EntryType}
ENTRIES = st.sampled_from(EntryType).flatmap(lambda kind: st.tuples(st.just(kind), KINDS[kind]))


def outcome(kind: EntryType, body: bytes) -> object:
    """Return what the audit reads, or says, of a file with this body, to which its leaf commits."""
    leaf = Leaf(kind, "0" * 32, NOW, commitment_of(SALT, body))
    try:
        return body_files.committed_body(leaf, b'{"body":%s,"salt":"%s"}\n' % (body, SALT.hex().encode()))
    except TrustError as error:
        return type(error), error.message


def same_outcome(kind: EntryType, body: bytes) -> object:
    quick = outcome(kind, body)
    with mock.patch.object(body_files, "read_body", return_value=None):
        assert outcome(kind, body) == quick
    return quick


@given(ENTRIES)
def test_what_is_committed_to_is_rfc_8785(entry: tuple[EntryType, Body]) -> None:
    body = entry[1]
    assert body.canonical() == canonical.encode(body.model_dump(mode="json"))


@given(ENTRIES)
def test_every_body_is_read_quickly_and_as_it_was(entry: tuple[EntryType, Body]) -> None:
    kind, body = entry
    data = body.canonical()
    assert read_body(kind, data) == body
    assert data == canonical.encode(json.loads(data))
    assert same_outcome(kind, data) == body


@given(ENTRIES, st.data())
@settings(max_examples=200)
def test_other_bytes_have_the_same_outcome_either_way(entry: tuple[EntryType, Body], data: st.DataObject) -> None:
    kind, body = entry
    raw = bytearray(body.canonical())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(raw)))
        cut = data.draw(st.integers(0, 3))
        raw[place : place + cut] = data.draw(st.sampled_from(PIECES) | st.binary(max_size=3))
    same_outcome(kind, bytes(raw))
    found = read_body(kind, bytes(raw))
    assert found is None or found.canonical() == bytes(raw)


@given(ENTRIES, st.sampled_from(EntryType))
def test_a_body_under_another_type_has_the_same_outcome_either_way(
    entry: tuple[EntryType, Body], other: EntryType
) -> None:
    same_outcome(other, entry[1].canonical())


def twice(document: dict[str, Any]) -> bytes:
    first = canonical.encode_plain(dict(list(document.items())[:1]))
    return first[:-1] + b"," + canonical.encode_plain(document)[1:]


def without_defaults(document: dict[str, Any]) -> bytes:
    return canonical.encode_plain({name: value for name, value in document.items() if value not in (None, [], "")})


SPELLINGS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "spaces": lambda document: json.dumps(document, sort_keys=True).encode(),
    "order": lambda document: json.dumps(dict(sorted(document.items(), reverse=True)), separators=(",", ":")).encode(),
    "escapes": lambda document: canonical.encode_plain(document).replace(b"a", b"\\u0061"),
    "a key twice": twice,
    "a key too many": lambda document: canonical.encode_plain({**document, "zzz": 1}),
    "no defaults": without_defaults,
    "floats": lambda document: json.dumps(
        {name: float(value) if type(value) is int else value for name, value in document.items()},
        sort_keys=True,
        separators=(",", ":"),
    ).encode(),
}


@pytest.mark.parametrize("how", SPELLINGS)
@given(ENTRIES)
@settings(max_examples=30)
def test_other_spellings_have_the_same_outcome_either_way(how: str, entry: tuple[EntryType, Body]) -> None:
    kind, body = entry
    same_outcome(kind, SPELLINGS[how](body.model_dump(mode="json")))


@pytest.mark.parametrize(
    "written", ["2026-11-22T00:00:00+00:00", "2026-11-22T01:00:00+01:00", "2026-11-22T00:00:00.0Z"]
)
def test_a_time_in_another_form_has_the_same_outcome_either_way(written: str) -> None:
    document = {"person_ref": "p", "since": written, "until": written, "report_sha256": "0" * 64}
    data = canonical.encode_plain(document)
    assert read_body(EntryType.ACCESS_REPORT_ISSUED, data) is None
    assert isinstance(same_outcome(EntryType.ACCESS_REPORT_ISSUED, data), AccessReportBody)


def test_what_is_not_a_body_is_no_verdict_quickly() -> None:
    for data in (b"", b"{}", b"null", b"[", b"\xff", b'{"a":1e999}', b"[" * 5000):
        assert read_body(EntryType.RELEASE, data) is None
    with pytest.raises(TrustError):
        parse_body(EntryType.RELEASE, {})
