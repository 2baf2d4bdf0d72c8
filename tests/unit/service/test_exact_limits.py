"""A caller gets what its reserve and its refill give, and not one call more."""

from contextlib import suppress

import pytest

from service.errors import TooManyCalls
from service.limits import CallerLimits, CallGroup, Rate
from tests.support.clock import FrozenClock

FETCHES = CallGroup.FETCHES


def limits(*, per_second: float = 1.0, burst: int = 200) -> tuple[CallerLimits, FrozenClock]:
    clock = FrozenClock()
    return CallerLimits(dict.fromkeys(CallGroup, Rate(per_second, burst)), threads=8, now=clock.now), clock


def allowed(of: CallerLimits) -> int:
    """Return how many calls are let in now before one is refused."""
    count = 0
    with suppress(TooManyCalls):
        while True:
            of.spend("a", FETCHES)
            count += 1
    return count


def test_the_reserve_is_as_many_calls_as_it_says() -> None:
    assert allowed(limits()[0]) == 200


def test_an_untouched_reserve_does_not_grow() -> None:
    made, clock = limits()
    made.spend("a", FETCHES)
    clock.advance(days=30)
    assert allowed(made) == 200


def test_a_call_a_moment_too_early_is_refused() -> None:
    made, clock = limits()
    allowed(made)
    clock.advance(seconds=0.995)
    with pytest.raises(TooManyCalls) as caught:
        made.spend("a", FETCHES)
    assert caught.value.retry_after == pytest.approx(0.005)
    clock.advance(seconds=0.005001)
    assert allowed(made) == 1


def test_the_refill_is_the_rate_over_a_long_time() -> None:
    made, clock = limits(per_second=1.0, burst=200)
    allowed(made)
    clock.advance(seconds=199.5)
    assert allowed(made) == 199


def test_refused_attempts_neither_cost_nor_earn_anything() -> None:
    made, clock = limits()
    allowed(made)
    for _ in range(99):
        clock.advance(seconds=0.01)
        with pytest.raises(TooManyCalls):
            made.spend("a", FETCHES)
    clock.advance(seconds=0.0101)
    assert allowed(made) == 1
