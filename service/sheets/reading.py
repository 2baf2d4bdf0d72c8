"""Reading of files of rows as offices have them: delimited text and workbooks, through one function."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from presentation.faults import os_fault
from presentation.messages import _
from service.sheets.cells import cleaned
from service.sheets.delimited import delimited_rows
from service.sheets.errors import SheetUnreadable
from service.sheets.workbooks import workbook_rows

MAX_FILE_BYTES: Final = 1 << 30
WORKBOOKS: Final = frozenset({".xlsx", ".xlsm", ".xls", ".ods"})

Line = tuple[int, list[str]]
"""A line's number, from 1, and its cells."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's head and its rows.

    Attributes:
        head: the line with the columns' names, without the empty cells after the last.
        rows: the lines after it that are not blank; a line has fewer or more cells than the head where the file does.
    """

    head: Line
    rows: Iterator[Line]


def read_sheet(path: Path, encoding: str = "") -> Sheet:
    """Open a file of rows; its kind follows from its name.

    Blank lines are left out, no-break spaces become common ones, and empty cells after the last column are dropped.

    Args:
        path: ``.xlsx``, ``.xls`` and ``.ods`` are workbooks, anything else is delimited text.
        encoding: of `service.sheets.delimited.ENCODINGS`; empty recognises UTF-8 and UTF-16.

    Raises:
        SheetUnreadable: also while rows are read.
    """
    _require_size(path)
    rows = workbook_rows(path) if path.suffix.lower() in WORKBOOKS else delimited_rows(path, encoding)
    filled = ((line, [cleaned(cell) for cell in row]) for line, row in rows if any(cell.strip() for cell in row))
    head = next(filled, None)
    if head is None:
        raise SheetUnreadable(_("{path} está vacío", path=path), remedy=_("compruebe que es el fichero que quería"))
    names = _trimmed(head[1])
    return Sheet((head[0], names), _fitted(filled, len(names)))


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal.

    Raises:
        SheetUnreadable: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _not_readable(path, error) from error


def _fitted(rows: Iterator[Line], width: int) -> Iterator[Line]:
    for line, row in rows:
        yield line, row if len(row) <= width else row[:width] + _trimmed(row[width:])


def _trimmed(row: list[str]) -> list[str]:
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _require_size(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _not_readable(path, error) from error
    if size > MAX_FILE_BYTES:
        raise SheetUnreadable(_("{path} ocupa más de 1 GiB", path=path), remedy=_("divida el fichero"))


def _not_readable(path: Path, error: OSError) -> SheetUnreadable:
    return SheetUnreadable(
        _("no se puede leer {path}: {reason}", path=path, reason=os_fault(error)), remedy=_("compruebe la ruta")
    )
