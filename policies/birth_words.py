"""Birth dates in words, with the parts that are not known."""

from datetime import date

from policies.birth import BirthDate, Precision
from presentation.formats import day, month
from presentation.messages import speaking


def birth_words(born: BirthDate, lang: str) -> str:
    """Return a birth date for people: ``17 may 1980``, ``1980 (solo el año)``, ``desconocida``."""
    say = speaking(lang)
    if born.year is None:
        return say("desconocida")
    first = date(born.year, born.month or 1, born.day or 1)
    if born.precision is Precision.YEAR:
        return say("{year} (solo el año)", year=str(born.year))
    if born.precision is Precision.MONTH:
        return say("{month} (sin el día)", month=month(first, lang))
    return day(first, lang)
