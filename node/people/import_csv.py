"""Import of people and their records from CSV: every row is checked, and one wrong row prevents the whole import."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from node.people import cells
from node.people import csv_format as fmt
from node.people.documents import parse_document
from node.people.errors import ImportFileUnreadable, ImportRejected, RecordInvalid, RecordsError
from node.people.model import Household, PersonRecord, SaveCounts, Value
from node.people.store import PersonStore
from policies.local_days import local_day
from presentation.faults import os_fault, parse_fault
from presentation.messages import Message, _, joined, plural

MAX_FILE_BYTES: Final = 1 << 30
MAX_REPORTED: Final = 50
"""Bound on the faults reported one by one; all wrong rows are counted."""
CLOCK_SLACK: Final = timedelta(days=1)

_MAX_NAME: Final = 200
_HOUSEHOLD: Final = re.compile(fmt.HOUSEHOLD_PATTERN)
_MAX_SHAPE: Final = 24
_MAX_PROBLEMS: Final = 10
_SIGNS: Final = frozenset("+-_.,:;/|'\"()@ ")

Progress = Callable[[str, int, int], None]
"""Takes the phase (``read`` or ``save``), the people done and the people in all (0 when not known yet)."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """A reason to reject a row.

    Attributes:
        line: of the file, the first is 1.
        column: name; empty when the fault is of the whole row.
        message: the fault, without any value: cells hold personal data.
        remedy: the way to mend it.
        shape: of the cell, see `shape_of`; empty when it does not matter.
    """

    line: int
    column: str
    message: str
    remedy: str
    shape: str = ""

    def described(self) -> Message:
        """Return line, column, fault, the shape of the cell, and remedy, for people."""
        where, fault = _("línea {line:d}", line=self.line), self.message
        if self.column:
            where = _("línea {line:d}, columna {column}", line=self.line, column=self.column)
        if self.shape:
            fault = _("{message}; la celda tiene la forma «{shape}»", message=self.message, shape=self.shape)
        return _("{where}: {fault} → {remedy}", where=where, fault=fault, remedy=self.remedy)


def shape_of(cell: str) -> str:
    """Return the form of a cell without its content: 9 for a digit, A or a for a letter, at most 24 characters."""
    shown = "".join(_shape_of_character(character) for character in cell[:_MAX_SHAPE])
    return shown + "…" if len(cell) > _MAX_SHAPE else shown


def _shape_of_character(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character if character in _SIGNS else " " if character.isspace() else "?"


@dataclass(slots=True)
class _Seen:
    """Documents and households of earlier rows, to notice repeats and contradictions."""

    documents: dict[str, int] = field(default_factory=dict)
    households: dict[str, tuple[int, Household]] = field(default_factory=dict)


def import_records(
    path: Path, open_people: Callable[[], AbstractContextManager[PersonStore]], now: datetime, progress: Progress | None
) -> SaveCounts:
    """Import a CSV file, all or nothing.

    Args:
        path: the file.
        open_people: opens the store in a transaction that commits when the block ends well. It is called once the
            whole file has been checked, so that a long file does not block other writers.
        now: the present (aware, UTC).
        progress: called during the import.

    Raises:
        ImportFileUnreadable: the file is not of the format.
        ImportRejected: some rows are invalid; its message lists them.
    """
    records = read_records(path, now, progress)
    with open_people() as people:
        report = (lambda done: progress("save", done, len(records))) if progress else None
        return people.save(records, now, progress=report)


def read_records(path: Path, now: datetime, progress: Progress | None = None) -> list[PersonRecord]:
    """Read and validate a CSV file, without storing anything.

    Raises:
        ImportFileUnreadable, ImportRejected: as `import_records`.
    """
    text = _decoded(path)
    rows = _rows(text)
    header = _header(next(rows, (1, []))[1])
    seen, records, faults, bad_rows = _Seen(), [], list[RowFault](), 0
    for count, (line, row) in enumerate(rows, start=1):
        if count > fmt.MAX_PEOPLE:
            raise ImportFileUnreadable(
                _("hay más de {max_people} personas", max_people=fmt.MAX_PEOPLE), remedy=_("divida el fichero")
            )
        found = _read_row(header, line, row, (seen, now))
        if isinstance(found, PersonRecord):
            records.append(found)
        else:
            bad_rows += 1
            faults += found[: MAX_REPORTED - len(faults)]
        if progress and count % 200 == 0:
            progress("read", count, 0)
    if bad_rows:
        raise _rejected(path, faults, bad_rows)
    return records


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


# ---- the file


def _decoded(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ImportFileUnreadable(_("{path} ocupa más de 1 GiB", path=path), remedy=_("divida el fichero"))
        data = path.read_bytes()
    except OSError as error:
        raise ImportFileUnreadable(
            _("no se puede leer {path}: {reason}", path=path, reason=os_fault(error)), remedy=_("compruebe la ruta")
        ) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ImportFileUnreadable(
            _("{path}: la línea {line:d} no es texto UTF-8", path=path, line=line),
            remedy=_("guarde de nuevo el fichero como «CSV UTF-8»"),
        ) from error
    if not text.strip():
        raise ImportFileUnreadable(_("{path} está vacío", path=path), remedy=_("consulte redpact-node records format"))
    if not text.endswith(("\n", "\r")):
        raise ImportFileUnreadable(
            _(
                "{path} se interrumpe en mitad de la línea {count:d}: puede estar cortado",
                path=path,
                count=text.count(chr(10)) + 1,
            ),
            remedy=_("copie de nuevo el fichero, o termine su última línea con un salto de línea"),
        )
    return text


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of each row that is not blank."""
    first_line = text.split("\n", 1)[0]
    delimiter = ";" if first_line.count(";") > first_line.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise ImportFileUnreadable(
                _("línea {line:d}: {fault}", line=line, fault=parse_fault(error)),
                remedy=_('compruebe las comillas (") de esa línea y que el fichero no esté cortado'),
            ) from error
        if row is None:
            return
        if any(row):
            yield line, row
        line = reader.line_num + 1


