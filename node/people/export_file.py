"""Export of people and their records as a file that reads back as the same records, also after a spreadsheet had it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from node.people import cells
from node.people import csv_format as fmt
from node.people.errors import ExportFailed
from node.people.model import PersonRecord
from presentation.messages import _
from service.errors import HomeUnusable
from service.files import write_private
from service.sheets.writing import MOST_ROWS, WORKBOOK_SUFFIX, SheetColumn, delimited_text, workbook


def export_records(path: Path, records: Iterable[PersonRecord], progress: Callable[[int], None] | None = None) -> int:
    """Write a file that only its owner can read, and return the number of people in it.

    A name that ends in ``.xlsx`` gives an Excel workbook, any other CSV. Rows are sorted by document.

    Raises:
        ExportFailed, StorageFull: the file cannot be written; an earlier file stays.
    """
    rows = []
    for record in records:
        rows.append(cells_of(record))
        if progress:
            progress(len(rows))
    rows.sort(key=lambda row: row[fmt.DOCUMENT])
    try:
        write_private(path, _content(path, rows))
    except HomeUnusable as error:
        raise ExportFailed(error.message, remedy=_("compruebe la ruta y sus permisos")) from error
    return len(rows)


def _content(path: Path, rows: Sequence[Mapping[str, str]]) -> bytes:
    names = [column.name for column in fmt.columns()]
    if path.suffix.lower() != WORKBOOK_SUFFIX:
        return delimited_text(names, rows)
    if len(rows) > MOST_ROWS:
        raise ExportFailed(_("una hoja de Excel no admite tantas filas"), remedy=_("exporte a un fichero .csv"))
    return workbook(
        "Personas", [SheetColumn(name) for name in names], ([row.get(n, "") for n in names] for row in rows)
    )


def cells_of(record: PersonRecord) -> dict[str, str]:
    """Return the cells of a record by column; a column without a value is missing."""
    row = {field_id: cells.write_field(value) for field_id, value in record.fields.items()}
    row |= {
        fmt.DOCUMENT: record.document.number,
        fmt.NAME: cells.write_text(record.name),
        fmt.BIRTH_DATE: record.birth_date.text,
        fmt.SPELLS: cells.write_spells(record.spells),
        fmt.INTERVENTIONS: cells.write_interventions(record.interventions),
        fmt.RECORDED: cells.write_moment(record.recorded_at) if record.recorded_at else "",
        fmt.FICTITIOUS: "yes" if record.fictitious else "no",
    }
    return row | _household(record)


def _household(record: PersonRecord) -> dict[str, str]:
    household = record.household
    if household is None:
        return {}
    own = household.reference == fmt.own_household(record.document)
    described = (household.kind, household.size, household.minors, household.dependants)
    row = {
        name: cells.write_field(value)
        for name, value in zip(fmt.HOUSEHOLD_FIELDS, described, strict=True)
        if value is not None
    }
    return row | {fmt.HOUSEHOLD: "" if own and row else household.reference}
