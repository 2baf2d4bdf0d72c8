"""The columns and codes of the format whose names are nearest to an office's own words."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache
from typing import Final, TypeVar

from node.people import csv_format as fmt
from node.people.mapping import codes_of
from policies.catalogue import load_catalogue
from service.sheets.cells import comparable

_NEAR: Final = 0.6
_ABBREVIATED: Final = 0.8
"""Nearness of «f nac» to «fecha de nacimiento»: every own word begins one of its words, in their order."""
_SMALL: Final = frozenset({"de", "del", "la", "el", "y", "o", "of", "the", "and", "or"})

Item = TypeVar("Item")


def nearest_columns(own: str, most: int = 3) -> list[fmt.Column]:
    """Return the columns whose names are nearest to an own one, the nearest first; none where none is near."""
    return _nearest(own, ((word, column) for column in fmt.columns() for word in _names(column.name)), most)


def nearest_codes(column: str, own: str, most: int = 3) -> list[str]:
    """Return the codes of a column whose names are nearest to an own one, the nearest first."""
    return _nearest(own, _code_words(column), most)


def _nearest(own: str, named: Iterable[tuple[str, Item]], most: int) -> list[Item]:
    best: dict[str, tuple[float, Item]] = {}
    for word, item in named:
        near = _nearness(comparable(own), word)
        key = str(getattr(item, "name", item))
        if near >= _NEAR and near > best.get(key, (0.0, item))[0]:
            best[key] = (near, item)
    ranked = sorted(best.items(), key=lambda each: (-each[1][0], each[0]))
    return [item for _key, (_near, item) in ranked[:most]]


def _nearness(own: str, word: str) -> float:
    ratio = SequenceMatcher(None, own, word).ratio()
    mine, theirs = _significant(own), _significant(word)
    if mine and _begins_in_order(mine, theirs):
        ratio = max(ratio, _ABBREVIATED + 0.2 * len(mine) / len(theirs))
    return ratio


def _significant(text: str) -> list[str]:
    return [word for word in text.split() if word not in _SMALL]


def _begins_in_order(mine: list[str], theirs: list[str]) -> bool:
    left = iter(theirs)
    return all(any(word.startswith(start) for word in left) for start in mine)


@cache
def _names(column: str) -> tuple[str, ...]:
    known = fmt.columns_by_name()[column]
    return tuple({comparable(name) for name in (known.name, known.es, known.en)})


@cache
def _code_words(column: str) -> tuple[tuple[str, str], ...]:
    spec = fmt.columns_by_name()[column].spec
    if spec is None or spec.codes is None:
        return tuple((comparable(str(name)), code) for code, name in codes_of(column).items())
    codes = load_catalogue().codes.list(spec.codes).codes
    return tuple((comparable(word), code.code) for code in codes for word in (code.code, code.es, code.en))
