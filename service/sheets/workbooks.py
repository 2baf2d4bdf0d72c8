"""Rows of the first visible sheet of a workbook: Excel (.xlsx, .xls) and LibreOffice (.ods)."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from presentation.faults import os_fault
from presentation.messages import _
from service.sheets.cells import text_of
from service.sheets.errors import SheetUnreadable

MAX_UNPACKED_BYTES: Final = 1 << 30
"""Bound on what a workbook may unpack to: a few kB of zip can hold gigabytes."""


def workbook_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells) of each row.

    Raises:
        SheetUnreadable: missing, no workbook, protected by a password, too large, or without a visible sheet.
    """
    _require_bounded(path)
    try:
        with CalamineWorkbook.from_path(path) as book:
            rows = book.get_sheet_by_name(_first_visible(path, book)).to_python(skip_empty_area=False)
    except PasswordError as error:
        raise SheetUnreadable(
            _("{path} está protegido con una contraseña", path=path), remedy=_("guárdelo sin contraseña")
        ) from error
    except (CalamineError, ValueError) as error:
        raise SheetUnreadable(
            _("{path} no es un libro de Excel o LibreOffice que se pueda leer", path=path),
            remedy=_("guárdelo de nuevo como .xlsx, .ods o «CSV UTF-8»"),
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    for number, row in enumerate(rows, start=1):
        yield number, [text_of(value) for value in row]


def _first_visible(path: Path, book: CalamineWorkbook) -> str:
    for sheet in book.sheets_metadata:
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet:
            return str(sheet.name)
    raise SheetUnreadable(_("{path} no tiene ninguna hoja visible", path=path), remedy=_("muestre la hoja y guarde"))


def _require_bounded(path: Path) -> None:
    try:
        unpacked = path.stat().st_size
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                unpacked = sum(each.file_size for each in archive.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        if isinstance(error, OSError):
            raise _unreadable(path, error) from error
        unpacked = 0  # the reader says what is wrong with it
    if unpacked > MAX_UNPACKED_BYTES:
        raise SheetUnreadable(_("{path} ocupa más de 1 GiB", path=path), remedy=_("divida el fichero"))


def _unreadable(path: Path, error: OSError) -> SheetUnreadable:
    return SheetUnreadable(
        _("no se puede leer {path}: {reason}", path=path, reason=os_fault(error)), remedy=_("compruebe la ruta")
    )
