"""Reading of people and their records from a file: every row is checked, and one wrong row refuses the whole file."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from node.people import csv_format as fmt
from node.people.errors import ImportFileUnreadable, ImportRejected
from node.people.import_faults import RowFault
from node.people.import_rows import HeaderCell, RowsBefore, read_row
from node.people.mapping import IGNORED, OwnMapping
from node.people.model import PersonRecord
from node.people.nearest import nearest_columns
from presentation.messages import Message, _, joined, plural
from service.sheets.errors import SheetUnreadable
from service.sheets.reading import Sheet, file_sha256, read_sheet

MAX_REPORTED: Final = 50
"""Bound on the faults reported one by one; all wrong rows are counted."""

_MAX_PROBLEMS: Final = 10

Progress = Callable[[str, int, int], None]
"""Takes the phase (``read`` or ``save``), the people done and the people in all (0 when not known yet)."""


Rows = Iterator[tuple[int, PersonRecord]]


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file of people that is read while it is used.

    Attributes:
        name: of the file, without its folder.
        sha256: of the file's bytes, hexadecimal.
        columns: the columns that it has; those left out say nothing of anybody.
        rows: line and record of each person, once; a wrong row ends it with `ImportRejected` after the last row.
    """

    name: str
    sha256: str
    columns: frozenset[str]
    rows: Rows


def read_records(path: Path, now: datetime, progress: Progress | None = None, encoding: str = "") -> list[PersonRecord]:
    """Read and validate a file, and return its records; see `read_file`."""
    return [record for _line, record in read_file(path, now, progress, encoding).rows]


def read_file(
    path: Path,
    now: datetime,
    progress: Progress | None = None,
    encoding: str = "",
    mapping: OwnMapping | None = None,
) -> ReadFile:
    """Open a file and read its first line, without storing anything.

    Args:
        path: the file: CSV, Excel or LibreOffice.
        now: the present (aware, UTC).
        progress: called while rows are read.
        encoding: of a CSV, see `service.sheets.reading.read_sheet`.
        mapping: of the office's own columns and codes.

    Raises:
        ImportFileUnreadable: the file is not of the format; also while rows are read.
        ImportRejected: some rows are invalid, once they are read; its message lists them.
    """
    with _our_errors():
        sheet, sha256 = read_sheet(path, encoding), file_sha256(path)
        header = read_header(sheet.head[1], mapping)
    columns = frozenset(cell.column.name for cell in header if cell.column)
    return ReadFile(path.name, sha256, columns, _rows(path, (sheet, header, now), progress))


def _rows(path: Path, opened: tuple[Sheet, Sequence[HeaderCell], datetime], progress: Progress | None) -> Rows:
    sheet, header, now = opened
    before, faults, bad_rows = RowsBefore(), list[RowFault](), 0
    with _our_errors():
        for count, (line, row) in enumerate(sheet.rows, start=1):
            if count > fmt.MAX_PEOPLE:
                raise ImportFileUnreadable(
                    _("hay más de {max_people} personas", max_people=fmt.MAX_PEOPLE), remedy=_("divida el fichero")
                )
            found = read_row(header, line, row, (before, now))
            if not isinstance(found, PersonRecord):
                bad_rows += 1
                faults += found[: MAX_REPORTED - len(faults)]
            elif not bad_rows:  # of a file that is refused nobody needs the rest
                yield line, found
            if progress and count % 200 == 0:
                progress("read", count, 0)
    if bad_rows:
        raise _rejected(path, faults, bad_rows)


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except SheetUnreadable as error:
        raise ImportFileUnreadable(error.message, remedy=error.remedy) from error


def _rejected(path: Path, faults: Sequence[RowFault], bad_rows: int) -> ImportRejected:
    head = plural(
        "{file}: {n} fila tiene errores; no se ha importado nada",
        "{file}: {n} filas tienen errores; no se ha importado nada",
        bad_rows,
        file=path.name,
    )
    lines: list[str] = [head, *(joined(("   ", fault.described())) for fault in faults)]
    if any(fault.shape for fault in faults):
        lines.append(_("    (9 es una cifra; A o a, una letra: los valores son datos personales y no se repiten)"))
    if bad_rows > len({fault.line for fault in faults}):
        lines.append(_("    … solo se muestran los primeros {count} errores", count=len(faults)))
    return ImportRejected(joined(lines, "\n"), remedy=_("corrija esas filas e importe de nuevo el fichero"))


def read_header(row: Sequence[str], mapping: OwnMapping | None = None) -> list[HeaderCell]:
    """Return the columns of a file's first line.

    Raises:
        ImportFileUnreadable: columns that are unknown, missing or there twice.
    """
    names = [cell.strip() for cell in row]
    found = [_header_cell(name, mapping) for name in names]
    problems = [_unknown_column(name) for name, cell in zip(names, found, strict=True) if cell is None]
    known = [cell.column for cell in found if cell and cell.column]
    twice = [column.name for column in fmt.columns() if known.count(column) > 1]
    problems += [_("la columna {name!r} aparece dos veces", name=name) for name in twice]
    missing = [name for name in fmt.REQUIRED if fmt.columns_by_name()[name] not in known]
    if missing:
        problems.append(_("faltan columnas obligatorias: {columns}", columns=", ".join(missing)))
    if problems:
        listed = joined(problems[:_MAX_PROBLEMS], "; ")
        raise ImportFileUnreadable(
            _("la primera línea no es correcta: {told}", told=listed),
            remedy=_(
                "consulte redpact-node records format; para columnas propias, redpact-node records mapping suggest"
            ),
        )
    return [cell for cell in found if cell is not None]


def _header_cell(name: str, mapping: OwnMapping | None) -> HeaderCell | None:
    target = mapping.target(name) if mapping else None
    if target == IGNORED:
        return HeaderCell(None, name)
    column = fmt.columns_by_name()[target] if target else fmt.column_named(name)
    if column is None:
        return None
    shown = f"{name} ({column.name})" if target else column.name
    return HeaderCell(column, shown, mapping.words_of(column.name) if mapping else {})


def _unknown_column(name: str) -> Message:
    shown, close = name[:64], nearest_columns(name, 1)
    if close:
        return _("columna desconocida {shown!r} (¿quería decir {close!r}?)", shown=shown, close=close[0].name)
    return _("columna desconocida {shown!r}", shown=shown)
