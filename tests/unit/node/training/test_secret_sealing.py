"""Secrets of training open only under the node's own key, and only under the label with which they were sealed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.training.errors import SecretUnreadable
from node.training.secret_sealing import TrainingSecretSealer

KEY = b"\x07" * 32
BOX = TrainingSecretSealer(KEY)


@given(st.text(max_size=40), st.binary(max_size=100))
def test_what_was_sealed_comes_back_also_after_a_restart(label: str, data: bytes) -> None:
    assert TrainingSecretSealer(KEY).open(label, BOX.seal(label, data)) == data


def test_a_seal_shows_nothing_and_is_another_each_time() -> None:
    first, second = (BOX.seal("label", b"a secret of training") for _ in range(2))
    assert first != second
    assert b"secret" not in first
    assert len(first) == 12 + len(b"a secret of training") + 16


def test_another_key_or_another_label_opens_nothing() -> None:
    sealed = BOX.seal("mask key of a", b"data")
    with pytest.raises(SecretUnreadable):
        TrainingSecretSealer(b"\x08" * 32).open("mask key of a", sealed)
    with pytest.raises(SecretUnreadable):
        BOX.open("mask key of b", sealed)


@pytest.mark.invariant(8)
@given(st.integers(0, 40), st.integers(1, 255))
def test_altered_bytes_are_noticed(place: int, change: int) -> None:
    sealed = bytearray(BOX.seal("label", b"some secret"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(SecretUnreadable):
        BOX.open("label", bytes(sealed))


@pytest.mark.invariant(8)
@given(st.binary(max_size=30))
def test_bytes_that_were_never_sealed_are_noticed(data: bytes) -> None:
    with pytest.raises(SecretUnreadable):
        BOX.open("label", data)
