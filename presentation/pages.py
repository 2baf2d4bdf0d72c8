"""HTML pages from templates: every value escaped, no script, nothing loaded, one shell and one stylesheet.

A package says where its templates are, ``PAGES = Pages("consent_ledger", "templates")``, and extends ``shell.html``. In
a template ``_("... {name}", name=value)`` and ``plural(one, many, n)`` give the words of the page's language; a value
that is Markup stays as it is, any other is escaped. A message of the context is shown in the page's language by itself.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from presentation import formats
from presentation.catalogue import LANGUAGES, known, translated
from presentation.harmless import harmless
from presentation.messages import Message, in_language, rendered

if TYPE_CHECKING:
    from jinja2 import Environment

_OPENED: Final = re.compile(r"<(?P<tag>tr|td|th)(?=[ >])")
_TEXT: Final = re.compile(r">[^<]+")
_LONG_WORD: Final = re.compile(r"(?:&[#\w]+;|[^\s<>&]){21,}")
_PIECES: Final = re.compile(r"(?:&[#\w]+;|[^&]){1,10}")
"""A word of more than 20 characters may break after every tenth; an entity counts as one."""
TEMPLATES: Final = Path(__file__).parent / "templates"


class Pages:
    """The pages of a package.

    Attributes:
        package: the name of the Python package.
        folder: of its templates, inside the package.
        beneath: packages whose folders of the same name have the templates that this package lacks.
    """

    __slots__ = ("beneath", "folder", "package")

    def __init__(self, package: str, folder: str = "templates", *, beneath: tuple[str, ...] = ()) -> None:
        self.package: Final = package
        self.folder: Final = folder
        self.beneath: Final = beneath

    def render(self, template: str, lang: str, /, **context: object) -> Markup:
        """Return a page in a language.

        Args:
            template: its name in the folder.
            lang: ``es`` or ``en``; anything else is Spanish.
            context: the variables of the template; one that is missing is an error.
        """
        environment = _environment((self.package, *self.beneath), self.folder, known(lang))
        return Markup(environment.get_template(template).render(**context))  # noqa: S704 - autoescape made it

    def in_both(
        self, template: str, /, contexts: Mapping[str, Mapping[str, object]] | None = None, **context: object
    ) -> dict[str, Markup]:
        """Return a part of a page in each language.

        Args:
            template: its name in the folder.
            contexts: language -> variables that only this language has.
            context: the variables of all.
        """
        own = contexts or {}
        return {lang: self.render(template, lang, **context, **own.get(lang, {})) for lang in LANGUAGES}

    def bilingual(
        self,
        template: str,
        lang: str,
        /,
        main: str,
        contexts: Mapping[str, Mapping[str, object]] | None = None,
        **context: object,
    ) -> Markup:
        """Return a page that holds both languages and opens in one.

        Args:
            template: extends ``bilingual.html`` (a choice of language) or ``both.html`` (one after the other).
            lang: the language it opens in.
            main: the template of the content, rendered in each language.
            contexts: language -> variables that only this language has.
            context: the variables of all.
        """
        mains = self.in_both(main, contexts, **context)
        return self.render(template, lang, mains=mains, **context, **(contexts or {}).get(known(lang), {}))


@cache
def stylesheet() -> str:
    """Return the stylesheet of every page."""
    return (TEMPLATES / "style.css").read_text(encoding="utf-8")


def style_source(style: str) -> str:
    """Return the source expression that allows one inline stylesheet (Content Security Policy Level 3)."""
    return f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'"


def moment(value: datetime, lang: str, *, seconds: bool = False) -> Markup:
    """Return a time for people that programs can read too."""
    shown = formats.moment(value, lang, seconds=seconds)
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), shown)


def day(value: date, lang: str) -> Markup:
    """Return a date for people that programs can read too."""
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), formats.day(value, lang))


def labelled(rows: Markup, heads: Sequence[object]) -> Markup:
    """Return the rows of a table with the heading of each cell as its label, by which a narrow screen stacks them.

    Roles say that it is a table also where it does not look like one, and a word that no column could hold may break.

    Args:
        rows: markup of this package's templates: ``tr`` elements whose ``td`` and ``th`` are the columns in order.
        heads: of the columns.
    """
    labels = [escape(head) for head in heads]
    place = 0

    def opened(found: re.Match[str]) -> str:
        nonlocal place
        if found["tag"] == "tr":
            place = 0
            return '<tr role="row"'
        label = labels[place] if place < len(labels) else ""
        place += 1
        role = "cell" if found["tag"] == "td" else "rowheader"
        return f'<{found["tag"]} role="{role}" data-label="{label}"'

    marked = _OPENED.sub(opened, str(rows))
    return Markup(_TEXT.sub(_breakable, marked))  # noqa: S704 - of markup, with escaped labels


def _breakable(found: re.Match[str]) -> str:
    return _LONG_WORD.sub(lambda word: "<wbr>".join(_PIECES.findall(word[0])), found[0])


def words(lang: str, template: str, /, **values: object) -> Markup:
    """Return a template filled in in a language, as HTML."""
    if isinstance(template, Message):
        if not template.template:  # a listing
            return escape(template.in_language(lang))
        text = rendered(template.template, template.many, template.values, lang, quote=_quoted)
        return Markup(text)  # noqa: S704 - quoted
    return Markup(rendered(template, None, values, lang, quote=_quoted))  # noqa: S704 - quoted


def plural_words(lang: str, one: str, many: str, n: float, /, **values: object) -> Markup:
    """Return the form for a count, filled in in a language, as HTML."""
    return Markup(rendered(one, many, {**values, "n": n}, lang, quote=_quoted))  # noqa: S704 - quoted


def _quoted(text: str) -> str:
    return str(escape(text))


@cache
def _environment(packages: tuple[str, ...], folder: str, lang: str) -> "Environment":
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined

    theirs = [PackageLoader(package, folder) for package in packages if package != "presentation"]
    environment = Environment(
        loader=ChoiceLoader([*theirs, FileSystemLoader(TEMPLATES)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=partial(_final, lang=lang),
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    _speak(environment, lang)
    shown = {name: partial(_lang_last, getattr(formats, name), lang) for name in _FORMATS}
    own = {"moment": partial(_lang_last, moment, lang), "day": partial(_lang_last, day, lang)}
    environment.filters.update(shown | own | {"style_source": style_source, "labelled": labelled})
    return environment


_FORMATS: Final = ("month", "number", "percent", "epsilon", "duration", "listed", "size")


def _speak(environment: "Environment", lang: str) -> None:
    """Give the templates their words: ours by field name, and ``{% trans %}`` blocks through the same catalogue."""
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        gettext=partial(_of_block, lang), ngettext=partial(_of_plural_block, lang), newstyle=True
    )
    environment.globals.update(
        _=partial(words, lang),
        plural=partial(plural_words, lang),
        lang=lang,
        languages=LANGUAGES,
        stylesheet=Markup(stylesheet()),  # noqa: S704 - our file
    )


def _of_block(lang: str, text: str) -> str:
    return translated(text, lang)


def _of_plural_block(lang: str, one: str, many: str, n: float) -> str:
    return translated(one, lang, many, n)


def _lang_last(function: Any, lang: str, value: object, *options: object, **named: object) -> object:
    return function(value, lang, *options, **named)


def _final(value: object, *, lang: str) -> object:
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return harmless(in_language(value, lang))
