"""Patterns of texts in words: who reads that a value is wrong cannot be expected to read regular expressions."""

import re
from typing import Final

from presentation.messages import Message, _, joined, listing

_HEX: Final = re.compile(r"\^\(?\[0-9a-f\]\{(\d+)\}\)?\??\$")
_CLASS: Final = re.compile(r"\[((?:\\.|[^\]\\])+)\]")
_KINDS: Final = {
    "a-z": _("letras minúsculas sin acento"),
    "A-Z": _("letras mayúsculas sin acento"),
    "0-9": _("cifras"),
}
_MONTH: Final = r"^[0-9]{4}-(0[1-9]|1[0-2])$"


def pattern_words(pattern: str) -> Message:
    """Return what a pattern expects of a text: a known form, or the characters that it allows."""
    if found := _HEX.fullmatch(pattern):
        return _("se esperan {digits} cifras hexadecimales en minúscula", digits=int(found[1]))
    if pattern == _MONTH:
        return _("se espera un mes, escrito AAAA-MM")
    if pattern.startswith("^https?://"):
        return _("se espera una dirección que empiece por http:// o https://")
    allowed = _allowed(pattern)
    return (
        _("solo admite {allowed}, en su orden", allowed=listing(allowed))
        if allowed
        else _("no tiene la forma esperada")
    )


def _allowed(pattern: str) -> list[object]:
    """Return the characters of the classes of a pattern, ranges in words; none where it excludes characters."""
    classes = _CLASS.findall(pattern)
    if not classes or any(each.startswith("^") for each in classes):
        return []
    text = "".join(classes)
    found: list[object] = []
    for span, words in _KINDS.items():
        if span in text:
            found.append(words)
            text = text.replace(span, "")
    signs = dict.fromkeys(sign for sign in text if not sign.isalnum() and sign != "\\")
    # Signs that stand outside of every class, as the hyphen between year and month.
    signs |= dict.fromkeys(re.findall(r"[:/._-]", _CLASS.sub("", pattern)))
    if signs:
        found.append(joined([_("los signos"), " ".join(signs)]))
    return found
