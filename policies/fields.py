"""What a field of the shared record is: how sensitive, how far it may go, and which values it takes."""

import re
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from policies.codes import CodeLists
from policies.documents import Entry, Labelled

MAX_ROWS: Final = 500
"""Bound on the values of a list field: a life's interventions, not a data set."""

_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class Sensitivity(StrEnum):
    """How sensitive a field is; the digit orders them."""

    P0 = "P0"  # not personal
    P1 = "P1"  # ordinary personal data
    P2 = "P2"  # socially sensitive
    P3 = "P3"  # special category, GDPR art. 9
    P4 = "P4"  # restricted: violence, child protection

    @property
    def level(self) -> int:
        """0 to 4."""
        return int(self.value[1])


class Scope(StrEnum):
    """How far a field may go."""

    MINIMUM = "M"  # in the minimum summary
    CONSENT = "C"  # only with a consent that names it
    NODE = "N"  # stays at the node


class FieldType(StrEnum):
    """What values look like in JSON; dates and months are ISO 8601 text."""

    CODE = "code"
    BOOL = "bool"
    INT = "int"
    YEAR = "year"
    MONTH = "month"
    DATE = "date"
    TEXT = "text"
    LIST = "list"


class Part(Entry):
    """One cell of the rows of a list field."""

    name: str = Field(pattern=r"^[a-z_]{1,40}$")
    type: Literal[FieldType.CODE, FieldType.MONTH, FieldType.DATE]
    codes: str | None = None
    required: bool = True

    def fault(self, value: object, lists: CodeLists) -> str | None:
        """Return what is wrong with a cell, or None."""
        return _scalar_fault(self.type, self.codes, value, lists)


class FieldSpec(Labelled):
    """One field of the catalogue. `minimum` and `maximum` bound numbers, inclusive; `max_length` bounds texts."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_.]{0,63}$")
    category: str = Field(pattern=r"^[a-z]{1,20}$")
    sensitivity: Sensitivity
    scope: Scope
    type: FieldType
    codes: str | None = Field(default=None, description="id of the code list")
    parts: tuple[Part, ...] = Field(default=(), description="cells of each row of a list")
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = Field(default=None, ge=1, le=10_000)
    pattern: str | None = None
    multiline: bool = Field(default=False, description="free text")
    origin: Literal["recorded", "derived", "protocol"] = "recorded"
    legal_basis: str | None = Field(default=None, description="of special-category data: GDPR art. 9.2 and the law")
    dimension: str | None = Field(default=None, description="of the social diagnosis, of the fields of one")

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        rules = (
            (self.type is FieldType.CODE, self.codes is not None, "a coded field names its code list"),
            (self.type is FieldType.LIST, bool(self.codes or self.parts), "a list has codes or parts"),
            (self.type is FieldType.TEXT, self.max_length is not None, "a text has a maximum length"),
            (self.type in _NUMBERS, None not in (self.minimum, self.maximum), "a number has bounds"),
            (self.sensitivity is Sensitivity.P3, self.legal_basis is not None, "P3 states its legal basis"),
            (self.multiline, self.scope is Scope.NODE, "free text stays at the node"),
        )
        for applies, holds, rule in rules:
            if applies and not holds:
                raise ValueError(f"{self.id}: {rule}")
        return self

    @property
    def shareable(self) -> bool:
        """Whether the field may ever leave by a consented request: not N, not P4, and not carried by the protocol."""
        return self.scope is not Scope.NODE and self.sensitivity is not Sensitivity.P4 and self.origin != "protocol"

    @cached_property
    def compiled_pattern(self) -> re.Pattern[str] | None:
        """The pattern that the whole text must match."""
        return re.compile(self.pattern) if self.pattern else None

    def fault(self, value: object, lists: CodeLists) -> str | None:
        """Return what is wrong with a value, in English, or None when the field may hold it."""
        if self.type is FieldType.LIST:
            return self._list_fault(value, lists)
        if self.type in _NUMBERS:
            return self._number_fault(value)
        if self.type is FieldType.TEXT:
            return self._text_fault(value)
        return _scalar_fault(self.type, self.codes, value, lists)

    def _number_fault(self, value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return "a whole number is expected"
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            return f"a number from {low} to {high} is expected"
        return None

    def _text_fault(self, value: object) -> str | None:
        if not isinstance(value, str) or not value.strip():
            return "a text is expected"
        if len(value) > (self.max_length or 0):
            return f"the text is longer than {self.max_length} characters"
        if not self.multiline and not value.isprintable():
            return "one line of printable text is expected"
        if self.compiled_pattern and not self.compiled_pattern.fullmatch(value):
            return "the text does not have the form of this field"
        return None

    def _list_fault(self, value: object, lists: CodeLists) -> str | None:
        if not isinstance(value, list | tuple):
            return "a list is expected"
        if len(value) > MAX_ROWS:
            return f"the list is longer than {MAX_ROWS}"
        check = self._row_fault if self.parts else self._item_fault
        return next((fault for item in value if (fault := check(item, lists))), None)

    def _item_fault(self, item: object, lists: CodeLists) -> str | None:
        return _scalar_fault(FieldType.CODE, self.codes, item, lists)

    def _row_fault(self, row: object, lists: CodeLists) -> str | None:
        if not isinstance(row, dict) or not row.keys() <= {part.name for part in self.parts}:
            return f"rows of {', '.join(part.name for part in self.parts)} are expected"
        for part in self.parts:
            if part.name not in row:
                if part.required:
                    return f"a row lacks {part.name}"
                continue
            if fault := part.fault(row[part.name], lists):
                return f"{part.name}: {fault}"
        return None


_NUMBERS: Final = frozenset({FieldType.INT, FieldType.YEAR})


def _scalar_fault(kind: FieldType, codes: str | None, value: object, lists: CodeLists) -> str | None:
    match kind:
        case FieldType.BOOL:
            return None if isinstance(value, bool) else "yes or no is expected"
        case FieldType.CODE:
            known = isinstance(value, str) and value in lists.list(codes or "")
            return None if known else f"a code of the list {codes} is expected"
        case FieldType.MONTH:
            return None if isinstance(value, str) and _MONTH.fullmatch(value) else "a month (YYYY-MM) is expected"
        case _:
            return None if isinstance(value, str) and _is_date(value) else "a date (YYYY-MM-DD) is expected"


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
