"""The states and organisations that issue passports, by their three letters.

The states are those of ISO 3166-1, as Unicode's CLDR has them (``territoryAlias``); the others are those of ICAO Doc
9303-3, section 5, part D.
"""

import re
from functools import cache
from typing import Final

_PRIVATE: Final = re.compile(r"AAA|Q[M-Z][A-Z]|X[A-Z]{2}|ZZZ")
"""Codes that ISO 3166 leaves to private use; CLDR has them too."""

_OF_ICAO: Final = frozenset(
    {
        *("GBD", "GBN", "GBO", "GBP", "GBS"),
        *("UNO", "UNA", "UNK", "EUE", "RKS"),
        *("XXA", "XXB", "XXC", "XXX", "XBA", "XIM", "XCC", "XCE", "XCO", "XEC", "XPO", "XES", "XMP", "XOM", "XDC"),
    }
)
"""British kinds, United Nations, European Union, Kosovo; stateless people, refugees, and organisations."""


@cache
def issuing_states() -> frozenset[str]:
    """Return the three-letter codes of everybody who issues passports."""
    from babel.core import get_global

    territories = {code for code in get_global("territory_aliases") if len(code) == len("ESP") and code.isalpha()}
    return frozenset({code for code in territories if not _PRIVATE.fullmatch(code)} | _OF_ICAO)
