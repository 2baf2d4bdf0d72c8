"""Suggest a mapping for a file: its own columns and codes beside the nearest of the format."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.people import csv_format as fmt
from node.people.cells import LIST_SEPARATOR
from node.people.errors import ImportFileUnreadable, RecordsError
from node.people.import_rows import read_coded
from node.people.mapping import OwnMapping, codes_of, mapped_cell
from node.people.nearest import nearest_codes, nearest_columns
from service.sheets.cells import comparable
from service.sheets.errors import SheetUnreadable
from service.sheets.reading import Sheet, read_sheet

MOST_CODES: Final = 40
"""Own codes shown of one column: where there are more, it is hardly a column of codes."""


@dataclass(frozen=True, slots=True)
class SuggestedColumn:
    """An own column that the format does not have, with the nearest that it has, the nearest first."""

    own: str
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SuggestedCode:
    """A word in a column of codes that is none of its codes, how many rows have it, and the nearest codes."""

    column: str
    own: str
    rows: int
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The own columns and codes of a file. It holds words of people's rows."""

    columns: tuple[SuggestedColumn, ...]
    codes: tuple[SuggestedCode, ...]


def suggest_mapping(path: Path, encoding: str = "", mapping: OwnMapping | None = None) -> Suggestion:
    """Read a file and return what a mapping has to say about it.

    Args:
        path: the file.
        encoding: of a CSV, see `service.sheets.reading.read_sheet`.
        mapping: what is known of its columns and codes already.

    Raises:
        ImportFileUnreadable: it is no file of rows.
    """
    try:
        return _suggested(read_sheet(path, encoding), mapping)
    except SheetUnreadable as error:
        raise ImportFileUnreadable(error.message, remedy=error.remedy) from error


def _suggested(sheet: Sheet, mapping: OwnMapping | None) -> Suggestion:
    names = [cell.strip() for cell in sheet.head[1]]
    columns: list[fmt.Column | None] = []
    unknown: list[SuggestedColumn] = []
    for name in names:
        target = mapping.target(name) if mapping else None
        column = fmt.columns_by_name()[target] if target else None if target is not None else fmt.column_named(name)
        near = nearest_columns(name) if column is None and target is None and name else []
        if column is None and target is None:
            unknown.append(SuggestedColumn(name, tuple(each.name for each in near)))
        columns.append(column or (near[0] if near else None))
    return Suggestion(tuple(unknown), tuple(_codes(sheet, columns, mapping)))


def _codes(sheet: Sheet, columns: Sequence[fmt.Column | None], mapping: OwnMapping | None) -> list[SuggestedCode]:
    coded = [(place, column.name) for place, column in enumerate(columns) if column and codes_of(column.name)]
    words = {name: mapping.words_of(name) if mapping else {} for _place, name in coded}
    unread: dict[str, Counter[str]] = {name: Counter() for _place, name in coded}
    for _line, row in sheet.rows:
        for place, name in coded:
            unread[name].update(_unread(name, words[name], row[place] if place < len(row) else ""))
    found: list[SuggestedCode] = []
    for name, counts in unread.items():
        seen: set[str] = set()
        for word, rows in counts.most_common(MOST_CODES):
            if comparable(word) not in seen:
                seen.add(comparable(word))
                found.append(SuggestedCode(name, word[:64], rows, tuple(nearest_codes(name, word))))
    return found


def _unread(column: str, words: Mapping[str, str], cell: str) -> list[str]:
    parts = [part.strip() for part in mapped_cell(words, cell).split(LIST_SEPARATOR)]
    return [part for part in parts if part and not _is_read(column, part)]


def _is_read(column: str, word: str) -> bool:
    try:
        read_coded(column, word)
    except RecordsError:
        return False
    return True
