from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from service.columns import UtcDateTime, sqlite_text, sqlite_time

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=OFFSETS)  # noqa: DTZ001 - made aware by hypothesis


@given(MOMENTS)
def test_the_driver_writes_and_reads_the_times_that_sqlalchemy_does(moment: datetime) -> None:
    dialect = create_engine("sqlite://").dialect
    kind = UtcDateTime().dialect_impl(dialect)
    send, receive = kind.bind_processor(dialect), kind.result_processor(dialect, None)
    assert send is not None
    assert receive is not None
    text = sqlite_text(moment)
    assert text == send(moment)
    assert sqlite_time(text) == receive(text) == moment
    assert sqlite_time(text).tzinfo is UTC  # type: ignore[union-attr]  # a moment gives one


def test_no_time_is_none_and_a_naive_one_has_no_meaning() -> None:
    assert sqlite_text(None) is None
    assert sqlite_time(None) is None
    with pytest.raises(ValueError, match="aware"):
        sqlite_text(datetime(2026, 11, 22))  # noqa: DTZ001 - that is what is refused
