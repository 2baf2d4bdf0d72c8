"""Column types that mean the same on SQLite and PostgreSQL, shared by every package with tables."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

_NAIVE: Final = "a naive time has no meaning here: pass an aware one"

RowNumber = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key; on SQLite it must be spelled INTEGER to be the row id itself."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always aware and in UTC; SQLite would hand it back naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(_NAIVE)
        return value.astimezone(UTC)

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def sqlite_text(moment: datetime | None) -> str | None:
    """Return a moment as `UtcDateTime` stores it in SQLite, which has no type for it.

    Raises:
        ValueError: it is naive.
    """
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError(_NAIVE)
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def sqlite_time(text: str | None) -> datetime | None:
    """Return the moment that `UtcDateTime` stored in SQLite."""
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)
