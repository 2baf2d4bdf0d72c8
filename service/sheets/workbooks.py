"""Rows of the first visible sheet of a workbook: Excel (.xlsx, .xls) and LibreOffice (.ods)."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from presentation.faults import os_fault
from presentation.messages import _
from service.sheets import workbook_process
from service.sheets.errors import SheetUnreadable

MAX_UNPACKED_BYTES: Final = 1 << 30
"""Bound on what a workbook may unpack to: a few kB of zip can hold gigabytes."""


def workbook_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells) of each row, read by `service.sheets.workbook_process`.

    Raises:
        SheetUnreadable: missing, no workbook, protected by a password, too large, or without a visible sheet.
    """
    _require_bounded(path)
    with _started(path) as reading:
        assert reading.stdout is not None, "it was asked for"
        try:
            for number, line in enumerate(reading.stdout, start=1):
                yield number, json.loads(line)
        except ValueError as error:  # it died within a line
            raise _too_large(path) from error
        finally:
            reading.stdout.close()
    _require_read(path, reading.returncode)


def _started(path: Path) -> "subprocess.Popen[bytes]":
    command = (sys.executable, "-m", workbook_process.__name__, str(path.resolve()))
    try:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603 - this Python
    except OSError as error:
        raise _unreadable(path, error) from error


def _require_read(path: Path, code: int) -> None:
    match code:
        case 0:
            return
        case workbook_process.PROTECTED:
            raise SheetUnreadable(
                _("{path} está protegido con una contraseña", path=path), remedy=_("guárdelo sin contraseña")
            )
        case workbook_process.UNREADABLE:
            raise SheetUnreadable(
                _("{path} no es un libro de Excel o LibreOffice que se pueda leer", path=path),
                remedy=_("guárdelo de nuevo como .xlsx, .ods o «CSV UTF-8»"),
            )
        case workbook_process.NO_SHEET:
            raise SheetUnreadable(
                _("{path} no tiene ninguna hoja visible", path=path), remedy=_("muestre la hoja y guarde")
            )
        case _:
            raise _too_large(path)


def _too_large(path: Path) -> SheetUnreadable:
    return SheetUnreadable(
        _("la hoja de {path} es demasiado grande", path=path),
        remedy=_("borre las filas y columnas vacías que van después de los datos, o guárdela como «CSV UTF-8»"),
    )


def _require_bounded(path: Path) -> None:
    try:
        unpacked = path.stat().st_size
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                unpacked = sum(each.file_size for each in archive.infolist())
    except OSError as error:
        raise _unreadable(path, error) from error
    except zipfile.BadZipFile:
        unpacked = 0  # the reader says what is wrong with it
    if unpacked > MAX_UNPACKED_BYTES:
        raise SheetUnreadable(_("{path} ocupa más de 1 GiB", path=path), remedy=_("divida el fichero"))


def _unreadable(path: Path, error: OSError) -> SheetUnreadable:
    return SheetUnreadable(
        _("no se puede leer {path}: {reason}", path=path, reason=os_fault(error)), remedy=_("compruebe la ruta")
    )
