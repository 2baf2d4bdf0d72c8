"""Hypothesis drives four entities through grants, withdrawals, crashes and partitions; see `tests.support.machine`."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.machine.machine import ConsentMachine

EXAMPLES = int(os.environ.get("REDPACT_MACHINE_EXAMPLES", "15"))
STEPS = 40


@pytest.mark.slow
@pytest.mark.invariant(1)
@pytest.mark.invariant(2)
@pytest.mark.invariant(3)
@pytest.mark.invariant(4)
@pytest.mark.invariant(5)
@pytest.mark.invariant(8)
@pytest.mark.invariant(9)
@pytest.mark.invariant(10)
@pytest.mark.invariant(13)
@pytest.mark.timeout(900)
def test_the_exchange_keeps_its_promises_whatever_happens_in_whatever_order() -> None:
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(ConsentMachine, settings=chosen)
