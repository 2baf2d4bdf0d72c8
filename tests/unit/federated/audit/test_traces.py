"""The search for vectors in what a coordinator got: it would find them."""

import base64
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.support.traces import Haystack, uniform_p_value


@given(
    before=st.binary(max_size=40),
    after=st.binary(max_size=40),
    depth=st.integers(0, 2),
    numbers=st.lists(
        st.integers(-(1 << 62), 1 << 62).filter(lambda n: abs(n) > 1 << 40), min_size=2, max_size=4, unique=True
    ),
)
def test_a_vector_is_found_at_any_place_and_in_base64_of_any_alignment(
    before: bytes, after: bytes, depth: int, numbers: list[int]
) -> None:
    vector = np.array(numbers, dtype=np.int64)
    text = before + vector.astype("<i8").tobytes() + after
    for _ in range(depth):
        text = before + b'"' + base64.b64encode(text) + b'"' + after
    assert Haystack([text]).holds(vector)
    assert Haystack([json.dumps([str(number) for number in numbers]).encode()]).holds(vector)
    assert not Haystack([before, after, b"0"]).holds(vector)


def test_noise_alone_is_told_from_a_masked_vector() -> None:
    draw = np.random.default_rng(3)
    assert uniform_p_value(draw.integers(0, 1 << 64, 4, dtype=np.uint64)) > 1e-9
    assert uniform_p_value(draw.normal(0.0, 1e7, 4).astype(np.int64)) < 1e-9
