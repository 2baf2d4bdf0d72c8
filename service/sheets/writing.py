"""Writing of rows as a spreadsheet program opens them: delimited text with a mark of its encoding, and workbooks."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import xlsxwriter

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
"""At the start of UTF-8, without which Excel takes accents for two letters each."""

WORKBOOK_SUFFIX: Final = ".xlsx"

MOST_ROWS: Final = (1 << 20) - 1
"""Of a sheet of Excel, after its head."""

_LISTS: Final = "Listas"
_TEXT: Final = "@"
_WIDTH: Final = 22
_MOST_IN_NOTE: Final = 400


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a written sheet.

    Attributes:
        name: in the first row.
        note: shown beside the name.
        choices: the values to choose from; empty for a free cell.
    """

    name: str
    note: str = ""
    choices: Sequence[str] = field(default_factory=tuple)


def delimited_text(names: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """Return rows as CSV that Excel in Spanish opens in columns and with its accents: semicolons, a byte order mark."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="", delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return BYTE_ORDER_MARK + text.getvalue().encode()


def workbook(title: str, columns: Sequence[SheetColumn], rows: Iterable[Sequence[str]]) -> bytes:
    """Return an Excel workbook with one sheet of rows; every cell is text, so that nothing is turned into a date.

    The choices of a column are a drop-down list; they stand on a hidden sheet.

    Args:
        title: of the sheet, at most 31 characters.
        columns: of the rows.
        rows: cells in the order of `columns`, at most `MOST_ROWS`.
    """
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options) as book:
        text, head = book.add_format({"num_format": _TEXT}), book.add_format({"bold": True, "num_format": _TEXT})
        sheet, lists = book.add_worksheet(title), book.add_worksheet(_LISTS)
        lists.hide()
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, _WIDTH, text)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.name, head)
            if column.note:
                sheet.write_comment(0, place, column.note[:_MOST_IN_NOTE])
            if column.choices:
                lists.write_column(0, place, column.choices)
                letter = xlsxwriter.utility.xl_col_to_name(place)
                source = f"={_LISTS}!${letter}$1:${letter}${len(column.choices)}"
                sheet.data_validation(1, place, MOST_ROWS, place, {"validate": "list", "source": source})
        for number, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                if cell:
                    sheet.write_string(number, place, cell, text)
    return target.getvalue()
