"""The fields of the shared record: sensitivity, scope and allowed values."""

import re
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from policies.codes import CodeLists
from policies.documents import Entry, Labelled
from presentation.messages import Message, _, joined

MAX_ROWS: Final = 500
"""The bound on the values of a list field: enough for the interventions of a lifetime."""

_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class Sensitivity(StrEnum):
    """The sensitivity of a field; the digit orders them."""

    P0 = "P0"  # not personal
    P1 = "P1"  # ordinary personal data
    P2 = "P2"  # socially sensitive
    P3 = "P3"  # special category, GDPR art. 9
    P4 = "P4"  # restricted: violence, child protection

    @property
    def level(self) -> int:
        """The digit, 0 to 4."""
        return int(self.value[1])


class Scope(StrEnum):
    """The scope in which a field may be shared."""

    MINIMUM = "M"  # in the minimum summary
    CONSENT = "C"  # only with a consent that names it
    NODE = "N"  # stays at the node


class FieldType(StrEnum):
    """The form of values in JSON; dates and months are ISO 8601 text."""

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

    def fault(self, value: object, lists: CodeLists) -> Message | None:
        """Return the fault of a cell, or None."""
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
        if self.type is FieldType.CODE and self.codes is None:
            raise ValueError(_("{field}: un campo codificado indica su lista de códigos", field=self.id))
        if self.type is FieldType.LIST and not (self.codes or self.parts):
            raise ValueError(_("{field}: una lista tiene códigos o partes", field=self.id))
        if self.type is FieldType.TEXT and self.max_length is None:
            raise ValueError(_("{field}: un texto tiene una longitud máxima", field=self.id))
        if self.type in _NUMBERS and None in (self.minimum, self.maximum):
            raise ValueError(_("{field}: un número tiene límites", field=self.id))
        return self

    @model_validator(mode="after")
    def _protected(self) -> Self:
        if self.sensitivity is Sensitivity.P3 and self.legal_basis is None:
            raise ValueError(_("{field}: un campo P3 indica su base jurídica", field=self.id))
        if self.multiline and self.scope is not Scope.NODE:
            raise ValueError(_("{field}: el texto libre se queda en el nodo", field=self.id))
        return self

    @property
    def shareable(self) -> bool:
        """True when the field may ever leave by a consented request: not N, not P4, and not carried by the protocol."""
        return self.scope is not Scope.NODE and self.sensitivity is not Sensitivity.P4 and self.origin != "protocol"

    @cached_property
    def compiled_pattern(self) -> re.Pattern[str] | None:
        """The pattern that the whole text must match."""
        return re.compile(self.pattern) if self.pattern else None

    def fault(self, value: object, lists: CodeLists) -> Message | None:
        """Return the fault of a value, or None when the field may hold it."""
        if self.type is FieldType.LIST:
            return self._list_fault(value, lists)
        if self.type in _NUMBERS:
            return self._number_fault(value)
        if self.type is FieldType.TEXT:
            return self._text_fault(value)
        return _scalar_fault(self.type, self.codes, value, lists)

    def _number_fault(self, value: object) -> Message | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return _("se espera un número entero")
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            return _("se espera un número de {low:d} a {high:d}", low=low, high=high)
        return None

    def _text_fault(self, value: object) -> Message | None:
        if not isinstance(value, str) or not value.strip():
            return _("se espera un texto")
        if len(value) > (self.max_length or 0):
            return _("el texto pasa de {limit:d} caracteres", limit=self.max_length)
        if not self.multiline and not value.isprintable():
            return _("se espera una línea de texto imprimible")
        if self.compiled_pattern and not self.compiled_pattern.fullmatch(value):
            return _("el texto no tiene la forma de este campo")
        return None

    def _list_fault(self, value: object, lists: CodeLists) -> Message | None:
        if not isinstance(value, list | tuple):
            return _("se espera una lista")
        if len(value) > MAX_ROWS:
            return _("la lista pasa de {limit:d} elementos", limit=MAX_ROWS)
        check = self._row_fault if self.parts else self._item_fault
        return next((fault for item in value if (fault := check(item, lists))), None)

    def _item_fault(self, item: object, lists: CodeLists) -> Message | None:
        return _scalar_fault(FieldType.CODE, self.codes, item, lists)

    def _row_fault(self, row: object, lists: CodeLists) -> Message | None:
        if not isinstance(row, dict) or not row.keys() <= {part.name for part in self.parts}:
            return _("se esperan filas de {names}", names=", ".join(part.name for part in self.parts))
        for part in self.parts:
            if part.name not in row:
                if part.required:
                    return _("a una fila le falta {name}", name=part.name)
                continue
            if fault := part.fault(row[part.name], lists):
                return joined((part.name, fault), ": ")
        return None


_NUMBERS: Final = frozenset({FieldType.INT, FieldType.YEAR})


def _scalar_fault(kind: FieldType, codes: str | None, value: object, lists: CodeLists) -> Message | None:
    match kind:
        case FieldType.BOOL:
            return None if isinstance(value, bool) else _("se espera sí o no")
        case FieldType.CODE:
            known = isinstance(value, str) and value in lists.list(codes or "")
            return None if known else _("se espera un código de la lista {codes}", codes=codes)
        case FieldType.MONTH:
            month = isinstance(value, str) and _MONTH.fullmatch(value)
            return None if month else _("se espera un mes (AAAA-MM)")
        case _:
            known = isinstance(value, str) and _is_date(value)
            return None if known else _("se espera una fecha (AAAA-MM-DD)")


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
