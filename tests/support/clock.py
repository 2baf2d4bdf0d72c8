"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class FrozenClock:
    """Implements `service.clock.Clock`."""

    def __init__(self, at: datetime = START) -> None:
        self._now = at

    def now(self) -> datetime:
        """Return the present time of the test."""
        return self._now

    def advance(self, **by: float) -> datetime:
        """Move on by a timedelta given in keywords (``minutes=5``) and return the new time."""
        self._now += timedelta(**by)
        return self._now
