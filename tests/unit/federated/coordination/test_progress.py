import contextlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.campaign.steps import StepKind
from federated.coordination.progress import Progress
from federated.errors import TrainingMessageMalformed

NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
BLOBS = st.dictionaries(NAMES, st.binary(max_size=20), max_size=3)
PROGRESS = st.builds(
    Progress,
    step=st.sampled_from(StepKind),
    round=st.integers(1, 501),
    vectors=st.dictionaries(
        NAMES, st.lists(st.floats(width=64), max_size=5).map(lambda each: np.array(each, dtype=np.float64)), max_size=3
    ),
    transcript=st.just("0" * 64),
    statements=BLOBS,
    deliveries=BLOBS,
    survivors=st.lists(NAMES, max_size=3).map(tuple),
    evaluation=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4).map(tuple),
    contributors=st.lists(NAMES, max_size=3).map(tuple),
    lost=st.integers(0, 500),
)
KNOWN = Progress(
    step=StepKind.UNMASK,
    round=3,
    vectors={"weights": np.array([0.1, -0.2])},
    transcript="0" * 64,
    statements={"leon": b"signed"},
    deliveries={"leon": b"\x00\xff"},
    survivors=("leon",),
    evaluation=(-(2**63), 2**63 - 1),
    contributors=("leon", "soria"),
    lost=1,
)


@settings(max_examples=60, deadline=None)
@given(PROGRESS)
def test_a_progress_comes_back_to_the_last_bit(progress: Progress) -> None:
    back = Progress.from_json(progress.to_json())
    assert back.to_json() == progress.to_json()
    assert (back.step, back.round, back.transcript) == (progress.step, progress.round, progress.transcript)
    assert (back.statements, back.deliveries) == (progress.statements, progress.deliveries)
    assert (back.survivors, back.evaluation) == (progress.survivors, progress.evaluation)
    assert (back.contributors, back.lost, back.completed) == (progress.contributors, progress.lost, progress.round - 1)
    for name, vector in progress.vectors.items():
        assert back.vectors[name].tobytes() == vector.tobytes()


@pytest.mark.invariant(8)
@pytest.mark.parametrize("name", json.loads(KNOWN.to_json()))
@pytest.mark.parametrize("junk", [None, 1.5, "x", [1], ["x"], {"a": 1}, {"a": "AA"}, {"a": "AAAA"}, 1e300], ids=str)
def test_a_field_that_holds_something_else_gives_our_error_only(name: str, junk: Any) -> None:
    content = {**json.loads(KNOWN.to_json()), name: junk}
    _read(json.dumps(content).encode())


@pytest.mark.invariant(8)
@pytest.mark.parametrize("name", sorted(set(json.loads(KNOWN.to_json())) - {"commitments", "agreements"}))
def test_a_field_that_is_missing_is_noticed(name: str) -> None:
    content = json.loads(KNOWN.to_json())
    del content[name]
    with pytest.raises(TrainingMessageMalformed):
        Progress.from_json(json.dumps(content).encode())


@pytest.mark.invariant(8)
@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b'{"round":1e999}', b"{" * 100_000])
def test_a_damaged_state_is_refused(data: bytes) -> None:
    with pytest.raises(TrainingMessageMalformed):
        Progress.from_json(data)


@pytest.mark.invariant(8)
@settings(max_examples=100, deadline=None)
@given(st.integers(0, 500), st.binary(min_size=1, max_size=6))
def test_damaged_bytes_give_our_error_only(place: int, garbage: bytes) -> None:
    original = KNOWN.to_json()
    _read(original[:place] + garbage + original[place + len(garbage) :])


def _read(data: bytes) -> None:
    with contextlib.suppress(TrainingMessageMalformed):
        Progress.from_json(data)
