"""Answers that speak of different people: a document is a key, and two holders may keep two persons under one.

The values compared are those that the holders released; nothing else is asked or told.
"""

from dataclasses import dataclass
from typing import Final

from node.fetch.asking import Fetched
from policies.catalogue import load_catalogue

SEX: Final = "person.sex"
BIRTH_YEAR: Final = "person.birth_year"
_NOT_STATED: Final = "x"
"""Of `SEX`; it contradicts nothing."""


@dataclass(frozen=True, slots=True)
class IdentityConflict:
    """A field that tells people apart, with another value from each of some holders.

    Attributes:
        field: of the catalogue.
        told: (holder's name, value) of each holder that released it.
    """

    field: str
    told: tuple[tuple[str, object], ...]


def identity_conflicts(fetched: Fetched) -> tuple[IdentityConflict, ...]:
    """Return the fields in which the holders' released values cannot be of one person."""
    found = []
    for field in (BIRTH_YEAR, SEX):
        told = tuple(
            (reply.holder.name, item.value)
            for reply in fetched.replies
            if reply.answer is not None
            for item in reply.answer.fields
            if item.id == field and item.value != _NOT_STATED
        )
        if len({str(value) for _holder, value in told}) > 1:
            found.append(IdentityConflict(field, told))
    return tuple(found)


def shown_value(conflict: IdentityConflict, value: object, lang: str) -> str:
    """Return a value of the conflict in words."""
    return load_catalogue().display(conflict.field, value, lang)
