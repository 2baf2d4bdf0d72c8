"""The code that a word in a file stands for: the code itself, its name in Spanish or English, or both together."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from policies.catalogue import load_catalogue
from service.sheets.cells import comparable

_DIGITS_OF_INE: Final = (2, 5)
"""Provinces and municipalities have so many; spreadsheets take away the zeros in front."""


def known_code(list_id: str | None, word: str) -> str:
    """Return the code of a list that a word stands for; a word that stands for none, or for several, is returned as is.

    ``rent``, ``Alquiler``, ``ALQUILER``, ``rent (Alquiler)`` and ``rent - Alquiler`` are one code; ``5019`` is the
    municipality 05019.
    """
    if list_id is None:
        return word
    codes = load_catalogue().codes.list(list_id)
    if word in codes:
        return word
    padded = (word.zfill(digits) for digits in _DIGITS_OF_INE)
    return next((each for each in padded if word.isdigit() and each in codes), None) or _by_word(list_id).get(
        comparable(word), word
    )


@cache
def _by_word(list_id: str) -> Mapping[str, str]:
    found: dict[str, set[str]] = {}
    for code in load_catalogue().codes.list(list_id).codes:
        for word in (code.code, code.es, code.en, f"{code.code} {code.es}", f"{code.code} {code.en}"):
            found.setdefault(comparable(word), set()).add(code.code)
    return {word: next(iter(codes)) for word, codes in found.items() if len(codes) == 1}
