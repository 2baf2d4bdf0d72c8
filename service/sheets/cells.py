"""Text of cells as people and spreadsheet programs leave it, brought into one form."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Final

from ftfy.badness import is_bad

from policies.plain_text import without_accents

_SPACES: Final = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
"""Spaces that Unicode keeps apart from the common one; they come from web pages and word processors."""

_INVISIBLE: Final = re.compile(r"[\u200b\u2060\ufeff\u00ad]")
"""Marks without width: a zero-width space, a word joiner, a byte order mark, a soft hyphen."""

_APART: Final = re.compile(r"[\W_]+")


def cleaned(text: str) -> str:
    """Return a cell's text with common spaces, without invisible marks, in composed form (Unicode NFC)."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _SPACES.sub(" ", text)))


def is_garbled(text: str) -> bool:
    """Return whether a text was read in another encoding than it was written in, as in ``JosÃ©`` or ``Mu\ufffdoz``."""
    return "\ufffd" in text or (not text.isascii() and bool(is_bad(text)))


def comparable(text: str) -> str:
    """Return a text as names are compared: without accents, case, signs and repeated spaces."""
    return " ".join(_APART.sub(" ", without_accents(text)).split())


def text_of(value: object) -> str:
    """Return the text of a spreadsheet's value: numbers in digits with a point, dates and times in ISO 8601."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return "" if value is None else str(value)
