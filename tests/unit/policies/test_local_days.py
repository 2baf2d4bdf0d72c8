"""A day is a day of Madrid, also at night, in summer, and when clocks change."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from policies.local_days import end_after, end_of, last_day, local_day, said_until, start_of

TICK = timedelta(microseconds=1)

pytestmark = pytest.mark.invariant(10)


@pytest.fixture(params=["UTC", "America/New_York", "Pacific/Auckland"])
def zone_of_the_machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.delenv("TZ")
    os.environ.pop("TZ", None)
    time.tzset()


@pytest.mark.usefixtures("zone_of_the_machine")
@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2027, 6, 30, 21, 59, 59, tzinfo=UTC), date(2027, 6, 30)),
        (datetime(2027, 6, 30, 22, 0, tzinfo=UTC), date(2027, 7, 1)),
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
    ids=["summer-evening", "summer-midnight", "winter-evening", "new-year"],
)
def test_the_day_is_that_of_madrid(moment: datetime, day: date) -> None:
    assert local_day(moment) == day


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31), date(2027, 12, 31), date(2028, 2, 28)])
def test_a_day_ends_where_the_next_begins(day: date) -> None:
    assert end_of(day) == start_of(day + timedelta(days=1))
    assert local_day(end_of(day) - TICK) == last_day(end_of(day)) == day
    assert local_day(end_of(day)) == day + timedelta(days=1)


def test_days_on_are_counted_by_the_calendar_and_not_by_hours() -> None:
    before_the_clocks_change = datetime(2027, 3, 27, 12, 0, tzinfo=UTC)
    assert end_after(before_the_clocks_change, 1) == datetime(2027, 3, 28, 22, 0, tzinfo=UTC)
    late_at_night = datetime(2027, 6, 30, 22, 30, tzinfo=UTC)  # 00:30 of 1 July
    assert last_day(end_after(late_at_night, 30)) == date(2027, 7, 31)


def test_a_time_without_a_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="zone"):
        local_day(datetime(2027, 1, 1))  # noqa: DTZ001 - that is what is refused


def test_people_are_told_the_last_day_of_what_ends_with_a_day_and_else_the_moment() -> None:
    assert said_until(end_of(date(2027, 12, 31))) == date(2027, 12, 31)
    moment = datetime(2027, 12, 31, 12, 0, tzinfo=UTC)
    assert said_until(moment) == moment
