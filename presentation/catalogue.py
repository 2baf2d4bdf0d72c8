"""The languages of the programs, and the catalogue that holds the English of each Spanish text.

A missing catalogue or entry gives way to the source: words are shown in Spanish rather than not at all.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gettext import GNUTranslations

SOURCE: Final = "es"
"""The language of the templates."""
LANGUAGES: Final = (SOURCE, "en")
DOMAIN: Final = "redpact"
LOCALES: Final = Path(__file__).parent / "locale"


def known(lang: str) -> str:
    """Return the language that a tag such as ``en-GB`` asks for; Spanish when it is none of ours."""
    tag = lang.strip().lower().replace("_", "-").split("-")[0]
    return tag if tag in LANGUAGES else SOURCE


def translated(template: str, lang: str, many: str | None = None, n: float = 1) -> str:
    """Return the template in a language, unfilled; the source when the catalogue lacks it."""
    source = template if many is None or n == 1 else many
    if lang == SOURCE or not template:
        return source
    catalogue = _catalogue(lang)
    if catalogue is None:
        return source
    if many is None:
        found = catalogue.gettext(template)
        return catalogue.ngettext(template, template, 1) if found == template else found
    return catalogue.ngettext(template, many, 1 if n == 1 else 2)


@cache
def _catalogue(lang: str) -> "GNUTranslations | None":
    from gettext import GNUTranslations

    file = LOCALES / lang / "LC_MESSAGES" / f"{DOMAIN}.mo"
    if not file.is_file():
        return None
    with file.open("rb") as stream:
        return GNUTranslations(stream)
