import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.relay.quotas import Allowance


def test_what_is_used_up_comes_back_with_time_and_no_more_than_that() -> None:
    allowance = Allowance(60)
    assert allowance.take(60, 0.0)
    assert not allowance.take(1, 0.5)
    assert allowance.take(1, 1.0)
    assert not allowance.take(1, 1.0)
    assert allowance.take(60, 10_000.0)
    assert not allowance.take(1, 10_000.0)


def test_more_than_a_minutes_worth_is_never_given() -> None:
    assert not Allowance(60).take(61, 1e9)


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 20)), max_size=60))
def test_in_any_stretch_of_time_no_more_is_given_than_its_share_and_one_minutes_worth(
    steps: list[tuple[float, float]],
) -> None:
    allowance, now, given_away = Allowance(60), 0.0, 0.0
    for wait, amount in steps:
        now += wait
        given_away += amount if allowance.take(amount, now) else 0.0
        assert given_away <= 60 + now + 1e-6


def test_a_refused_amount_costs_nothing() -> None:
    allowance = Allowance(10)
    assert not allowance.take(11, 0.0)
    assert allowance.take(10, 0.0)
    assert allowance.left == pytest.approx(0)
