"""A string that others may write, against terminals, pages, tables and readers, with a mark by which it is found.

OSC 52 writes a clipboard (ECMA-48, xterm); C1 controls are one character; U+202E and U+2066 reorder (Unicode TR 36);
U+2028 ends a line in scripts; Cyrillic letters imitate Latin ones (Unicode TS 39); a cell that begins with ``=`` is a
formula.
"""

import unicodedata
from typing import Final

MARK: Final = "MALO"

HOSTILE: Final = (
    f'=cmd|"/C calc"!A0 {MARK}\x1b]52;c;cm0gLXJmIC8=\x07\x1b[2K\r\n\u2713 Todo bien'
    "\x9b2J\u202egnp.exe\u2066u\u2069 sor\u200bia \u0441\u043eria\u2028linea\ufe0f"
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}{name}%s[red]\x00\x7f"
)
"""One string with all of it, of fewer than 200 characters, the most that a name may have."""

_BLANKS: Final = "\n\u00a0\u202f"


def is_harmless(text: str) -> bool:
    """Return whether every character is visible and none reorders or hides others."""
    return all(
        character in _BLANKS or (character.isprintable() and unicodedata.category(character) != "Cf")
        for character in text
    )
