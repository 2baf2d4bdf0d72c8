"""Translatable texts: Spanish is the source, English comes from the catalogue beside this module.

A template is a literal with ``{name}`` fields, optionally with ``!r`` or ``!s`` and a format specification. Fields are
names only: no attributes, no indices. A value is data and is never read as a template.

Numbers are grouped in the reader's language; a number that identifies (a port, a year) takes a specification that keeps
it as it is: ``{port:d}``.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from string import Formatter
from typing import Any, Final, Self

from presentation.catalogue import SOURCE, known, translated
from presentation.harmless import harmless, harmless_line

_FAULTS: Final = (ValueError, TypeError, LookupError)
"""Raised by a template that its values do not fit."""

_here: ContextVar[str | None] = ContextVar("language", default=None)


_process: str = known(os.environ.get("REDPACT_LANG", SOURCE))


def current_language() -> str:
    """Return the language of this context, or else of the process."""
    return _here.get() or _process


def use_language(lang: str) -> None:
    """Set the language of the process. Only the entry point of a program calls this."""
    global _process  # noqa: PLW0603 - a process has one language, like one locale
    _process = known(lang)


@contextmanager
def language(lang: str) -> Iterator[None]:
    """Set the language of this thread or task for the length of a ``with`` block."""
    token = _here.set(known(lang))
    try:
        yield
    finally:
        _here.reset(token)


class Message(str):
    """A text with its template and values, readable as a plain string in the language it was created in.

    Attributes:
        template: in Spanish; of a plural, the form for one.
        many: the form for any other count, None when the message has no plural.
        values: what the fields stand for; a plural has its count as ``n``.
    """

    __slots__ = ("many", "template", "values")
    template: str
    many: str | None
    values: Mapping[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Any], many: str | None = None) -> Self:
        """Render the message in the current language."""
        return cls._restored(rendered(template, many, values, current_language()), template, values, many)

    @classmethod
    def _restored(cls, text: str, template: str, values: Mapping[str, Any], many: str | None) -> Self:
        self = super().__new__(cls, text)
        self.template = template
        self.many = many
        self.values = values
        return self

    def __reduce__(self) -> tuple[Any, ...]:  # type: ignore[explicit-override]  # typing.override needs 3.12
        return self._restored, (str(self), self.template, dict(self.values), self.many)

    def in_language(self, lang: str) -> str:
        """Return the text in a language."""
        return rendered(self.template, self.many, self.values, known(lang))


class Listing(Message):
    """A list of values, written ``a, b y c``."""

    __slots__ = ()

    def __new__(cls, items: Iterable[object]) -> Self:
        """Write the list in the current language."""
        values = {str(place): item for place, item in enumerate(items)}
        return cls._restored(_listed(values, current_language()), "", values, None)

    def in_language(self, lang: str) -> str:  # type: ignore[explicit-override]  # typing.override needs 3.12
        """Return the list in a language."""
        return _listed(self.values, known(lang))


class Joined(Message):
    """Messages one after the other, with the same separator in every language."""

    __slots__ = ()

    def __new__(cls, parts: Iterable[object], separator: str) -> Self:
        """Join the parts in the current language."""
        values = {str(place): part for place, part in enumerate(parts)}
        return cls._restored(_joined(values, separator, current_language()), separator, values, None)

    def in_language(self, lang: str) -> str:  # type: ignore[explicit-override]  # typing.override needs 3.12
        """Return the parts in a language."""
        return _joined(self.values, self.template, known(lang))


class Bilingual(Message):
    """A text of a document that brings its own English, such as a name in a code list."""

    __slots__ = ()

    def __new__(cls, es: str, en: str) -> Self:
        """Write the text in the current language."""
        values = {SOURCE: es, "en": en}
        return cls._restored(values[current_language()], "", values, None)

    def in_language(self, lang: str) -> str:  # type: ignore[explicit-override]  # typing.override needs 3.12
        """Return the text in a language."""
        return str(self.values[known(lang)])


def _joined(values: Mapping[str, object], separator: str, lang: str) -> str:
    return separator.join(harmless(_shown(part, "", None, lang)) for part in values.values())


def _(template: str, /, **values: object) -> Message:
    """Return a translatable message."""
    return Message(template, values)


def plural(one: str, many: str, n: float, /, **values: object) -> Message:
    """Return a translatable message about a count, which both forms may show as ``{n}``."""
    return Message(one, {**values, "n": n}, many)


def listing(items: Iterable[object]) -> Message:
    """Return a list that is written in the language of its reader: ``a, b y c``."""
    return Listing(items)


def joined(parts: Iterable[object], separator: str = " ") -> Message:
    """Return messages one after the other; the separator is data and is not translated."""
    return Joined(parts, separator)


def bilingual(es: str, en: str) -> Message:
    """Return a text of a document that brings its own English; code has `_` instead."""
    return Bilingual(es, en)


def in_language(text: str, lang: str) -> str:
    """Return a message in a language; any other string unchanged."""
    return text.in_language(lang) if isinstance(text, Message) else text


class Translator:
    """The words of one language.

    Attributes:
        lang: the language, one of `LANGUAGES`.
    """

    __slots__ = ("lang",)

    def __init__(self, lang: str) -> None:
        self.lang: Final = known(lang)

    def __call__(self, template: str, /, **values: object) -> str:
        """Return a template filled in in this language; a `Message` is rendered with its own values."""
        if isinstance(template, Message):
            return template.in_language(self.lang)
        return rendered(template, None, values, self.lang)

    def plural(self, one: str, many: str, n: float, /, **values: object) -> str:
        """Return the form for a count, which both forms may show as ``{n}``."""
        return rendered(one, many, {**values, "n": n}, self.lang)


def speaking(lang: str) -> Translator:
    """Return the translator into a language; Spanish when it is unknown."""
    return Translator(lang)


def fields_of(template: str) -> frozenset[str]:
    """Return the names of a template's fields.

    Raises:
        ValueError: the template does not parse, or has a field that is no plain name.
    """
    return frozenset(name for _text, name, _spec, _conversion in _parsed(template) if name is not None)


@lru_cache(maxsize=4096)
def _parsed(template: str) -> tuple[tuple[str, str | None, str, str | None], ...]:
    parts = tuple((text, name, spec or "", how) for text, name, spec, how in Formatter().parse(template))
    for _text, name, spec, how in parts:
        if name is not None and not name.isidentifier():
            raise ValueError(f"{name!r} is no plain name")
        if how not in {None, "r", "s"} or "{" in spec:
            raise ValueError(f"{name!r} has a conversion or specification that templates do not have")
    return parts


def rendered(
    template: str,
    many: str | None,
    values: Mapping[str, Any],
    lang: str,
    *,
    quote: Callable[[str], str] | None = None,
) -> str:
    """Return a template filled in in a language.

    A faulty translation gives way to the source, and a faulty source is shown as it is: an error that is being shown
    must not hide behind another. ``tools.words --check`` finds both.

    Args:
        template: in Spanish; of a plural, the form for one.
        many: the form for any other count, None without a plural.
        values: of the fields; the count of a plural is ``n``.
        lang: one of `LANGUAGES`.
        quote: applied to words and values, except to values that are HTML already.
    """
    n = values.get("n", 1) if many is not None else 1
    source = translated(template, SOURCE, many, n)
    for candidate in (translated(template, lang, many, n), source):
        try:
            return _filled(candidate, values, lang, quote)
        except _FAULTS:
            continue
    return quote(source) if quote else source


def _filled(template: str, values: Mapping[str, Any], lang: str, quote: Callable[[str], str] | None) -> str:
    parts = []
    for text, name, spec, how in _parsed(template):
        parts.append(quote(text) if quote else text)
        if name is not None:
            value = values[name]
            shown = _shown(value, spec, how, lang)
            shown = harmless(shown) if isinstance(value, Message) else harmless_line(shown)
            parts.append(shown if quote is None or (how is None and hasattr(value, "__html__")) else quote(shown))
    return "".join(parts)


def _shown(value: object, spec: str, how: str | None, lang: str) -> str:
    if isinstance(value, Message):
        value = value.in_language(lang)
    if how is not None:
        return format(repr(value) if how == "r" else str(value), spec)
    if isinstance(value, str):
        return format(str(value), spec)
    if type(value) is int and -1000 < value < 1000 and not spec:  # noqa: PLR2004 - below the first separator
        return str(value)
    from presentation.formats import formatted, shown

    return formatted(value, spec, lang) if spec else shown(value, lang)


def _listed(values: Mapping[str, Any], lang: str) -> str:
    from presentation.formats import listed

    return listed([harmless_line(_shown(value, "", None, lang)) for value in values.values()], lang)
