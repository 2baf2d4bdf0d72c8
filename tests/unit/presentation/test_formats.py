"""Numbers, dates and lists as each language writes them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presentation import formats

NBSP = "\u00a0"


def test_times_are_local_with_their_offset() -> None:
    summer = datetime(2026, 7, 30, 22, 30, 5, tzinfo=UTC)
    assert formats.moment(summer, "es") == "31 jul 2026, 00:30 (+02:00)"
    assert formats.moment(summer, "en", seconds=True) == "31 Jul 2026, 00:30:05 (+02:00)"
    assert formats.moment(summer, "es", zone=ZoneInfo("Atlantic/Canary")) == "30 jul 2026, 23:30 (+01:00)"
    assert formats.day(summer, "es") == "31 jul 2026"
    assert formats.day(date(2026, 7, 30), "en") == "30 Jul 2026"
    assert formats.month(date(2026, 1, 2), "es") == "ene 2026"


def test_both_hours_of_the_night_the_clocks_go_back_are_told_apart() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert formats.moment(first, "es").endswith("02:30 (+02:00)")
    assert formats.moment(first + timedelta(hours=1), "es").endswith("02:30 (+01:00)")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        formats.moment(datetime(2026, 1, 1), "es")  # noqa: DTZ001 - the point


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (formats.number(1234567.891, "es", 2), "1.234.567,89"),
        (formats.number(1234567.891, "en"), "1,234,567.891"),
        (formats.number(5, "es", 2), "5,00"),
        (formats.number(1.5e-9, "es"), "1,5e-09"),
        (formats.number(float("nan"), "es"), "nan"),
        (formats.percent(0.1234, "es"), f"12,3{NBSP}%"),
        (formats.percent(0.1234, "en", 0), "12%"),
        (formats.epsilon(1.23456, "es"), "1,23"),
        (formats.epsilon("1.23456", "en"), "1.23"),
        (formats.epsilon(1.23456e-7, "es"), "1,23e-7"),
        (formats.epsilon("inf", "es"), "∞"),
        (formats.epsilon(0.5, "es"), "0,5"),
        (formats.duration(timedelta(days=3, hours=12), "es"), "3,5 días"),
        (formats.duration(timedelta(hours=4), "en"), "4 hours"),
        (formats.duration(60, "es"), "1 minuto"),
        (formats.duration(0.5, "es"), "0,5 segundos"),
        (formats.duration(-5, "en"), "0 seconds"),
        (formats.listed(["a", "b", "c"], "es"), "a, b y c"),
        (formats.listed(["pan", "ideas"], "es"), "pan e ideas"),
        (formats.listed(["a"], "en"), "a"),
        (formats.listed([], "es"), ""),
        (formats.size(999, "es"), "999 B"),
        (formats.size(1_500_000, "es"), "1,5 MB"),
        (formats.size(3 * 10**15, "en"), "3,000 TB"),
    ],
)
def test_figures_are_those_of_the_language(shown: str, expected: str) -> None:
    assert shown == expected


def test_an_epsilon_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="no number"):
        formats.epsilon("much", "es")


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_no_figure_is_lost(value: float) -> None:
    assert float(formats.number(value, "en").replace(",", "")) == float(value)
    assert float(formats.number(value, "es").replace(".", "").replace(",", ".")) == float(value)
