"""The coordinator counts tags; whatever is no list of tags or counts is a typed error."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federated.duplicates.multiplicities import (
    LARGEST_BUCKET,
    bucket_of,
    multiplicities,
    pack_counts,
    pack_tags,
    unpack_counts,
    unpack_tags,
)
from federated.errors import DuplicateCheckInvalid


def tags(number: int = 64) -> tuple[bytes, ...]:
    return tuple(secrets.token_bytes(16) for _ in range(number))


def test_each_tag_comes_back_with_the_number_of_its_senders() -> None:
    shared, one, other = tags(1), tags(63), tags(63)
    assert multiplicities({"a": shared + one, "b": other + shared}) == {"a": (2,) + (1,) * 63, "b": (1,) * 63 + (2,)}


@pytest.mark.invariant(8)
@pytest.mark.parametrize("wrong", [(), tags(63), tags(65), (b"short", *tags(63)), tags(1) * 64], ids=lambda _: "")
def test_a_list_that_is_none_is_refused(wrong: tuple[bytes, ...]) -> None:
    with pytest.raises(DuplicateCheckInvalid):
        multiplicities({"a": tags(), "b": wrong})


def test_one_entity_is_no_cohort() -> None:
    with pytest.raises(DuplicateCheckInvalid):
        multiplicities({"a": tags()})


def test_buckets_are_public_powers_of_two() -> None:
    assert [bucket_of(each) for each in (0, 1, 64, 65, 128, 129, LARGEST_BUCKET)] == [
        *(64, 64, 64, 128, 128, 256),
        LARGEST_BUCKET,
    ]
    with pytest.raises(DuplicateCheckInvalid):
        bucket_of(LARGEST_BUCKET + 1)


def test_lists_travel_as_bytes() -> None:
    sent = tags(128)
    assert unpack_tags(pack_tags(sent)) == sent
    assert unpack_counts(pack_counts((1, 2, 300))) == (1, 2, 300)


@pytest.mark.invariant(8)
@given(st.binary(max_size=1000))
def test_bytes_are_tags_and_counts_or_a_typed_error(data: bytes) -> None:
    for unpack in (unpack_tags, unpack_counts):
        try:
            unpack(data)
        except DuplicateCheckInvalid:
            continue
