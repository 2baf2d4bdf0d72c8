"""Compare two descriptions under one document, which is a key and not an identity.

Names are compared as offices write them: accents, case, order, a second surname left out, particles, a slip of the
pen. Spanish names have one or two surnames (Ley 20/2011, art. 49), and mother and child share one of them, so the name
alone proves nothing: the birth date decides, as far as it is known, and where it differs by more than a slip, or the
name by more than spelling, a person has to decide. The limits are a proposal, tried on fictitious names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from policies.birth import Birth, BirthDate
from policies.plain_text import without_accents

_PARTICLES: Final = frozenset(
    {"de", "del", "la", "las", "los", "el", "y", "i", "e", "da", "do", "dos", "van", "von", "ben", "bin", "al"}
)
_ALIKE: Final = 0.79
"""Least similarity of two parts of a name that are one part misspelt; ``Gonzalez`` and ``Gonzales`` have 0.88."""

_LEAST_PARTS: Final = 2
"""Parts of a name that must agree: a first name and a surname."""

_ONE_DIGIT: Final = 1


class Likeness(StrEnum):
    """The degree to which two descriptions agree."""

    SAME = "same"
    SLIP = "slip"
    """The names agree and the birth dates differ as a slip of the pen makes them: day and month changed, one digit."""
    DIFFERENT = "different"
    """A person must decide whether these are one person."""


@dataclass(frozen=True, slots=True)
class Described:
    """A person as one source describes them."""

    name: str
    birth: Birth


def likeness(one: Described, other: Described) -> Likeness:
    """Return how far two descriptions under one document agree."""
    if not names_agree(one.name, other.name):
        return Likeness.DIFFERENT
    if one.birth.may_be(other.birth):
        return Likeness.SAME
    return Likeness.SLIP if _is_slip(one.birth.day, other.birth.day) else Likeness.DIFFERENT


def names_agree(one: str, other: str) -> bool:
    """Return whether two names can be one person's: every part of the shorter one is in the longer one.

    Parts agree in any order, without accents, case and particles, and with one slip of the pen each. At least two parts
    must agree, or all of a name that has only one.
    """
    first, second = sorted((name_parts(one), name_parts(other)), key=lambda parts: (len(parts), parts))
    if not first:
        return not second
    if len(first) < min(_LEAST_PARTS, len(second)):
        return False
    return _all_found(first, second)


def name_parts(name: str) -> tuple[str, ...]:
    """Return the parts of a name without accents, case, signs and particles, in their order."""
    words = "".join(each if each.isalpha() else " " for each in without_accents(name)).split()
    return tuple(word for word in words if word not in _PARTICLES) or tuple(words)


def _all_found(parts: Sequence[str], among: Sequence[str]) -> bool:
    left = list(among)
    for part in parts:
        best = max(left, key=lambda each: _similarity(part, each))
        if _similarity(part, best) < _ALIKE:
            return False
        left.remove(best)
    return True


def _similarity(one: str, other: str) -> float:
    if one == other:
        return 1.0
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) == 1 and longer.startswith(shorter):
        return 1.0  # an initial
    return max(SequenceMatcher(None, *pair, autojunk=False).ratio() for pair in ((one, other), (other, one)))


def _is_slip(one: BirthDate, other: BirthDate) -> bool:
    if one.exact is None or other.exact is None:
        return False  # of less than a day, one digit is a year
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return True
    digits = zip(one.text, other.text, strict=True)
    return sum(a != b for a, b in digits) == _ONE_DIGIT
