"""Text without the marks that people leave out when they write it again."""

import unicodedata


def without_accents(text: str) -> str:
    """Return a text in small letters without accents: ``Muñoz`` and ``MUNOZ`` are one (Unicode NFKD, case folding)."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(each for each in decomposed if not unicodedata.combining(each)).casefold()
