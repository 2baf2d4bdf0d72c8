"""The documents of the steps: the same after the wire, and from untrusted bytes nothing but our own error."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.campaign.steps import (
    MAX_DOCUMENT_BYTES,
    AgreeReply,
    AgreeRequest,
    CohortReply,
    CohortRequest,
    JoinReply,
    JoinRequest,
    MaskReply,
    MaskRequest,
    RevealReply,
    RevealRequest,
    StepKind,
    StepReply,
    StepRequest,
    TagsReply,
    TagsRequest,
    UnmaskReply,
    UnmaskRequest,
    WeightsReply,
    WeightsRequest,
    encode_document,
    pack,
    read_reply,
    read_request,
    step_name,
    unpack,
)
from federated.errors import TrainingMessageMalformed

NAMED = {"campaign_id": "ab" * 16, "manifest_sha256": "1" * 64}
NUMBERS = np.array([0.5, -1.0, 5e-324, 1e6])
MASKED = np.array([0, 1, 2**63, 2**64 - 1], dtype=np.uint64)

REQUESTS: tuple[StepRequest, ...] = (
    JoinRequest(**NAMED),
    RevealRequest(**NAMED, commitments=(b"one", b"\xff\x00")),
    CohortRequest(**NAMED, statements=(b"one", b"\xff\x00")),
    AgreeRequest(**NAMED, agreements=(b"one",), shares={"leon": b"\x01" * 60}),
    TagsRequest(**NAMED),
    WeightsRequest(**NAMED, multiplicities=b"\x00\x01", counted=("leon", "soria")),
    MaskRequest(**NAMED, round=2, parameters=pack(NUMBERS), model=b"{}", cohort_sha256="2" * 64, transcript="3" * 64),
    UnmaskRequest(
        **NAMED, round=2, mask_request_sha256="4" * 64, survivors=("leon", "soria"), shares={"leon": b"\x01" * 60}
    ),
)
REPLIES: tuple[StepReply, ...] = (
    JoinReply(commitment=b"signed"),
    RevealReply(statement=b"signed"),
    AgreeReply(),
    CohortReply(agreement=b"signed", shares={"leon": b"key"}),
    TagsReply(tags=b"\x07" * 32),
    WeightsReply(),
    MaskReply(round=2, masked=pack(MASKED), shares={"leon": b"\x01" * 60}),
    UnmaskReply(round=2, sealed=b"s", key_shares={"leon": b"k"}, attestations={"leon": b"a"}),
)
JUNK: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: each.kind)
def test_a_request_says_the_same_after_the_wire(request_: StepRequest) -> None:
    raw = encode_document(request_)
    asked = read_request(raw)
    assert asked.document == request_
    assert asked.raw == raw == encode_document(asked.document)
    assert len(asked.sha256) == 64


@pytest.mark.parametrize("reply", REPLIES, ids=lambda each: each.kind)
def test_a_reply_says_the_same_after_the_wire(reply: StepReply) -> None:
    assert read_reply(encode_document(reply)).document == reply


def test_every_kind_of_step_has_a_request_and_a_reply() -> None:
    assert [each.kind for each in REQUESTS] == [each.kind for each in REPLIES] == list(StepKind)


def test_numbers_come_back_to_the_last_bit() -> None:
    request, reply = (
        read_request(encode_document(REQUESTS[4])).document,
        read_reply(encode_document(REPLIES[4])).document,
    )
    assert isinstance(request, MaskRequest)
    assert isinstance(reply, MaskReply)
    assert request.vector.tolist() == NUMBERS.tolist()
    assert reply.vector.tolist() == MASKED.tolist()


def test_a_step_is_named_by_its_kind_and_its_round() -> None:
    assert [step_name(each) for each in REQUESTS] == ["join", "cohort", "tags", "weights", "mask-2", "unmask-2"]


def test_each_other_question_has_another_hash() -> None:
    mask = REQUESTS[4]
    assert isinstance(mask, MaskRequest)
    other = mask.model_copy(update={"transcript": "5" * 64})
    assert read_request(encode_document(mask)).sha256 != read_request(encode_document(other)).sha256


@pytest.mark.invariant(8)
@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_untrusted_bytes_give_our_error_only(data: bytes) -> None:
    for read in (read_request, read_reply):
        with pytest.raises(TrainingMessageMalformed):
            read(data)


@pytest.mark.invariant(8)
@settings(max_examples=100, deadline=None)
@given(st.sampled_from([*REQUESTS, *REPLIES]), st.integers(0, 600), st.binary(min_size=1, max_size=6))
def test_damaged_bytes_give_our_error_only(document: StepRequest | StepReply, place: int, garbage: bytes) -> None:
    original = encode_document(document)
    _read_both(original[:place] + garbage + original[place + len(garbage) :])


@pytest.mark.invariant(8)
@settings(max_examples=80, deadline=None)
@given(st.sampled_from([*REQUESTS, *REPLIES]), st.integers(0, 9), JUNK)
def test_a_field_that_holds_something_else_gives_our_error_only(
    document: StepRequest | StepReply, place: int, junk: Any
) -> None:
    content = json.loads(encode_document(document))
    names = [*content, "another"]
    content[names[place % len(names)]] = junk
    _read_both(json.dumps(content).encode())


@pytest.mark.invariant(8)
@settings(max_examples=60, deadline=None)
@given(JUNK)
def test_any_json_gives_our_error_only(junk: Any) -> None:
    _read_both(json.dumps(junk).encode())


def _read_both(data: bytes) -> None:
    for read in (read_request, read_reply):
        try:
            found = read(data).document
            if isinstance(found, MaskRequest | MaskReply):
                assert found.vector.ndim == 1
        except TrainingMessageMalformed:
            continue


def _changed(**changes: Any) -> Callable[[], bytes]:
    mask = json.loads(encode_document(REQUESTS[4]))
    return lambda: json.dumps({**mask, **changes}).encode()


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    "made",
    [
        lambda: b"",
        lambda: b"[]",
        lambda: b"\xff",
        lambda: b"{" * 100_000,
        lambda: b'{"kind":"mask"}',
        lambda: b'{"kind":"train"}',
        _changed(round=0),
        _changed(round=501),
        _changed(round="2x"),
        _changed(parameters="!!"),
        _changed(parameters=["AA=="]),
        _changed(campaign_id="../../etc"),
        _changed(manifest_sha256="G" * 64),
        _changed(extra=1),
        lambda: b" " * (MAX_DOCUMENT_BYTES + 1),
    ],
)
def test_what_is_no_request_is_refused(made: Callable[[], bytes]) -> None:
    with pytest.raises(TrainingMessageMalformed):
        read_request(made())


@pytest.mark.parametrize("numbers", [np.array([np.nan]), np.array([np.inf]), np.array([1e6 * 1.01])])
def test_parameters_out_of_range_are_refused(numbers: Any) -> None:
    mask = REQUESTS[4]
    assert isinstance(mask, MaskRequest)
    with pytest.raises(TrainingMessageMalformed):
        _ = mask.model_copy(update={"parameters": pack(numbers)}).vector


@pytest.mark.parametrize("length", [1, 7, 9])
def test_bytes_that_are_no_whole_numbers_are_refused(length: int) -> None:
    with pytest.raises(TrainingMessageMalformed):
        unpack(b"\0" * length, "<u8")
