"""Birth dates in cells: known to the day, the month or the year, or unknown, as offices write them."""

import re
from datetime import date
from typing import Final

from node.people import cells
from node.people.errors import RecordInvalid
from policies.birth import OLDEST_YEAR, BirthDate
from presentation.messages import _
from service.sheets.cells import comparable

_YEAR: Final = re.compile(r"[0-9]{4}")
_ISO_MONTH: Final = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})")
_SPANISH_MONTH: Final = re.compile(r"(?P<month>[0-9]{1,2})[/.-](?P<year>[0-9]{4})")
_UNKNOWN: Final = frozenset({"desconocida", "desconocido", "unknown", "no consta", "se desconoce"})


def read_birth_date(cell: str) -> BirthDate:
    """Return a birth date: a day, ``1980-05-XX``, ``05/1980``, ``1980-XX-XX``, ``1980``, ``desconocida``.

    Raises:
        RecordInvalid: none of these, no such day, or before 1850.
    """
    if comparable(cell) in _UNKNOWN:
        return BirthDate()
    month = _ISO_MONTH.fullmatch(cell) or _SPANISH_MONTH.fullmatch(cell)
    try:
        if "X" in cell.upper():
            return BirthDate.parse(cell.upper())
        if _YEAR.fullmatch(cell):
            return BirthDate(int(cell))
        if month is not None:
            return BirthDate(int(month["year"]), int(month["month"]))
    except ValueError as error:
        raise RecordInvalid(
            _("se espera una fecha de nacimiento desde {year}", year=str(OLDEST_YEAR)),
            remedy=_("escriba AAAA-MM-DD, AAAA-MM-XX, AAAA-XX-XX, o XXXX-XX-XX si no se conoce"),
        ) from error
    return BirthDate.of(_day(cell))


def _day(cell: str) -> date:
    try:
        return cells.read_date(cell)
    except RecordInvalid as error:
        remedy = _("{remedy}; si solo se conoce una parte, AAAA-MM-XX, AAAA-XX-XX o XXXX-XX-XX", remedy=error.remedy)
        raise RecordInvalid(error.message, remedy=remedy) from error
