from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import TooManyCalls
from service.limits import MAX_CALLERS, OTHERS, SURE_SHARE, CallerLimits, CallGroup, Excess, Rate
from tests.support.clock import FrozenClock

FETCHES, MESSAGES = CallGroup.FETCHES, CallGroup.MESSAGES


def limits(*, per_second: float = 2.0, burst: int = 3, threads: int = 16) -> tuple[CallerLimits, FrozenClock]:
    clock = FrozenClock()
    rates = dict.fromkeys(CallGroup, Rate(per_second, burst))
    return CallerLimits(rates, threads=threads, now=clock.now), clock


def counts(of: CallerLimits) -> dict[tuple[str, str, str], int]:
    return {(each.caller, each.group, each.excess): each.count for each in of.refused()}


def test_a_reserve_that_is_used_up_is_refilled_at_the_rate() -> None:
    made, clock = limits()
    for _ in range(3):
        made.spend("a", FETCHES)
    with pytest.raises(TooManyCalls) as caught:
        made.spend("a", FETCHES)
    assert caught.value.retry_after == pytest.approx(0.5)
    clock.advance(seconds=caught.value.retry_after)
    made.spend("a", FETCHES)
    with pytest.raises(TooManyCalls):
        made.spend("a", FETCHES)
    assert counts(made) == {("a", "fetches", "rate"): 2}


def test_callers_and_groups_have_reserves_of_their_own() -> None:
    made, _ = limits(burst=1)
    made.spend("a", FETCHES)
    made.spend("a", MESSAGES)
    made.spend("b", FETCHES)
    with pytest.raises(TooManyCalls):
        made.spend("a", FETCHES)


def test_a_clock_that_is_put_back_refills_nothing_and_starves_nobody() -> None:
    made, clock = limits(burst=2)
    made.spend("a", FETCHES)
    made.spend("a", FETCHES)
    clock.advance(hours=-5)
    with pytest.raises(TooManyCalls):
        made.spend("a", FETCHES)
    clock.advance(seconds=1)
    made.spend("a", FETCHES)


@given(st.lists(st.floats(min_value=-10, max_value=10), max_size=200))
def test_no_pattern_of_calls_gets_more_than_reserve_and_refill(steps: list[float]) -> None:
    made, clock = limits()
    allowed, forward = 0, 0.0
    for step in steps:
        clock.advance(seconds=step)
        forward += max(step, 0.0)
        with suppress(TooManyCalls):
            made.spend("a", FETCHES)
            allowed += 1
    assert allowed <= 3 + 2.0 * forward + 1e-6


def test_one_caller_alone_gets_half_of_the_threads_and_each_newcomer_finds_some() -> None:
    made, _ = limits(burst=1000, threads=48)
    taken: dict[str, int] = {}
    for caller in "abcdef":
        with pytest.raises(TooManyCalls):
            while True:
                made.enter(caller, FETCHES)
                taken[caller] = taken.get(caller, 0) + 1
    assert taken["a"] == 24
    assert all(taken[caller] >= SURE_SHARE for caller in "bcdef")
    assert counts(made)["a", "fetches", "share"] == 1
    for _ in range(24):
        made.leave("a")
    made.enter("b", FETCHES)  # what one gives back is the others' again


def test_a_share_refused_costs_nothing_of_the_reserve() -> None:
    made, _ = limits(burst=1000, threads=2)
    made.enter("a", FETCHES)
    for _ in range(2000):
        with pytest.raises(TooManyCalls):
            made.enter("a", FETCHES)
    made.leave("a")
    made.enter("a", FETCHES)


def test_the_memory_of_callers_is_bounded_and_their_counts_are_kept_in_sum() -> None:
    made, _ = limits(burst=1, threads=64)
    made.enter("busy", FETCHES)
    for number in range(MAX_CALLERS + 50):
        made.spend(f"caller-{number}", FETCHES)
        if number < 10:
            made.note(f"caller-{number}", FETCHES, Excess.SIZE)
    found = counts(made)
    assert len(made._callers) == MAX_CALLERS  # noqa: SLF001 - the bound on memory shows nowhere else
    assert found[OTHERS, "fetches", "size"] == 10
    made.leave("busy")  # whoever has a call under way is not forgotten


def test_when_every_caller_has_a_call_under_way_one_more_is_refused() -> None:
    made, _ = limits(burst=1, threads=10 * MAX_CALLERS)
    for number in range(MAX_CALLERS):
        made.enter(f"caller-{number}", FETCHES)
    with pytest.raises(TooManyCalls):
        made.enter("one-more", FETCHES)
