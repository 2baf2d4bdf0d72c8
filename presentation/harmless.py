"""Texts that others wrote, made harmless for terminals and pages.

Whatever a peer, a coordinator or an import wrote may be shown: names, addresses, notes. Control characters could steer
the terminal (ECMA-48; OSC 52 writes the clipboard), format characters reorder what is read (Unicode TR 36, "Trojan
Source"), invisible ones hide differences, and letters of another script imitate ours (Unicode TS 39). The first three
are taken out; imitations are spelled out as ``[U+0435]``.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

_INVISIBLE: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
"""Printable for Unicode, without a visible form: fillers, variation selectors, the blank Braille pattern."""

_NO_BREAK: Final = frozenset("\u00a0\u202f")
_IMITATING: Final = ("GREEK", "CYRILLIC", "COPTIC", "ARMENIAN", "CHEROKEE", "LISU", "MATHEMATICAL", "FULLWIDTH")
"""First words of the names of letters that look like Latin ones."""

_LETTERS: Final = re.compile(r"[^\W\d_]+")
_COMBINING: Final = 3
"""Marks on one letter; Vietnamese needs two, more only cover the lines around."""


def harmless(text: str) -> str:
    """Return a text in which every character is visible, line breaks as they are."""
    return text if _is_plain(text) else "\n".join(_line(line) for line in text.split("\n"))


def harmless_line(text: str) -> str:
    """Return a text on one line in which every character is visible; line breaks become blanks."""
    return text if _is_plain(text) and "\n" not in text else _line(text)


def json_text(document: Mapping[str, Any]) -> str:
    """Return a document as JSON that a terminal can show: unprintable characters are escaped, none is lost."""
    return escaped_json(json.dumps(document, ensure_ascii=False, indent=2))


def escaped_json(text: str) -> str:
    """Return JSON in which every character that is not printable, but line breaks, is escaped."""
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(
        character
        if character == "\n" or character.isprintable()
        else json.dumps(character)[1:-1].replace("\x7f", "\\u007f")
        for character in text
    )


def _is_plain(text: str) -> bool:
    return text.isascii() and text.replace("\n", "").isprintable()


@lru_cache(maxsize=1024)
def _line(text: str) -> str:
    seen, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _COMBINING:
            seen.append(_visible(character))
    return _LETTERS.sub(_word, "".join(seen))


def _visible(character: str) -> str:
    if character.isspace() and character not in _NO_BREAK:
        return " "
    if character in _NO_BREAK or (character.isprintable() and character not in _INVISIBLE):
        return character
    return ""


def _word(found: re.Match[str]) -> str:
    word = found[0]
    if word.isascii():
        return word
    foreign = [unicodedata.name(character, "").split(" ")[0] in _IMITATING for character in word]
    latin = any(unicodedata.name(character, "").startswith("LATIN") for character in word)
    if not (any(foreign) and latin):
        return word
    return "".join(
        f"[U+{ord(character):04X}]" if strange else character for character, strange in zip(word, foreign, strict=True)
    )
