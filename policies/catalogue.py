"""The field catalogue of the shared-summarised social record: its fields and their allowed values."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Final, Literal

from pydantic import Field

from policies.codes import CodeLists, load_codes
from policies.documents import Entry, Labelled, read_document
from policies.errors import PolicyDocumentDamaged, ValueNotAllowed
from policies.fields import FieldSpec, FieldType, Scope, Sensitivity
from policies.terms import find_term
from presentation.formats import day, month, number
from presentation.messages import _, joined, speaking

# Made once, as terms are looked up many times a request.
_FIELD: Final = _("campo")

__all__ = ["DOCUMENTS", "Catalogue", "Dimension", "FieldSpec", "FieldType", "Scope", "Sensitivity", "load_catalogue"]

DOCUMENTS = ("data/summary_fields.yaml", "data/diagnosis.yaml", "data/codes.yaml")
"""The sources of the catalogue, beside the territory."""

_HEALTH_BASIS = "GDPR 9.2.a, 9.2.h; LOPDGDD 9.2"


class Dimension(Labelled):
    """A dimension of the social diagnosis."""

    id: str = Field(pattern=r"^[a-z]{1,20}$")
    sensitivity: Sensitivity


class _Factor(Labelled):
    id: str = Field(pattern=r"^[a-z]{3}[0-9]$")
    dimension: str
    sensitivity: Sensitivity
    scope: Scope = Scope.CONSENT


class _Diagnosis(Entry):
    version: str
    dimensions: tuple[Dimension, ...]
    factors: tuple[_Factor, ...]


class _Summary(Entry):
    version: str
    fields: tuple[FieldSpec, ...]


_REMEMBERED: Final = 4096
"""Values for which the result of a check is kept."""


class Catalogue:
    """Every field, in the order in which people read them."""

    def __init__(
        self, version: str, fields: tuple[FieldSpec, ...], dimensions: tuple[Dimension, ...], lists: CodeLists
    ) -> None:
        self.version = version
        self.fields = fields
        self.dimensions = dimensions
        self.codes = lists
        self._by_id: Mapping[str, FieldSpec] = {spec.id: spec for spec in fields}
        # Most values are codes, of which there are few; `typed` keeps true apart from 1.
        self._accepts_scalar = lru_cache(maxsize=_REMEMBERED, typed=True)(self._accepts)
        for spec in fields:
            for list_id in (spec.codes, *(part.codes for part in spec.parts)):
                if list_id is not None and list_id not in lists.ids:
                    raise PolicyDocumentDamaged(
                        _("{spec}: no existe la lista de códigos {list_id!r}", spec=spec.id, list_id=list_id)
                    )
        if len(self._by_id) != len(fields):
            raise PolicyDocumentDamaged(_("el catálogo incluye un campo dos veces"))

    def __contains__(self, field_id: object) -> bool:
        return field_id in self._by_id

    def field(self, field_id: str) -> FieldSpec:
        """Return a field.

        Raises:
            UnknownTerm: the catalogue has none of that id.
        """
        return find_term(_FIELD, self._by_id, field_id)

    def shareable(self) -> tuple[FieldSpec, ...]:
        """Return the fields that may leave a node by a consented request."""
        return tuple(spec for spec in self.fields if spec.shareable)

    def minimum(self) -> tuple[FieldSpec, ...]:
        """Return the fields of the minimum summary, which a consent covers when it names no field."""
        return tuple(spec for spec in self.shareable() if spec.scope is Scope.MINIMUM)

    def select(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the field ids that `names` stand for, without repeats.

        A name is a field id, or the beginning of several up to a dot: ``dx.levels`` or ``housing`` stand for the
        shareable fields under them.

        Raises:
            UnknownTerm: a name stands for nothing.
        """
        chosen: dict[str, None] = {}
        for name in names:
            under = [spec.id for spec in self.shareable() if spec.id.startswith(f"{name}.")]
            chosen.update(dict.fromkeys(under if name not in self._by_id and under else [self.field(name).id]))
        return tuple(chosen)

    def check(self, field_id: str, value: object) -> None:
        """Check that a field may hold a value.

        Raises:
            UnknownTerm: there is no such field.
            ValueNotAllowed: it may not; the message does not repeat the value.
        """
        spec = self.field(field_id)
        if fault := spec.fault(value, self.codes):
            raise ValueNotAllowed(joined((field_id, fault), ": "), remedy=self._values_remedy(spec))

    def accepts(self, field_id: str, value: object) -> bool:
        """Return whether a peer may send us this value of a field: it is shareable and may hold the value."""
        if isinstance(value, str | int):
            return self._accepts_scalar(field_id, value)
        return self._accepts(field_id, value)

    def _accepts(self, field_id: str, value: object) -> bool:
        spec = self._by_id.get(field_id)
        return spec is not None and spec.shareable and spec.fault(value, self.codes) is None

    def display(self, field_id: str, value: object, lang: str = "es") -> str:
        """Return a value for people: codes by their names, dates and numbers as the language writes them.

        Raises:
            UnknownTerm: there is no such field.
        """
        spec = self.field(field_id)
        if isinstance(value, bool):
            return speaking(lang)("Sí") if value else speaking(lang)("No")
        if isinstance(value, list | tuple):
            return ", ".join(self._item(spec, item, lang) for item in value)
        return self._shown(spec.type, spec.codes, value, lang)

    def _item(self, spec: FieldSpec, item: object, lang: str) -> str:
        if not isinstance(item, dict):
            return self._shown(spec.type, spec.codes, item, lang)
        cells = (self._shown(part.type, part.codes, item[part.name], lang) for part in spec.parts if part.name in item)
        return " · ".join(cells)

    def _shown(self, kind: FieldType, list_id: str | None, value: object, lang: str) -> str:
        if list_id is not None and isinstance(value, str) and value in self.codes.list(list_id):
            return self.codes.code(list_id, value).label(lang)
        if kind is FieldType.INT and isinstance(value, int):
            return number(value, lang)
        if kind in _CALENDAR and isinstance(value, str):
            return _date_shown(kind, value, lang)
        return str(value)

    def _values_remedy(self, spec: FieldSpec) -> str:
        if spec.codes is None:
            return _("consulte redpact-node vocabulary fields {spec}", spec=spec.id)
        known = [code.code for code in self.codes.list(spec.codes).codes]
        if len(known) > _MAX_SHOWN:
            return _("consulte redpact-node vocabulary codes {codes}", codes=spec.codes)
        return _("use uno de estos valores: {known}", known=", ".join(known))


