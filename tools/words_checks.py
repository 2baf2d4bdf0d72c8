"""Find the faults of a catalogue of translations."""

import re
from collections.abc import Iterator
from typing import Final

from babel.messages import Catalog
from babel.messages.catalog import Message

from presentation.messages import fields_of

_PERCENT: Final = re.compile(r"%\((\w+)\)s")
"""A value in a ``{% trans %}`` block of a template."""


def problems(current: Catalog, wanted: Catalog) -> list[str]:
    """Return one line per problem.

    Args:
        current: the committed catalogue.
        wanted: the catalogue that extraction gives.
    """
    found = []
    for message in wanted:
        if message.id:
            known = current.get(message.id)
            if known is None or known.pluralizable != message.pluralizable:
                found.append(f"missing: {_name(message)}")
            else:
                found += [f"{kind}: {_name(message)}" for kind in _of(known)]
    gone = [*(message for message in current if message.id), *current.obsolete.values()]
    found += [f"obsolete: {_name(message)}" for message in gone if wanted.get(message.id) is None]
    return found


def _of(message: Message) -> Iterator[str]:
    if not all(_forms(message.string)):
        yield "missing"
        return
    if message.fuzzy:
        yield "fuzzy"
    try:
        sources = [_fields(text) for text in _forms(message.id)]
    except ValueError as error:
        yield f"faulty template ({error})"
        return
    try:
        translations = [_fields(text) for text in _forms(message.string)]
    except ValueError as error:
        yield f"faulty translation ({error})"
        return
    count = {"n"} if message.pluralizable else set()  # "una persona" needs no figure
    if any(ours - count != theirs - count for ours, theirs in zip(sources, translations, strict=False)):
        yield "other fields than the source"


def _forms(texts: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(texts) if isinstance(texts, list | tuple) else (texts or "",)


def _fields(text: str) -> frozenset[str]:
    percent = frozenset(_PERCENT.findall(text))
    return percent or fields_of(text)


def _name(message: Message) -> str:
    places = ", ".join(dict.fromkeys(place for place, _line in message.locations))
    return f"{_forms(message.id)[0]!r}" + (f" ({places})" if places else "")