def _header(row: Sequence[str]) -> list[fmt.Column]:
    names = [cell.strip() for cell in row]
    known = fmt.columns_by_name()
    problems = [_unknown_column(name) for name in names if name not in known] + [
        _("la columna {name!r} aparece dos veces", name=name) for name in known if names.count(name) > 1
    ]
    missing = [name for name in fmt.REQUIRED if name not in names]
    if missing:
        problems.append(_("faltan columnas obligatorias: {columns}", columns=", ".join(missing)))
    if problems:
        listed = joined(problems[:_MAX_PROBLEMS], "; ")
        raise ImportFileUnreadable(
            _("la primera línea no es correcta: {told}", told=listed), remedy=_("consulte redpact-node records format")
        )
    return [fmt.columns_by_name()[name] for name in names]


def _unknown_column(name: str) -> Message:
    shown, close = name[:64], get_close_matches(name, list(fmt.columns_by_name()), n=1)
    if close:
        return _("columna desconocida {shown!r} (¿quería decir {close!r}?)", shown=shown, close=close[0])
    return _("columna desconocida {shown!r}", shown=shown)


# ---- a row


def _read_row(
    header: Sequence[fmt.Column], line: int, row: Sequence[str], context: tuple[_Seen, datetime]
) -> PersonRecord | list[RowFault]:
    if len(row) != len(header):
        message = plural(
            "{n} celda en lugar de {expected}", "{n} celdas en lugar de {expected}", len(row), expected=len(header)
        )
        remedy = _("compruebe los separadores y las comillas, y que la línea no esté cortada")
        return [RowFault(line, "", message, remedy)]
    faults: list[RowFault] = []
    values: dict[str, Any] = {}
    for column, cell in zip(header, row, strict=True):
        if not cell and not column.required:
            continue
        try:
            if (value := _read_cell(column, cell)) is not None:
                values[column.name] = value
        except RecordsError as error:
            faults.append(RowFault(line, column.name, error.message, error.remedy, shape_of(cell)))
    if not faults:
        record = _record(values)
        faults = list(_contradictions(record, line, *context))
        if not faults:
            return record
    return faults


