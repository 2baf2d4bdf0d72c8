"""Rows of delimited text (RFC 4180), as spreadsheet programs in Spain and elsewhere write it."""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from presentation.faults import os_fault, parse_fault
from presentation.messages import _
from service.sheets.errors import SheetUnreadable

ENCODINGS: Final = ("utf-8", "windows-1252", "iso-8859-15", "utf-16")
"""The encodings that may be asked for; UTF-8 and UTF-16 with a mark are recognised without asking."""

_DELIMITERS: Final = (";", ",", "\t", "|")
_BLOCK: Final = 1 << 16
_MOST_FIRST_LINE: Final = 1 << 20


def delimited_rows(path: Path, encoding: str = "") -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of each row; a first line ``sep=;`` is followed and not yielded.

    Args:
        path: the file.
        encoding: of `ENCODINGS`; empty takes UTF-8, or UTF-16 if the file begins with its mark.

    Raises:
        SheetUnreadable: missing, empty, cut off, in another encoding, or with quotes that do not close.
    """
    if encoding and encoding not in ENCODINGS:
        raise SheetUnreadable(
            _("no se conoce la codificación {encoding!r}", encoding=encoding),
            remedy=_("indique una de estas: {known}", known=", ".join(ENCODINGS)),
        )
    try:
        with path.open("rb") as file:
            used = encoding or _marked(file.read(2))
            _require_whole(path, file, used)
            file.seek(0)
            text = io.TextIOWrapper(file, encoding="utf-8-sig" if used == "utf-8" else used, newline="")
            yield from _rows(path, text, used)
    except OSError as error:
        raise SheetUnreadable(
            _("no se puede leer {path}: {reason}", path=path, reason=os_fault(error)), remedy=_("compruebe la ruta")
        ) from error


def _marked(start: bytes) -> str:
    return "utf-16" if start in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "utf-8"


def _require_whole(path: Path, file: io.BufferedReader, encoding: str) -> None:
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 4))
    end = file.read()
    if not size or not end.strip():
        _require_text(path, file)
    if not any(end.endswith(mark.encode(_without_mark(encoding, end))) for mark in ("\n", "\r")):
        raise SheetUnreadable(
            _("{path} se interrumpe en mitad de su última línea: puede estar cortado", path=path),
            remedy=_("copie de nuevo el fichero, o termine su última línea con un salto de línea"),
        )


def _without_mark(encoding: str, end: bytes) -> str:
    if encoding != "utf-16":
        return encoding
    return "utf-16-le" if end.endswith(b"\x00") else "utf-16-be"


def _require_text(path: Path, file: io.BufferedReader) -> None:
    file.seek(0)
    while block := file.read(_BLOCK):
        if block.strip():
            return
    raise SheetUnreadable(_("{path} está vacío", path=path), remedy=_("compruebe que es el fichero que quería"))


def _rows(path: Path, text: io.TextIOWrapper, encoding: str) -> Iterator[tuple[int, list[str]]]:
    line = 0
    try:
        first = text.readline(_MOST_FIRST_LINE)
        skipped, delimiter = _separator(first)
        if skipped:
            line = 1
        else:
            text.seek(0)
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        wrapped = ""
        for number, row in enumerate(reader):
            wrapped = _inner_delimiter(row) if number == 0 else wrapped
            yield line + 1, _unwrapped(row, wrapped)
            line = int(skipped) + reader.line_num
    except UnicodeError as error:
        raise _other_encoding(path, _faulty_line(path, encoding), encoding) from error
    except csv.Error as error:
        raise SheetUnreadable(
            _("línea {line:d}: {fault}", line=line + 1, fault=parse_fault(error)),
            remedy=_('compruebe las comillas (") de esa línea y que el fichero no esté cortado'),
        ) from error


def _inner_delimiter(head: list[str]) -> str:
    """Return the separator inside a head of one cell: the file was opened with another separator and saved so."""
    filled = [cell for cell in head if cell.strip()]
    return next((each for each in _DELIMITERS if len(filled) == 1 and each in filled[0]), "")


def _unwrapped(row: list[str], delimiter: str) -> list[str]:
    return next(csv.reader(row[:1], delimiter=delimiter, strict=True), []) if delimiter else row


def _separator(first: str) -> tuple[bool, str]:
    """Return whether the first line only names the separator, as Excel writes it, and the separator."""
    told = first.strip().lower()
    if told.startswith("sep=") and len(told) <= len("sep=;"):
        return True, first.strip()[len("sep=") :] or "\t"
    outside = "".join(first.split('"')[::2])
    return False, max(_DELIMITERS, key=lambda each: (outside.count(each), -_DELIMITERS.index(each)))


def _faulty_line(path: Path, encoding: str) -> int:
    # Text is decoded in blocks, so the reader knows only how far it came.
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode(encoding)
            except UnicodeError:
                return number
    return 1


def _other_encoding(path: Path, line: int, encoding: str) -> SheetUnreadable:
    if encoding != "utf-8":
        return SheetUnreadable(
            _("{path}: la línea {line:d} no es texto en {encoding}", path=path, line=line, encoding=encoding),
            remedy=_("compruebe la codificación, o guarde de nuevo el fichero como «CSV UTF-8»"),
        )
    return SheetUnreadable(
        _("{path}: la línea {line:d} no es texto UTF-8", path=path, line=line),
        remedy=_(
            "guarde de nuevo el fichero como «CSV UTF-8»; si lo guardó Excel como «CSV» sin más, indique "
            "--encoding windows-1252"
        ),
    )
