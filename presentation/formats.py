"""Numbers, dates and lists as the reader's language writes them. Data stays in UTC and in plain numbers.

Babel (CLDR) is imported at the first use, so that a program that formats nothing starts without it.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from presentation.catalogue import SOURCE, known, translated

if TYPE_CHECKING:
    from babel import Locale

ZONE_NAME: Final = "Europe/Madrid"
"""The zone in which people read times, unless a function is given another."""
_LOCALES: Final = {"es": "es_ES", "en": "en_GB"}
_SWAPPED: Final = str.maketrans(".,", ",.")
_PLAIN_LEAST: Final = 1e-6
_PLAIN_MOST: Final = 1e15
"""Between these a float is written without an exponent."""
_SOUNDS_I: Final = re.compile(r"h?[ií](?![aeoáéó])", re.IGNORECASE)
"""Diccionario panhispánico de dudas, s. v. «y»: e before i and hi, except in diphthongs such as hielo."""
_UNITS: Final = ("kB", "MB", "GB", "TB")
_THOUSAND: Final = 1000
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86_400

Number = int | float | Decimal


def moment(value: datetime, lang: str, *, zone: tzinfo | None = None, seconds: bool = False) -> str:
    """Return an aware time with its offset, such as ``30 nov 2026, 10:05 (+01:00)``.

    Raises:
        ValueError: the time has no zone.
    """
    from babel.dates import format_datetime

    if value.tzinfo is None:
        raise ValueError("a time for people needs to be aware")
    local = _local(value, zone)
    pattern = "d MMM y, HH:mm:ss (xxx)" if seconds else "d MMM y, HH:mm (xxx)"
    return format_datetime(local, pattern, tzinfo=local.tzinfo, locale=_locale(lang))


def day(value: date, lang: str, *, zone: tzinfo | None = None) -> str:
    """Return a date, such as ``30 nov 2026``; of an aware time, the local date."""
    from babel.dates import format_date

    if isinstance(value, datetime):
        value = (_local(value, zone) if value.tzinfo else value).date()
    return format_date(value, "d MMM y", locale=_locale(lang))


def month(value: date, lang: str) -> str:
    """Return the month of a date, such as ``nov 2026``."""
    from babel.dates import format_date

    return format_date(value, "MMM y", locale=_locale(lang))


def number(value: Number, lang: str, digits: int | None = None) -> str:
    """Return a number with the language's separators.

    Args:
        value: a number; NaN and infinities are written as Python does.
        lang: of the reader.
        digits: decimals, exactly; None writes the number in full.
    """
    from babel.numbers import format_decimal

    if not isfinite(value):
        return str(value)
    exact = _exact(value)
    if abs(exact) >= _PLAIN_MOST and (digits is not None or not isinstance(value, float)):
        return _separated(f"{exact:,.{digits}f}" if digits is not None else f"{exact:,f}", lang)
    if digits is not None:
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(exact, pattern, locale=_locale(lang))
    if isinstance(value, float) and value and not _PLAIN_LEAST <= abs(value) < _PLAIN_MOST:
        return _separated(str(value), lang)
    return format_decimal(exact, locale=_locale(lang), decimal_quantization=False)


def percent(value: Number, lang: str, digits: int = 1) -> str:
    """Return a share between 0 and 1 as a percentage with so many decimals."""
    from babel.numbers import format_percent

    pattern = _locale(lang).percent_formats[None].pattern
    return format_percent(
        _exact(value), pattern.replace("0", "0." + "0" * digits) if digits else pattern, _locale(lang)
    )


def epsilon(value: Number | str, lang: str, figures: int = 3) -> str:
    """Return a privacy loss to so many significant figures; text from a ledger is read as a decimal number.

    Raises:
        ValueError: the text is no number.
    """
    from babel.numbers import format_decimal

    try:
        exact = _exact(value) if not isinstance(value, str) else Decimal(value)
    except ArithmeticError as error:
        raise ValueError(f"{value!r} is no number") from error
    if not exact.is_finite():
        return "∞" if exact.is_infinite() else str(value)
    rounded = Decimal(f"{exact:.{figures}g}")
    if rounded and not Decimal("0.0001") <= abs(rounded) < _PLAIN_MOST:
        return _separated(f"{exact:.{figures}g}", lang)
    return format_decimal(rounded, locale=_locale(lang), decimal_quantization=False)


def duration(value: timedelta | float, lang: str) -> str:
    """Return a length of time in its largest sensible unit; a float counts seconds. Negative ones count as zero."""
    seconds = max(value.total_seconds() if isinstance(value, timedelta) else float(value), 0.0)

    def plural(one: str, many: str, n: float) -> str:
        return translated(one, known(lang), many, n).format(n=number(n, lang))

    if seconds >= 2 * _DAY:
        return plural("{n} día", "{n} días", _tenths(seconds / _DAY))
    if seconds >= 2 * _HOUR:
        return plural("{n} hora", "{n} horas", _tenths(seconds / _HOUR))
    if seconds >= _MINUTE:
        return plural("{n} minuto", "{n} minutos", round(seconds / _MINUTE))
    return plural("{n} segundo", "{n} segundos", _tenths(seconds))


def listed(items: Sequence[object], lang: str) -> str:
    """Return items joined as ``a, b y c``; in Spanish ``e`` before the sound of an i."""
    from babel.lists import format_list

    texts = [str(item) for item in items]
    if known(lang) == SOURCE and len(texts) > 1 and _SOUNDS_I.match(texts[-1]):
        texts = [*texts[:-2], f"{texts[-2]} e {texts[-1]}"]
        return ", ".join(texts)
    return format_list(texts, locale=_locale(lang))


def size(count: int, lang: str) -> str:
    """Return a number of bytes in decimal units, such as ``1,5 MB``."""
    if count < _THOUSAND:
        return f"{count} B"
    value = float(count)
    steps = 0
    while value >= _THOUSAND and steps < len(_UNITS):
        value /= _THOUSAND
        steps += 1
    return f"{number(_tenths(value), lang)} {_UNITS[steps - 1]}"


def shown(value: object, lang: str) -> str:
    """Return a value of a message as the language writes it; what has no such form, by ``str``."""
    if isinstance(value, bool | Enum | str):
        return str(value)
    if isinstance(value, datetime):
        return moment(value, lang) if value.tzinfo else str(value)
    if isinstance(value, date):
        return day(value, lang)
    if isinstance(value, int | float | Decimal):
        return number(value, lang)
    return str(value)


def formatted(value: object, spec: str, lang: str) -> str:
    """Return a value under a format specification, numbers with the language's separators, times in local time."""
    if isinstance(value, datetime) and value.tzinfo:
        value = _local(value, None)
    text = format(value, spec)
    return _separated(text, lang) if isinstance(value, int | float | Decimal) else text


def local(value: datetime) -> datetime:
    """Return an aware time in the zone in which people read times."""
    return _local(value, None)


def _local(value: datetime, zone: tzinfo | None) -> datetime:
    return value.astimezone(zone or _zone())


def _separated(text: str, lang: str) -> str:
    return text.translate(_SWAPPED) if known(lang) == SOURCE else text


def _exact(value: Number) -> Decimal:
    return (
        value if isinstance(value, Decimal) else Decimal(repr(float(value)) if isinstance(value, float) else int(value))
    )


def _tenths(value: float) -> float:
    rounded = round(value, 1)
    return int(rounded) if rounded.is_integer() else rounded


@cache
def _zone() -> tzinfo:
    return ZoneInfo(ZONE_NAME)


@cache
def _locale(lang: str) -> "Locale":
    from babel import Locale

    return Locale.parse(_LOCALES[known(lang)])