def _date_shown(kind: FieldType, text: str, lang: str) -> str:
    """Return a date or month in words; any other text stands for itself."""
    try:
        if kind is FieldType.MONTH:
            return month(date.fromisoformat(f"{text}-01"), lang)
        return day(date.fromisoformat(text), lang)
    except ValueError:
        return text


_CALENDAR: Final = frozenset({FieldType.DATE, FieldType.MONTH})
_MAX_SHOWN = 20
_FAMILIES: Final = {"levels": _("Nivel"), "self": _("Autopercepción")}


def _levels(dimension: Dimension, family: Literal["levels", "self"]) -> FieldSpec:
    word = _FAMILIES[family]
    return FieldSpec(
        id=f"dx.{family}.{dimension.id}",
        es=f"{word.in_language('es')}: {dimension.es.lower()}",
        en=f"{word.in_language('en')}: {dimension.en.lower()}",
        category="diagnosis",
        sensitivity=dimension.sensitivity,
        scope=Scope.CONSENT,
        type=FieldType.INT,
        minimum=1,
        maximum=5,
        dimension=dimension.id,
        legal_basis=_HEALTH_BASIS if dimension.sensitivity is Sensitivity.P3 else None,
    )


def _factor(factor: _Factor) -> FieldSpec:
    return FieldSpec(
        id=f"dx.factors.{factor.id}",
        es=factor.es,
        en=factor.en,
        category="diagnosis",
        sensitivity=factor.sensitivity,
        scope=factor.scope,
        type=FieldType.INT,
        minimum=-3,
        maximum=3,
        dimension=factor.dimension,
        legal_basis=_HEALTH_BASIS if factor.sensitivity is Sensitivity.P3 else None,
    )


@cache
def load_catalogue() -> Catalogue:
    """Return the bundled catalogue, read once.

    Raises:
        PolicyDocumentDamaged: the installed documents are unreadable or contradict each other.
    """
    summary = read_document("data/summary_fields.yaml", _Summary)
    diagnosis = read_document("data/diagnosis.yaml", _Diagnosis)
    fields = (
        *summary.fields,
        *(_levels(dimension, "levels") for dimension in diagnosis.dimensions),
        *(_levels(dimension, "self") for dimension in diagnosis.dimensions),
        *(_factor(factor) for factor in diagnosis.factors),
    )
    return Catalogue(f"{summary.version}+{diagnosis.version}", fields, diagnosis.dimensions, load_codes())
