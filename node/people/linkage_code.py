"""Linkage codes, by which the network recognises a person without papers.

An entity issues a random code on a card; the person shows it at other entities. It has 82 random bits of the operating
system, so that nobody guesses one, and tells nothing of the person or the entity.

The alphabet has 29 symbols: no vowels, so that no word comes out by chance; no 0, 1, I or O, which are mistaken for
each other. As 29 is prime, the weighted sum modulo 29 finds every single wrong symbol and every exchange of two.
"""

import secrets
from typing import Final

ALPHABET: Final = "23456789BCDFGHJKLMNPQRSTVWXYZ"
PREFIX: Final = "RP"
RANDOM_SYMBOLS: Final = 17
SYMBOLS: Final = RANDOM_SYMBOLS + 1
_GROUP: Final = 6
_VALUES: Final = {symbol: value for value, symbol in enumerate(ALPHABET)}


def new_linkage_code() -> str:
    """Return a new code in normal form: prefix, random symbols, check symbol, without separators."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_SYMBOLS))
    return PREFIX + drawn + check_symbol(drawn)


def check_symbol(drawn: str) -> str:
    """Return the symbol that makes the weighted sum zero modulo 29.

    Args:
        drawn: symbols of `ALPHABET`, fewer than 28.
    """
    weighted = sum((position + 2) * _VALUES[symbol] for position, symbol in enumerate(drawn))
    return ALPHABET[-weighted % len(ALPHABET)]  # its own weight is 1


def check_symbol_matches(symbols: str) -> bool:
    """Return whether symbols without the prefix end in their check symbol."""
    return len(symbols) == SYMBOLS and set(symbols) <= _VALUES.keys() and check_symbol(symbols[:-1]) == symbols[-1]


def grouped(code: str) -> str:
    """Return a code in normal form as people write it: ``RP-XXXXXX-XXXXXX-XXXXXX``."""
    symbols = code.removeprefix(PREFIX)
    return "-".join([PREFIX, *(symbols[first : first + _GROUP] for first in range(0, SYMBOLS, _GROUP))])
