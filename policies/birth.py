"""Birth dates as people have them: to the day, to the month, to the year, or unknown; and the ages that follow.

An age that the law asks for is reached, is not, or nobody can tell. Nobody can tell counts as not reached where it
protects: the person needs somebody beside them, or the date a basis (LO 1/1996 art. 12.4). Written as ISO 8601-2 has
it, with X for what is unknown: ``1980-05-17``, ``1980-05-XX``, ``1980-XX-XX``, ``XXXX-XX-XX``. Spreadsheets leave that
form alone, while they make a day of ``1980-05``.
"""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Final, Self

from pydantic import Field

from policies.documents import Entry, read_document
from policies.errors import PolicyDocumentDamaged
from presentation.messages import Message, _

OLDEST_YEAR: Final = 1850
_WRITTEN: Final = re.compile(r"(?:(?P<year>[0-9]{4})|XXXX)-(?:(?P<month>[0-9]{2})|XX)-(?:(?P<day>[0-9]{2})|XX)")
_MONTHS: Final = 12


class Precision(StrEnum):
    """The part of a birth date that is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"


class AgeBasis(StrEnum):
    """The ground on which a birth date stands: a code of ``age_basis``, or none recorded."""

    NONE = "none"
    DOCUMENT = "document"
    DECLARED = "declared"
    DECREE = "decree"
    """Of the public prosecutor, after an age assessment of an unaccompanied foreigner."""
    ESTIMATED = "estimated"


class Reached(StrEnum):
    """The answer to whether somebody has reached an age."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A birth date: the year, the month and the day, from the left; the rest is unknown.

    Raises:
        ValueError: no such day, a year before 1850, or a part without the one before it.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if (self.month is not None and self.year is None) or (self.day is not None and self.month is None):
            raise ValueError(_("una fecha de nacimiento se conoce de izquierda a derecha: año, mes, día"))
        if self.year is not None and self.year < OLDEST_YEAR:
            raise ValueError(_("el año es anterior a {first_year:d}", first_year=OLDEST_YEAR))
        if self.year is not None:
            date(self.year, 1 if self.month is None else self.month, 1 if self.day is None else self.day)

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the birth date that is known to the day."""
        return cls(day.year, day.month, day.day)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the birth date of the text that `text` writes.

        Raises:
            ValueError: another form, or no such day.
        """
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(_("no es una fecha de nacimiento"))
        return cls(*(None if part is None else int(part) for part in found.group("year", "month", "day")))

    @property
    def text(self) -> str:
        """The date in ISO 8601-2, with X for each unknown digit."""
        year = "XXXX" if self.year is None else f"{self.year:04d}"
        return "-".join([year, *("XX" if part is None else f"{part:02d}" for part in (self.month, self.day))])

    @property
    def precision(self) -> Precision:
        """The part that is known."""
        known = sum(part is not None for part in (self.year, self.month, self.day))
        return (Precision.UNKNOWN, Precision.YEAR, Precision.MONTH, Precision.DAY)[known]

    @property
    def exact(self) -> date | None:
        """The day; None when it is not known."""
        if self.year is None or self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)

    @property
    def span(self) -> tuple[date, date] | None:
        """The first and the last day that it can be; None when nothing is known."""
        if self.year is None:
            return None
        first, last = self.month or 1, self.month or _MONTHS
        if self.day is not None:
            return date(self.year, first, self.day), date(self.year, first, self.day)
        return date(self.year, first, 1), date(self.year, last, calendar.monthrange(self.year, last)[1])


@dataclass(frozen=True, slots=True)
class Birth:
    """A birth date with the ground on which it stands."""

    day: BirthDate
    basis: AgeBasis = AgeBasis.NONE

    def ages_on(self, today: date) -> tuple[int, int] | None:
        """Return the least and the greatest age in completed years; None when nothing is known.

        Both include the margin of the basis. A birth date that may lie after `today` gives a negative age.
        """
        span, margin = self.day.span, margins()[self.basis]
        if span is None:
            return None
        return completed_years(span[1], today) - margin, completed_years(span[0], today) + margin

    def reached(self, years: int, today: date) -> Reached:
        """Return whether the person has completed so many years of age."""
        ages = self.ages_on(today)
        if ages is None or ages[0] < years <= ages[1]:
            return Reached.CANNOT_TELL
        return Reached.YES if ages[0] >= years else Reached.NO

    def may_be(self, other: "Birth") -> bool:
        """Return whether both can be one birth: their spans meet, with the margins; nothing known meets everything."""
        one, two = self.day.span, other.day.span
        if one is None or two is None:
            return True
        margin = margins()[self.basis] + margins()[other.basis]
        apart = max(completed_years(one[1], two[0]), completed_years(two[1], one[0]))
        if margin:
            return apart < margin
        return one[0] <= two[1] and two[0] <= one[1]


def completed_years(born: date, today: date) -> int:
    """Return the whole years from a birth to a day; who was born on 29 February completes them on 1 March."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


class _Margin(Entry):
    basis: AgeBasis
    margin_years: int = Field(ge=0, le=10)
    article: str = Field(min_length=1, max_length=300)
    proposal: bool


class _Document(Entry):
    version: str
    bases: tuple[_Margin, ...]


@cache
def margins() -> Mapping[AgeBasis, int]:
    """Return the years by which a date on each basis may be wrong.

    Raises:
        PolicyDocumentDamaged: the document is unreadable, or leaves a basis out.
    """
    found = {each.basis: each.margin_years for each in read_document("data/ages.yaml", _Document).bases}
    if set(found) != set(AgeBasis):
        raise PolicyDocumentDamaged(_("ages.yaml: falta una base de la edad"))
    return found


def undecided_remedy() -> Message:
    """Return the steps where nobody can tell whether an age is reached."""
    return _(
        "anote en la ficha la fecha que conste en un documento o en el decreto de la fiscalía (birth_date y "
        "person.age_basis); mientras tanto, que actúe con la persona quien tenga su patria potestad, tutela o guarda, "
        "con --guardian-document"
    )
