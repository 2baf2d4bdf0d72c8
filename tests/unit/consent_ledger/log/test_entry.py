import json
import typing
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from consent_ledger.errors import EntryInvalid
from consent_ledger.log.bodies import ALL_BODIES, BODY_MODELS, RefusalBody, TrainingDecisionBody, parse_body
from consent_ledger.log.entry import (
    SALT_BYTES,
    EntryType,
    Leaf,
    NewEntry,
    commitment_of,
    commits_to,
    encode_leaf,
    encode_time,
    seal_entry,
)
from tests.support.ledgers import DIGEST, release_of
from trust import canonical
from trust.errors import MalformedDocument

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware


@given(st.sampled_from(EntryType), MOMENTS, st.binary(min_size=16, max_size=16))
def test_a_leaf_is_rfc_8785_json_and_reads_back(kind: EntryType, time: datetime, entry_id: bytes) -> None:
    data = encode_leaf(kind, entry_id.hex(), time, DIGEST)
    assert data == canonical.encode(json.loads(data))
    leaf = Leaf.parse(data)
    assert (leaf.type, leaf.id, leaf.time, leaf.commitment) == (kind, entry_id.hex(), time, DIGEST)


def test_every_type_of_entry_has_a_body() -> None:
    assert set(BODY_MODELS) == set(EntryType)
    assert len(BODY_MODELS) == sum(len(model.entry_types) for model in ALL_BODIES)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


@given(TEXT, TEXT)
def test_the_fast_encoding_of_bodies_is_rfc_8785(decided_by: str, reason: str) -> None:
    body = TrainingDecisionBody(campaign_id="c", manifest_sha256=DIGEST, decided_by=decided_by, reason=reason)
    assert body.canonical() == canonical.encode(body.model_dump(mode="json"))


def leaf_types(annotation: Any) -> set[Any]:
    inner = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Literal:
        return {type(value) for value in inner}
    if inner:
        return {typing.get_origin(annotation)}.union(*(leaf_types(argument) for argument in inner))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return set[Any]().union(*(leaf_types(field.annotation) for field in annotation.model_fields.values()))
    return {annotation}


def test_no_body_holds_a_float_or_free_keys() -> None:
    """The fast encoding is RFC 8785 only because of this."""
    for model in ALL_BODIES:
        assert not {float, dict, Any} & leaf_types(model), model


@pytest.mark.invariant(3)
def test_a_leaf_holds_nothing_of_the_body() -> None:
    entry = release_of("consent-1", person="person-1", recipient="ong-b", purpose="case_coordination")
    sealed = seal_entry(entry, encode_time(datetime(2026, 3, 2, tzinfo=UTC)))
    document = json.loads(sealed.leaf)
    assert set(document) == {"v", "type", "id", "time", "commitment"}
    for secret in ("consent-1", "person-1", "ong-b", "case_coordination", "person.birth_year"):
        assert secret.encode() in sealed.body
        assert secret.encode() not in sealed.leaf
    assert document["commitment"] == commitment_of(sealed.salt, sealed.body)


@pytest.mark.invariant(10)
def test_equal_entries_have_unequal_commitments_because_salts_are_drawn() -> None:
    sealed = [seal_entry(release_of("c"), "2026-03-02T09:00:00.000000Z") for _ in range(50)]
    assert len({entry.leaf for entry in sealed}) == len({entry.salt for entry in sealed}) == 50
    assert {len(entry.salt) for entry in sealed} == {SALT_BYTES}


def test_a_body_of_another_type_is_refused() -> None:
    body = RefusalBody(
        request_id="r", request_sha256=DIGEST, recipient="ong-b", purpose="case_coordination", reason="nothing_to_share"
    )
    with pytest.raises(EntryInvalid):
        NewEntry(EntryType.RELEASE, body)


def test_times_in_any_zone_have_one_encoding() -> None:
    moment = datetime(2026, 3, 2, 10, 0, tzinfo=timezone(timedelta(hours=1)))
    assert encode_time(moment) == "2026-03-02T09:00:00.000000Z"


GOOD = encode_leaf(EntryType.RELEASE, "0" * 32, "2026-03-02T09:00:00.000000Z", DIGEST)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        GOOD + b" ",
        GOOD.replace(b"release", b"unknown"),
        GOOD.replace(b'"v":1', b'"v":2'),
        GOOD.replace(b".000000Z", b"Z"),
        GOOD.replace(b".000000Z", b".000000+00:00"),
        GOOD.replace(b'"v":1', b'"v":1,"w":1'),
        GOOD.replace(b"0" * 32, b"0" * 31),
    ],
)
def test_malformed_leaves_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedDocument):
        Leaf.parse(data)


@pytest.mark.invariant(8)
@given(st.binary(max_size=300))
def test_untrusted_leaves_raise_only_our_error(data: bytes) -> None:
    with pytest.raises(MalformedDocument):
        Leaf.parse(data)


@pytest.mark.invariant(8)
@given(
    st.sampled_from(EntryType), st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(), max_size=3)
)
def test_untrusted_bodies_raise_only_our_error(kind: EntryType, document: dict[str, Any]) -> None:
    with pytest.raises(MalformedDocument):
        parse_body(kind, document)


@pytest.mark.parametrize(
    ("kind", "old"),
    [
        (EntryType.RELEASE, {"person_ref": "p", "recipient": "b", "role": "r", "fields": ["f"], "consents": ["c"]}),
        (EntryType.REFUSAL, {"recipient": "b", "reason": "nothing_to_share"}),
        (
            EntryType.RELEASE_RECEIVED,
            {
                "holder": "b",
                "role": "r",
                "outcome": "released",
                "answer_sha256": DIGEST,
                "holder_origin": "o",
                "holder_index": 0,
                "holder_leaf_hash": DIGEST,
            },
        ),
    ],
)
def test_bodies_written_before_access_to_cases_was_recorded_still_read(kind: EntryType, old: dict[str, Any]) -> None:
    common = {"request_id": "r", "request_sha256": DIGEST, "purpose": "casework"}
    policy = {"policy_sha256": DIGEST} if kind is EntryType.RELEASE else {}
    body = parse_body(kind, {**common, **policy, **old})
    assert (body.model_dump()["case_access"], body.model_dump()["opening_reason"]) == (None, None)


def test_unknown_fields_of_a_body_are_refused() -> None:
    document = json.loads(release_of("c").body.canonical()) | {"note": "free text"}
    with pytest.raises(MalformedDocument):
        parse_body(EntryType.RELEASE, document)


def test_a_commitment_is_checked_under_the_general_encoding_too() -> None:
    document = {"€": 1.0, "a": "b"}
    assert commits_to(commitment_of(b"salt", canonical.encode(document)), b"salt", document)
    assert not commits_to(DIGEST, b"salt", document)
    with pytest.raises(MalformedDocument):
        commits_to(DIGEST, b"salt", {"half": "\ud800"})