def _read_cell(column: fmt.Column, cell: str) -> object:
    if len(cell) > fmt.MAX_CELL_CHARACTERS:
        raise RecordInvalid(
            _("la celda tiene más de {max_cell_characters} caracteres", max_cell_characters=fmt.MAX_CELL_CHARACTERS),
            remedy=_("acorte el texto"),
        )
    text = cell if column.spec and column.spec.multiline else cell.strip()
    if not text.strip():
        if column.required:
            raise RecordInvalid(_("la celda está vacía"), remedy=_("este dato es obligatorio para todas las personas"))
        return None
    if column.spec:
        return cells.read_field(column.spec, text)
    return _READERS[column.name](text)


def _read_name(cell: str) -> str:
    name = cells.read_text(cell)
    if len(name) > _MAX_NAME or not name.isprintable():
        raise RecordInvalid(
            _("se espera un nombre en una sola línea, de {max_name} caracteres como máximo", max_name=_MAX_NAME),
            remedy=_("compruebe el nombre"),
        )
    return name


def _read_household(cell: str) -> str:
    if not _HOUSEHOLD.fullmatch(cell):
        raise RecordInvalid(
            _("no es una referencia de hogar"), remedy=_("use hasta 40 letras, cifras o los signos _ . / -")
        )
    return cell


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    fmt.DOCUMENT: parse_document,
    fmt.NAME: _read_name,
    fmt.BIRTH_DATE: cells.read_date,
    fmt.HOUSEHOLD: _read_household,
    fmt.SPELLS: cells.read_spells,
    fmt.INTERVENTIONS: cells.read_interventions,
    fmt.RECORDED: cells.read_moment,
    fmt.FICTITIOUS: cells.read_bool,
}


def _record(values: Mapping[str, Any]) -> PersonRecord:
    specs = fmt.columns_by_name()
    fields: dict[str, Value] = {
        name: value for name, value in values.items() if specs[name].spec and name not in fmt.HOUSEHOLD_FIELDS
    }
    described = [values.get(name) for name in fmt.HOUSEHOLD_FIELDS]
    reference = values.get(fmt.HOUSEHOLD)
    if reference is None and any(value is not None for value in described):
        reference = fmt.own_household(values[fmt.DOCUMENT])
    return PersonRecord(
        document=values[fmt.DOCUMENT],
        name=values[fmt.NAME],
        birth_date=values[fmt.BIRTH_DATE],
        fields=fields,
        household=Household(reference, *described) if reference is not None else None,
        spells=values.get(fmt.SPELLS, ()),
        interventions=values.get(fmt.INTERVENTIONS, ()),
        recorded_at=values.get(fmt.RECORDED),
        fictitious=values.get(fmt.FICTITIOUS, False),
    )


def _contradictions(record: PersonRecord, line: int, seen: _Seen, now: datetime) -> Iterator[RowFault]:
    """Yield the contradictions within the row and with earlier rows, and remember the row."""
    latest = now + CLOCK_SLACK
    future, check_year = _("la fecha es futura"), _("compruebe el año")
    if record.birth_date > local_day(latest):
        yield RowFault(line, fmt.BIRTH_DATE, future, check_year)
    if record.recorded_at and record.recorded_at > latest:
        yield RowFault(line, fmt.RECORDED, future, check_year)
    first = seen.documents.setdefault(record.document.canonical, line)
    if first != line:
        message = _("la misma persona que en la línea {first:d}", first=first)
        yield RowFault(line, fmt.DOCUMENT, message, _("deje una sola fila por persona"))
    if record.household:
        yield from _household_contradictions(record.household, line, seen)


def _household_contradictions(household: Household, line: int, seen: _Seen) -> Iterator[RowFault]:
    if household.size is not None and household.minors is not None and household.minors > household.size:
        message = _("hay más menores que miembros")
        yield RowFault(line, "household.minors", message, _("compruebe los dos números"))
    first, described = seen.households.setdefault(household.reference, (line, household))
    if described != household:
        message = _("la unidad de convivencia se describe de otro modo que en la línea {first:d}", first=first)
        remedy = _("indique los mismos valores household.* en las dos filas")
        yield RowFault(line, fmt.HOUSEHOLD, message, remedy)
