"""The group key reaches the entities and nobody else."""

import pytest

from federated.duplicates.group_key import (
    SEALED_KEY_BYTES,
    checked_cohort,
    draw_group_key,
    framed,
    key_generator_of,
    open_group_key,
    seal_group_key,
)
from federated.errors import DuplicateCheckInvalid
from tests.support.counting import pair_secret

ROUTE = {"campaign": "c1", "sender": "avila", "recipient": "leon"}


def test_the_recipient_opens_what_the_first_entity_sealed() -> None:
    key = draw_group_key()
    sealed = seal_group_key(key, pair_secret, **ROUTE)
    assert len(sealed) == SEALED_KEY_BYTES
    assert key not in sealed
    assert open_group_key(sealed, pair_secret, **ROUTE) == key
    assert key_generator_of(("soria", "avila", "leon")) == "avila"


@pytest.mark.invariant(8)
@pytest.mark.parametrize("other", [{"campaign": "c2"}, {"sender": "soria"}, {"recipient": "soria"}])
def test_a_key_carried_elsewhere_does_not_open(other: dict[str, str]) -> None:
    sealed = seal_group_key(draw_group_key(), pair_secret, **ROUTE)
    with pytest.raises(DuplicateCheckInvalid):
        open_group_key(sealed, pair_secret, **(ROUTE | other))


@pytest.mark.invariant(8)
def test_a_changed_or_short_key_does_not_open() -> None:
    sealed = seal_group_key(draw_group_key(), pair_secret, **ROUTE)
    for wrong in (b"", sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed + b"\0"):
        with pytest.raises(DuplicateCheckInvalid):
            open_group_key(wrong, pair_secret, **ROUTE)


def test_what_is_no_key_secret_or_cohort_is_refused() -> None:
    with pytest.raises(DuplicateCheckInvalid):
        seal_group_key(b"short", pair_secret, **ROUTE)
    with pytest.raises(DuplicateCheckInvalid):
        seal_group_key(draw_group_key(), lambda *_: b"short", **ROUTE)
    for cohort in ((), ("leon",), ("leon", "leon")):
        with pytest.raises(DuplicateCheckInvalid):
            checked_cohort(cohort)


def test_texts_are_framed_so_that_none_runs_into_the_next() -> None:
    assert framed("ab", "c") != framed("a", "bc")
