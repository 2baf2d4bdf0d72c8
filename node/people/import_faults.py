"""Faults of an imported file's rows, told with line, column, the form of the cell and the remedy."""

from dataclasses import dataclass
from typing import Final

from presentation.messages import Message, _

_MAX_SHAPE: Final = 24
_SIGNS: Final = frozenset("+-_.,:;/|'\"()@ ")


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
