"""A row of an imported file as a person's record, checked by itself and against the rows before it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from node.people import cells
from node.people import csv_format as fmt
from node.people.birth_cells import read_birth_date
from node.people.documents import parse_document
from node.people.errors import RecordInvalid, RecordsError
from node.people.import_faults import RowFault, shape_of
from node.people.mapping import mapped_cell
from node.people.model import Household, PersonRecord, Value
from policies.local_days import local_day
from presentation.messages import _, plural
from service.sheets.cells import is_garbled

CLOCK_SLACK: Final = timedelta(days=1)

_MAX_NAME: Final = 200
_HOUSEHOLD: Final = re.compile(fmt.HOUSEHOLD_PATTERN)


@dataclass(slots=True)
class RowsBefore:
    """Documents and households of earlier rows, to notice repeats and contradictions."""

    documents: dict[str, int] = field(default_factory=dict)
    households: dict[str, tuple[int, Household]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """A column of a file.

    Attributes:
        column: of the format; None for one of the office's own that is left out.
        shown: the column's name for people: the format's, with the office's own where it has one.
        words: own codes as `comparable` has them, each with the code of the format.
    """

    column: fmt.Column | None
    shown: str
    words: Mapping[str, str] = field(default_factory=dict)


def read_row(
    header: Sequence[HeaderCell], line: int, row: Sequence[str], context: tuple[RowsBefore, datetime]
) -> PersonRecord | list[RowFault]:
    """Return a row's record, or every reason to reject it.

    Args:
        header: the column of each cell.
        line: of the file.
        row: the cells.
        context: the rows before it, which remember this one, and the present (aware, UTC).
    """
    if len(row) != len(header):
        message = plural(
            "{n} celda en lugar de {expected}", "{n} celdas en lugar de {expected}", len(row), expected=len(header)
        )
        remedy = _("compruebe los separadores y las comillas, y que la línea no esté cortada")
        return [RowFault(line, "", message, remedy)]
    faults: list[RowFault] = []
    values: dict[str, Any] = {}
    for head, cell in zip(header, row, strict=True):
        column = head.column
        if column is None or (not cell and not column.required):
            continue
        try:
            if (value := _read_cell(column, mapped_cell(head.words, cell) if head.words else cell)) is not None:
                values[column.name] = value
        except RecordsError as error:
            faults.append(RowFault(line, head.shown, error.message, error.remedy, shape_of(cell)))
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
    if is_garbled(cell):
        raise RecordInvalid(
            _("el texto se leyó con otra codificación, como «Ã±» en lugar de «ñ»"),
            remedy=_("guarde de nuevo el fichero de origen como «CSV UTF-8», o indique --encoding windows-1252"),
        )
    text = cell if column.spec and column.spec.multiline else cell.strip()
    if not text.strip():
        if column.required:
            raise RecordInvalid(_("la celda está vacía"), remedy=_("este dato es obligatorio para todas las personas"))
        return None
    if column.spec:
        return cells.read_field(column.spec, text)
    return _READERS[column.name](text)


def read_coded(column: str, cell: str) -> object:
    """Return the value of a cell in a column of codes.

    Raises:
        RecordInvalid: the column takes no such value.
    """
    return _read_cell(fmt.columns_by_name()[column], cell)


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
    fmt.BIRTH_DATE: read_birth_date,
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


def _contradictions(record: PersonRecord, line: int, seen: RowsBefore, now: datetime) -> Iterator[RowFault]:
    """Yield the contradictions within the row and with earlier rows, and remember the row."""
    latest = now + CLOCK_SLACK
    future, check_year = _("la fecha es futura"), _("compruebe el año")
    born = record.birth_date.span
    if born is not None and born[0] > local_day(latest):
        yield RowFault(line, fmt.BIRTH_DATE, future, check_year)
    if record.recorded_at and record.recorded_at > latest:
        yield RowFault(line, fmt.RECORDED, future, check_year)
    first = seen.documents.setdefault(record.document.canonical, line)
    if first != line:
        message = _("la misma persona que en la línea {first:d}", first=first)
        yield RowFault(line, fmt.DOCUMENT, message, _("deje una sola fila por persona"))
    if record.household:
        yield from _household_contradictions(record.household, line, seen)


def _household_contradictions(household: Household, line: int, seen: RowsBefore) -> Iterator[RowFault]:
    if household.size is not None and household.minors is not None and household.minors > household.size:
        message = _("hay más menores que miembros")
        yield RowFault(line, "household.minors", message, _("compruebe los dos números"))
    first, described = seen.households.setdefault(household.reference, (line, household))
    if described != household:
        message = _("la unidad de convivencia se describe de otro modo que en la línea {first:d}", first=first)
        remedy = _("indique los mismos valores household.* en las dos filas")
        yield RowFault(line, fmt.HOUSEHOLD, message, remedy)
