"""A masked input says nothing: uniform whatever the input, unrelated from round to round."""

import os

import numpy as np
import pytest
from scipy import stats

from federated.privacy.quantisation import IntVector
from federated.secagg.shares import split
from tests.support.secagg import group_of, only, zeros

LENGTH = 30_000
INPUTS = {
    "zeros": np.zeros(LENGTH, dtype=np.int64),
    "ones": np.ones(LENGTH, dtype=np.int64),
    "least": np.full(LENGTH, -(2**63), dtype=np.int64),
    "most": np.full(LENGTH, 2**63 - 1, dtype=np.int64),
    "ramp": np.arange(LENGTH, dtype=np.int64),
}


@pytest.mark.invariant(5)
@pytest.mark.parametrize("size", [3, 40])
@pytest.mark.parametrize("vector", INPUTS.values(), ids=INPUTS)
def test_masked_vectors_are_uniform_whatever_the_input(size: int, vector: IntVector) -> None:
    group = group_of(size)
    name = group.entities[0]
    masked = group.mask({name: vector})[name].vector
    assert stats.chisquare(np.bincount(masked.view(np.uint8), minlength=256)).pvalue > 1e-6
    assert stats.chisquare(np.bincount((masked >> np.uint64(56)).astype(int), minlength=256)).pvalue > 1e-6
    assert stats.kstest(masked / 2.0**64, "uniform").pvalue > 1e-6


def test_one_input_in_two_rounds_gives_unrelated_masked_vectors() -> None:
    group = group_of(3)
    name = group.entities[0]
    first, second = (group.mask({name: INPUTS["zeros"]}, round_number=number)[name].vector for number in (1, 2))
    bits = np.unpackbits((first ^ second).view(np.uint8))
    assert abs(bits.mean() - 0.5) < 5 * 0.5 / np.sqrt(len(bits))
    assert stats.chisquare(np.bincount((first - second).view(np.uint8), minlength=256)).pvalue > 1e-6


def test_masking_again_takes_a_fresh_self_mask() -> None:
    """Of the same round too: so that the difference of two masked inputs is no difference of inputs."""
    group = group_of(3)
    name = group.entities[0]
    first, second = (group.mask({name: INPUTS["zeros"]})[name].vector for _ in range(2))
    assert stats.chisquare(np.bincount((first - second).view(np.uint8), minlength=256)).pvalue > 1e-6


def test_each_answer_and_share_is_fresh_and_shows_nothing_of_what_it_holds() -> None:
    group = group_of(5)
    inputs = group.mask(dict.fromkeys(group.entities, INPUTS["ones"][:4]))
    name = group.entities[0]
    first, second = (group.answer(name, inputs) for _ in range(2))
    assert first.sealed != second.sealed
    assert first.key_shares != second.key_shares
    assert first.attestations == second.attestations
    assert len({*inputs[name].shares.values()}) == len(inputs[name].shares)


@pytest.mark.invariant(10)
def test_every_secret_that_is_shared_is_fresh_and_from_the_operating_system(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, shared = list[bytes](), list[bytes]()

    def token_bytes(size: int) -> bytes:
        drawn.append(os.urandom(size))
        return drawn[-1]

    def recorded(secret: bytes, quantity: int, threshold: int) -> tuple[bytes, ...]:
        shared.append(secret)
        return split(secret, quantity, threshold)

    monkeypatch.setattr("secrets.token_bytes", token_bytes)
    monkeypatch.setattr("federated.secagg.client.split", recorded)
    group = group_of(4)
    inputs = group.mask(zeros(group.entities))
    group.answers(inputs)
    assert len(set(shared)) == len(shared) == 8  # one for each masked input, one for each answer
    assert set(shared) <= set(drawn)


def test_what_a_member_attests_is_for_one_list_one_round_and_one_question() -> None:
    """The keys themselves differ: a key for one list opens nothing of an answer for another."""
    group = group_of(4)
    name, *others = group.entities
    attested = []
    for number, names in ((1, group.entities), (1, group.entities[:3]), (2, group.entities)):
        inputs = only(group.mask(zeros(group.entities), number), names)
        attested.append(group.answer(name, inputs, number).attestations)
    for other in others[:2]:
        assert len({attestations[other] for attestations in attested}) == 3
    assert len({key for attestations in attested for key in attestations.values()}) == 8
