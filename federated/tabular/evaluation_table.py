"""Tables for evaluation: a file of rows with a schema that names the columns of site, label and features.

The schema, in YAML::

    site: entity
    label: {name: snap, positive: 1}
    features:
      - {name: age_head, kind: numeric, min: 18, max: 64}
      - {name: MARS, kind: categorical, values: [1, 2, 3, 4]}
    protected: [sex]        # optional; never a feature
    person: case_number     # optional; a stable id of the row's person, never a feature
    negative: [0]           # optional; the label's other values, where there are several
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from federated.errors import SchemaInvalid, TableInvalid
from federated.tabular.features import (
    MAX_CATEGORIES,
    MAX_FEATURES,
    Category,
    FeatureSpec,
    FloatMatrix,
    FloatVector,
    LabelSpec,
    Name,
    Value,
    encode_features,
    encode_labels,
)
from federated.tabular.unread_values import require_two_outcomes
from policies.strict_reading import read_yaml
from presentation.faults import first_fault, os_fault, parse_fault
from presentation.messages import Message, _, listing
from service.sheets.errors import SheetUnreadable
from service.sheets.reading import read_sheet

MAX_SCHEMA_BYTES: Final = 1 << 20
MAX_ROWS: Final = 5_000_000
MAX_SITES: Final = 5000


class TableSchema(BaseModel):
    """The meaning of a table's columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: Name
    label: LabelSpec
    features: tuple[FeatureSpec, ...] = Field(min_length=1, max_length=MAX_FEATURES)
    protected: tuple[Name, ...] = Field(default=(), max_length=MAX_FEATURES)
    person: Name | None = None
    negative: tuple[Category, ...] = Field(default=(), max_length=MAX_CATEGORIES)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [feature.name for feature in self.features]
        if len(set(names)) != len(names):
            raise ValueError(_("una variable está dos veces"))
        for forbidden in (self.site, self.label.name, self.person):
            if forbidden in names:
                raise ValueError(
                    _("{name} es la sede, la etiqueta o la persona, y no puede ser variable", name=forbidden)
                )
        both = sorted(set(names) & set(self.protected))
        if both:
            raise ValueError(_("las columnas protegidas no pueden ser variables: {names}", names=listing(both)))
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns a table must have."""
        person = (self.person,) if self.person else ()
        return (self.site, self.label.name, *(feature.name for feature in self.features), *person)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """An encoded table.

    Attributes:
        sites: (people,) the site of each row, as text.
        matrix: (people, columns) float64 in [-1, 1].
        labels: (people,) float64 of 0 and 1.
        people: (people,) the id of each row's person; empty when the schema names none.
    """

    sites: npt.NDArray[np.str_]
    matrix: FloatMatrix
    labels: FloatVector
    people: tuple[str, ...] = ()

    @property
    def site_names(self) -> tuple[str, ...]:
        """The names of the sites, sorted."""
        return tuple(str(site) for site in np.unique(self.sites))

    def take(self, chosen: npt.NDArray[np.bool_]) -> "Table":
        """Return the chosen rows."""
        people = tuple(each for each, taken in zip(self.people, chosen, strict=False) if taken)
        return Table(self.sites[chosen], self.matrix[chosen], self.labels[chosen], people)


def load_schema(path: Path) -> TableSchema:
    """Read a schema file.

    Raises:
        SchemaInvalid: missing, not YAML, or not a schema.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SchemaInvalid(
            _("{path}: {reason}", path=path, reason=os_fault(error)), remedy=_("compruebe la ruta")
        ) from error
    return parse_schema(data)


def parse_schema(data: bytes) -> TableSchema:
    """Parse a schema.

    Raises:
        SchemaInvalid: not YAML, or not a schema.
    """
    if len(data) > MAX_SCHEMA_BYTES:
        raise SchemaInvalid(_("el esquema ocupa más de 1 MiB"))
    try:
        return TableSchema.model_validate(read_yaml(data))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SchemaInvalid(
            _fault(error), remedy=_("consulte: redpact-coordinator training simulate --help")
        ) from error


def read_table(path: Path, schema: TableSchema) -> Table:
    """Read and encode a table: CSV, Excel or LibreOffice, with a header line.

    Raises:
        TableInvalid: missing, unreadable, truncated, without a needed column, or with wrong values.
    """
    rows = read_rows(path, schema)
    require_two_outcomes(rows, schema.label, schema.negative)
    sites = [str(row[schema.site] or "").strip() for row in rows]
    if "" in sites:
        raise TableInvalid(
            _("fila {index!s}: falta {site}", index=sites.index("") + 1, site=schema.site),
            remedy=_("todas las filas necesitan su sede"),
        )
    matrix, labels = encode_features(rows, schema.features), encode_labels(rows, schema.label)
    table = Table(np.array(sites), matrix, labels, people_of(rows, schema))
    if len(table.site_names) > MAX_SITES:
        raise TableInvalid(
            _("hay más de {max_sites} sedes", max_sites=MAX_SITES),
            remedy=_("compruebe que la columna indicada es la de la sede"),
        )
    return table


def read_rows(path: Path, schema: TableSchema) -> list[Mapping[str, Value]]:
    """Read the needed columns of a table, as text.

    Raises:
        TableInvalid: missing, unreadable, truncated, without a needed column.
    """
    try:
        sheet = read_sheet(path)
        _require_columns(sheet.head[1], schema)
        rows = [_needed(sheet.head[1], row, schema, line) for line, row in sheet.rows]
    except SheetUnreadable as error:
        raise TableInvalid(error.message, remedy=error.remedy) from error
    if not rows:
        raise TableInvalid(_("{path} no tiene filas", path=path))
    if len(rows) > MAX_ROWS:
        raise TableInvalid(_("{path} tiene más de {max_rows} filas", path=path, max_rows=MAX_ROWS))
    return rows


def people_of(rows: Sequence[Mapping[str, Value]], schema: TableSchema) -> tuple[str, ...]:
    """Return the id of each row's person; nothing when the schema names no such column.

    Raises:
        TableInvalid: a row without an id, or a person with two rows at one site: they would count twice in a sum.
    """
    if schema.person is None:
        return ()
    first: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, start=1):
        person = str(row[schema.person] or "").strip()
        if not person:
            raise TableInvalid(
                _("fila {number!s}: falta {person}", number=number, person=schema.person),
                remedy=_("todas las filas necesitan el identificador de su persona"),
            )
        known = first.setdefault((str(row[schema.site]).strip(), person), number)
        if known != number:
            raise TableInvalid(
                _("las filas {known!s} y {number!s} son de la misma persona", known=known, number=number),
                remedy=_("deje una sola fila por persona: con dos contaría dos veces"),
            )
    return tuple(person for _site, person in first)


def _require_columns(header: Sequence[str], schema: TableSchema) -> None:
    missing = [name for name in schema.columns if name not in header]
    if missing:
        raise TableInvalid(
            _("en la tabla falta {missing}", missing=", ".join(missing)), remedy=_("corrija el encabezado o el esquema")
        )


def _needed(names: Sequence[str], row: Sequence[str], schema: TableSchema, line: int) -> Mapping[str, Value]:
    if len(row) != len(names):
        raise TableInvalid(
            _("línea {line!s}: el número de campos no es el del encabezado", line=line),
            remedy=_("compruebe que el fichero no está cortado"),
        )
    cells = dict(zip(names, row, strict=True))
    return {name: cells[name].strip() for name in schema.columns}


def _fault(error: Exception) -> Message:
    if isinstance(error, ValidationError):
        return first_fault(error)
    return _("no es un documento YAML: {fault}", fault=parse_fault(error))
