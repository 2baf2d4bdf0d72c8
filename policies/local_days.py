"""Days as people count them: those of Europe/Madrid, whatever the zone of the machine.

Times are kept in UTC; ages, deadlines and validity are said in days. A day begins at midnight of Madrid, which is 22:00
or 23:00 UTC of the day before, and lasts 23, 24 or 25 hours.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from presentation.formats import ZONE_NAME

_ONE: Final = timedelta(days=1)


def local_day(moment: datetime) -> date:
    """Return the day of an aware time.

    Raises:
        ValueError: the time has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a time needs its zone to have a day")
    return moment.astimezone(_zone()).date()


def start_of(day: date) -> datetime:
    """Return the first moment of a day, UTC."""
    return datetime.combine(day, time(), _zone()).astimezone(UTC)


def end_of(day: date) -> datetime:
    """Return the moment at which a day is over, UTC: "until 31 December" ends at it."""
    return start_of(day + _ONE)


def end_after(moment: datetime, days: int) -> datetime:
    """Return the end of the day that is some days on, UTC."""
    return end_of(local_day(moment) + timedelta(days=days))


def last_day(end: datetime) -> date:
    """Return the last day, wholly or in part, of a period that ends just before a moment."""
    return local_day(end - timedelta(microseconds=1))


def said_until(end: datetime) -> date | datetime:
    """Return what people are told of an end: the last day of what ends with a day, else the moment."""
    through = last_day(end)
    return through if end_of(through) == end else end


@cache
def _zone() -> ZoneInfo:
    return ZoneInfo(ZONE_NAME)
