"""A share of what ``make fuzz`` does by the million."""

import random
import secrets

import pytest

from tests.fuzz.proofs import fuzz, honest, judge


@pytest.mark.invariant(8)
def test_mutated_proofs_are_judged_as_the_oracle_judges_them() -> None:
    seed = secrets.randbits(32)
    verdicts = fuzz(20_000, seed)
    assert verdicts["refused"] > 15_000, seed
    assert verdicts["accepted"] > 10, seed  # mutations that change nothing: the judge is not blind


def test_true_claims_are_accepted() -> None:
    rng = random.Random(1)
    assert {judge(honest(rng)) for _ in range(2_000)} == {"accepted"}
