"""A mapping as a file of four columns, which a spreadsheet program edits: suggested, corrected, and read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from node.people.errors import ExportFailed, MappingInvalid
from node.people.mapping import OwnMapping, checked_mapping
from node.people.mapping_suggestion import Suggestion
from presentation.messages import _
from service.errors import HomeUnusable
from service.files import write_private
from service.sheets.cells import comparable
from service.sheets.errors import SheetUnreadable
from service.sheets.reading import read_sheet
from service.sheets.writing import delimited_text

HEAD: Final = ("columna_propia", "columna", "codigo_propio", "codigo")


def write_suggestion(path: Path, suggestion: Suggestion) -> None:
    """Write a suggestion to a new file that only its owner can read; its guesses are there to be corrected.

    Raises:
        ExportFailed: the file exists, or cannot be written.
    """
    rows = [(each.own, each.near[0] if each.near else "", "", "") for each in suggestion.columns]
    rows += [("", each.column, each.own, each.near[0] if each.near else "") for each in suggestion.codes]
    if path.exists():
        raise ExportFailed(_("ya existe {path}", path=path), remedy=_("elija otro nombre"))
    try:
        write_private(path, delimited_text(HEAD, [dict(zip(HEAD, row, strict=True)) for row in rows]))
    except HomeUnusable as error:
        raise ExportFailed(error.message, remedy=_("compruebe la ruta y sus permisos")) from error


def read_mapping(path: Path, name: str, encoding: str = "") -> OwnMapping:
    """Return the mapping of a file. A row without an own code maps a column; without a column, it leaves it out.

    Raises:
        MappingInvalid: no such file of rows, other columns, or a mapping that does not fit the format.
    """
    try:
        sheet = read_sheet(path, encoding)
        head, rows = [comparable(cell) for cell in sheet.head[1]], list(sheet.rows)
    except SheetUnreadable as error:
        raise MappingInvalid(error.message, remedy=error.remedy) from error
    if head != [comparable(cell) for cell in HEAD]:
        raise MappingInvalid(
            _("la primera línea no es correcta"), remedy=_("las columnas son {columns}", columns="; ".join(HEAD))
        )
    cells = [_four(line, row) for line, row in rows]
    columns = [(own, target) for own, target, own_code, _code in cells if not own_code]
    codes = [(target, own_code, code) for _own, target, own_code, code in cells if own_code]
    return checked_mapping(name, columns, codes)


def _four(line: int, row: Sequence[str]) -> tuple[str, str, str, str]:
    if len(row) > len(HEAD):
        raise MappingInvalid(
            _("la línea {line:d} tiene más de cuatro celdas", line=line), remedy=_("compruebe los separadores")
        )
    own, target, own_code, code = [cell.strip() for cell in (*row, "", "", "", "")][: len(HEAD)]
    return own, target, own_code, code
