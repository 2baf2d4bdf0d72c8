"""A masked input says nothing: uniform whatever the input, unrelated from round to round."""

import numpy as np
import pytest
from scipy import stats

from federated.rounds import IntVector
from tests.unit.federated.secagg.group import group_of

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
