"""The language of a request: the reader's choice in a cookie, else the browser's wish, else Spanish."""

from typing import Final

from presentation.catalogue import LANGUAGES, SOURCE, known

COOKIE: Final = "redpact-language"
_MOST_WISHES: Final = 20


def language_of(cookie: str, accepted: str) -> str:
    """Return the language for a request.

    Args:
        cookie: the choice; empty without one.
        accepted: the header ``Accept-Language`` (RFC 9110 section 12.5.4).
    """
    if cookie in LANGUAGES:
        return cookie
    wishes = []
    for place, part in enumerate(accepted.split(",")[:_MOST_WISHES]):
        name, _semicolon, weight = part.strip().partition(";")
        wishes.append((-_weight(weight), place, name.strip().lower()))
    for negative, _place, tag in sorted(wishes):
        if negative < 0 and tag.split("-")[0] in LANGUAGES:
            return known(tag)
    return SOURCE


def _weight(text: str) -> float:
    name, _equals, value = text.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
