"""The CSV format of people and their records: one row per person, one column per thing known.

The columns come from the field catalogue, so the format grows with it; `format_page` is its documentation, kept in
``docs/reference/records-csv.md`` and printed by ``redpact-node records format``.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from node.people.documents import Document
from policies.catalogue import FieldSpec, FieldType, load_catalogue

DOCUMENT: Final = "document"
NAME: Final = "name"
BIRTH_DATE: Final = "birth_date"
HOUSEHOLD: Final = "household"
SPELLS: Final = "benefit_spells"
INTERVENTIONS: Final = "interventions"
RECORDED: Final = "recorded_at"
FICTITIOUS: Final = "fictitious"
HOUSEHOLD_FIELDS: Final = ("household.type", "household.size", "household.minors", "household.dependants")
REQUIRED: Final = (DOCUMENT, NAME, BIRTH_DATE)

MAX_CELL_CHARACTERS: Final = 20_000
MAX_COLUMNS: Final = 400
MAX_PEOPLE: Final = 500_000
HOUSEHOLD_PATTERN: Final = r"[0-9A-Za-z_./-]{1,40}"

_OUTSIDE_FIELDS: Final = frozenset({"person.name", "person.national_id"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the format; `spec` is its catalogue field, if it is one."""

    name: str
    es: str
    en: str
    values: str
    spec: FieldSpec | None = None

    @property
    def required(self) -> bool:
        """Whether the file must have the column and every row a value in it."""
        return self.name in REQUIRED


@cache
def columns() -> tuple[Column, ...]:
    """Return every column in the order in which exports write them."""
    catalogue = load_catalogue()
    recorded = [spec for spec in catalogue.fields if spec.origin == "recorded" and spec.id not in _OUTSIDE_FIELDS]
    households = [catalogue.field(field_id) for field_id in HOUSEHOLD_FIELDS]
    return (
        *_PERSON,
        *(Column(spec.id, spec.es, spec.en, _values(spec), spec) for spec in (*households, *recorded)),
        *_HISTORY,
    )


@cache
def columns_by_name() -> dict[str, Column]:
    """Return the columns by their names."""
    return {column.name: column for column in columns()}


def own_household(document: Document) -> str:
    """Return the reference of the household of a person whose row describes a household but gives no reference."""
    return document.number.replace(":", "/")


def format_page() -> str:
    """Return the documentation of the format, in Markdown."""
    return _INTRODUCTION + "\n".join(_line(column) for column in columns()) + "\n"


def _line(column: Column) -> str:
    name = f"`{column.name}`" + (" **required**" if column.required else "")
    sensitivity = f"{column.spec.sensitivity}/{column.spec.scope}" if column.spec else ""
    return f"| {name} | {column.es} | {column.en} | {column.values} | {sensitivity} |"


def _values(spec: FieldSpec) -> str:
    if spec.type in (FieldType.INT, FieldType.YEAR):
        return f"whole number, {spec.minimum} to {spec.maximum}"
    if spec.type is FieldType.TEXT:
        return f"text, at most {spec.max_length} characters" + ("" if spec.multiline else ", one line")
    if spec.type is FieldType.BOOL:
        return "`yes` or `no`"
    if spec.type is FieldType.CODE:
        return f"a code of `{spec.codes}`"
    if spec.type is FieldType.LIST:
        return f"codes of `{spec.codes}`, separated by `\\|`"
    return "`YYYY-MM-DD`" if spec.type is FieldType.DATE else "`YYYY-MM`"


_PERSON: Final = (
    Column(
        DOCUMENT,
        "DNI, NIE, pasaporte o código de enlace",
        "DNI, NIE, passport or linkage code",
        "`12345678Z`, `X1234567L`, `PAS:FRA:12AB34567`, `RP-XXXXXX-XXXXXX-XXXXXX` (`records linkage-code`)",
    ),
    Column(NAME, "Nombre y apellidos", "Name", "text, at most 200 characters, one line"),
    Column(BIRTH_DATE, "Fecha de nacimiento", "Birth date", "`YYYY-MM-DD`"),
    Column(
        HOUSEHOLD,
        "Referencia de la unidad de convivencia",
        "Household reference",
        "the entity's own reference: up to 40 letters, digits, `_`, `.`, `/`, `-`",
    ),
)
_HISTORY: Final = (
    Column(
        SPELLS,
        "Periodos de percepción",
        "Benefit spells",
        "`rgc:2014-03/2016-05\\|imv:2020-06/`: code of `benefit`, first month, last month (empty while it lasts)",
    ),
    Column(
        INTERVENTIONS,
        "Intervenciones y resultado",
        "Interventions and outcomes",
        "`assessment:2020-03-01:achieved\\|follow_up:2020-05-02`: code of `intervention`, date, code of `outcome`",
    ),
    Column(RECORDED, "Fecha de registro", "Recorded on", "`YYYY-MM-DD` or an ISO 8601 time with offset"),
    Column(FICTITIOUS, "Persona ficticia", "Fictitious person", "`yes` or `no`; `yes` in demonstration data"),
)
_INTRODUCTION: Final = """\
<!-- Printed by `redpact-node records format`; edit node/people/csv_format.py, not this page. -->
# The CSV format of records

`redpact-node records import FILE.csv` reads it, `redpact-node records export FILE.csv` writes it, and
`redpact-node records generate` writes fictitious examples of it. `redpact-node records format` prints this page.

- One row per person; the first line names the columns, in any order. Only three columns are required.
- UTF-8 (with or without byte order mark); cells separated by commas or by semicolons, quoted with `"`. The last line
  ends with a line break, so that a file cut short is noticed.
- An empty cell means *not recorded*. Importing a person again replaces their whole record.
- A row is rejected with its line, column and remedy. One rejected row is enough to import nothing.
- Importing the same file twice changes nothing. A value that stays the same keeps the date it was recorded on, unless
  the row gives a later `recorded_at`.
- People who share a `household` share its description: the `household.*` cells must agree between them. A row that
  describes a household without a reference describes that person's own.
- A cell that a spreadsheet would run as a formula (it begins with `=`, `+`, `-`, `@`, a tab or `'`) is written with a
  leading `'`, which reading removes.
- The codes of each list: `redpact-node vocabulary codes LIST`. Sensitivity and scope are those of the field catalogue:
  P0 not personal to P4 restricted; M minimum summary, C consent that names the field, N stays at the node.

An exported file holds personal data in the clear. It is written with permissions for its owner only; delete it when
it has served.

| column | Spanish | English | values | sensitivity/scope |
|---|---|---|---|---|
"""
