"""The sentences of cards and assessments, Spanish and English, from one data file; how each language writes figures."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

import yaml

from federated.evaluation.measurement import Estimate

LANGUAGES: Final = ("es", "en")
_FILE: Final = "words.yaml"
_SPACE: Final = "\u00a0"
"""Keeps a figure and its unit on one line."""


@cache
def sentences() -> Mapping[str, tuple[str, str]]:
    """Return key -> (Spanish, English)."""
    text = files("federated.card").joinpath(_FILE).read_text(encoding="utf-8")
    return {key: (value["es"], value["en"]) for key, value in yaml.safe_load(text).items()}


class Words:
    """One language. `seen` gathers the keys that were used."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.seen: set[str] = set()

    def __call__(self, key: str, **values: object) -> str:
        """Return a sentence with its blanks filled.

        Raises:
            KeyError: there is no such sentence, or a blank has no value; tests use every one.
        """
        self.seen.add(key)
        return sentences()[key][LANGUAGES.index(self.lang)].format(**values)

    def pick(self, spanish: str, english: str) -> str:
        """Return the one in this language."""
        return spanish if self.lang == "es" else english

    def number(self, value: float, digits: int = 2) -> str:
        """Return a number as this language writes it."""
        text = f"{value:,.{digits}f}"
        return text.replace(",", _SPACE).replace(".", ",") if self.lang == "es" else text

    def small(self, value: float) -> str:
        """Return a small number without an exponent."""
        text = f"{value:.15f}".rstrip("0")
        return text.replace(".", ",") if self.lang == "es" else text

    def percent(self, share: float, digits: int = 0) -> str:
        """Return a share as a percentage."""
        return f"{self.number(100.0 * share, digits)}{self.pick(_SPACE, '')}%"

    def estimate(self, found: Estimate | None, *, percent: bool = False) -> str:
        """Return a figure with its interval, or a dash."""
        if found is None:
            return "—"
        if percent:
            value, low, high = (self.percent(each, 1) for each in (found.value, found.low, found.high))
        else:
            value, low, high = (self.number(each, 3) for each in (found.value, found.low, found.high))
        return f"{value} ({low} {self.pick('a', 'to')} {high})"

    def interval(self, found: Estimate) -> str:
        """Return a share with its interval."""
        return self.estimate(found, percent=True)

    def day(self, moment: datetime) -> str:
        """Return a date."""
        return f"{moment:%d/%m/%Y}" if self.lang == "es" else f"{moment:%Y-%m-%d}"
