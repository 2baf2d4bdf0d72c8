"""Read a workbook in a process of its own, with bounded memory, and print its rows as lines of JSON.

A workbook of a few kB may name a cell in the last row and column, and the library that reads it then asks for memory
for all cells up to there; where it gets none, it ends the process. So the process is not the one that imports.

Usage: ``python -m service.sheets.workbook_process FILE``. Exit code 0 after all rows, or one of the codes below.
"""

import json
import resource
import sys
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from service.sheets.cells import text_of

MEMORY_BYTES: Final = 2 << 30
PROTECTED: Final = 3
UNREADABLE: Final = 4
NO_SHEET: Final = 5


def print_rows(path: str) -> int:
    """Print each row of the first visible sheet as a JSON list of texts, and return the exit code."""
    try:
        with CalamineWorkbook.from_path(path) as book:
            name = next((sheet.name for sheet in book.sheets_metadata if _is_read(sheet)), None)
            if name is None:
                return NO_SHEET
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except PasswordError:
        return PROTECTED
    except (CalamineError, OSError, ValueError, MemoryError):
        return UNREADABLE
    for row in rows:
        sys.stdout.buffer.write(json.dumps([text_of(value) for value in row]).encode() + b"\n")
    return 0


def _is_read(sheet: object) -> bool:
    shown, kind = getattr(sheet, "visible", None), getattr(sheet, "typ", None)
    return shown == SheetVisibleEnum.Visible and kind == SheetTypeEnum.WorkSheet


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    sys.exit(print_rows(sys.argv[1]))
