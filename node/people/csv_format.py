"""The format of files of people and their records: one row per person, one column per fact.

The columns come from the field catalogue. `format_page` is the documentation of the format, kept in
``docs/reference/records-csv.md`` and printed by ``redpact-node records format``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from node.people.documents import Document
from policies.catalogue import FieldSpec, FieldType, load_catalogue
from presentation.catalogue import SOURCE
from presentation.messages import Message, _, speaking
from service.sheets.cells import comparable

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
    """A column of the format; `spec` is its catalogue field, None for a column of the format's own."""

    name: str
    es: str
    en: str
    values: Message
    spec: FieldSpec | None = None

    @property
    def required(self) -> bool:
        """True when the file must have the column and every row a value in it."""
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


def column_named(name: str) -> Column | None:
    """Return a column by its name, in the format's words, in Spanish or in English; None when there is none."""
    return columns_by_name().get(name) or columns_by_word().get(comparable(name))


@cache
def columns_by_word() -> Mapping[str, Column]:
    """Return the columns by their names, in the format's words, in Spanish and in English, as `comparable` has them."""
    found: dict[str, list[Column]] = {}
    for column in columns():
        for word in {comparable(name) for name in (column.name, column.es, column.en)}:
            found.setdefault(word, []).append(column)
    return {word: known[0] for word, known in found.items() if len(known) == 1}


def own_household(document: Document) -> str:
    """Return the household reference of a person whose row describes a household without one."""
    return document.number.replace(":", "/")


def format_page(lang: str = SOURCE) -> str:
    """Return the documentation of the format, in Markdown."""
    say = speaking(lang)
    rules = "\n".join(f"- {say(rule)}" for rule in _RULES)
    head = "\n\n".join((_TITLE_COMMENT + "\n# " + say(_TITLE), say(_COMMANDS), rules, say(_CARE)))
    heads = (say("columna"), say("español"), say("inglés"), say("valores"), say("sensibilidad/ámbito"))
    table = ["| " + " | ".join(heads) + " |", "|---|---|---|---|---|", *(_line(column, lang) for column in columns())]
    return head + "\n\n" + "\n".join(table) + "\n"


def _line(column: Column, lang: str) -> str:
    say = speaking(lang)
    name = f"`{column.name}`" + (f" **{say('obligatoria')}**" if column.required else "")
    sensitivity = f"{column.spec.sensitivity}/{column.spec.scope}" if column.spec else ""
    return f"| {name} | {column.es} | {column.en} | {column.values.in_language(lang)} | {sensitivity} |"


def _values(spec: FieldSpec) -> Message:
    if spec.type in (FieldType.INT, FieldType.YEAR):
        return _("número entero, de {minimum:d} a {maximum:d}", minimum=spec.minimum, maximum=spec.maximum)
    if spec.type is FieldType.TEXT:
        if spec.multiline:
            return _("texto, {most:d} caracteres como máximo", most=spec.max_length)
        return _("texto, {most:d} caracteres como máximo, una sola línea", most=spec.max_length)
    if spec.type is FieldType.CODE:
        return _("un código de `{codes}`", codes=spec.codes)
    if spec.type is FieldType.LIST:
        return _("códigos de `{codes}`, separados por `\\|`", codes=spec.codes)
    return _FORMS[spec.type]


_FORMS: Final = {
    FieldType.BOOL: _("`yes` o `no`"),
    FieldType.DATE: _("`AAAA-MM-DD`"),
    FieldType.MONTH: _("`AAAA-MM`"),
}

_PERSON: Final = (
    Column(
        DOCUMENT,
        "DNI, NIE, NIF, pasaporte o código de enlace",
        "DNI, NIE, NIF, passport or linkage code",
        _(
            "`12345678Z`, `X1234567L`, `K0867756N`, `PAS:FRA:12AB34567`, `RP-XXXXXX-XXXXXX-XXXXXX` "
            "(`records linkage-code`)"
        ),
    ),
    Column(NAME, "Nombre y apellidos", "Name", _("texto, 200 caracteres como máximo, una sola línea")),
    Column(
        BIRTH_DATE,
        "Fecha de nacimiento",
        "Birth date",
        _(
            "`AAAA-MM-DD`; lo que no se sabe, con X: `AAAA-MM-XX`, `AAAA-XX-XX`, `XXXX-XX-XX` (o `AAAA`, "
            "`MM/AAAA`, `desconocida`)"
        ),
    ),
    Column(
        HOUSEHOLD,
        "Referencia de la unidad de convivencia",
        "Household reference",
        _("la referencia propia de la entidad: hasta 40 letras, cifras, `_`, `.`, `/`, `-`"),
    ),
)
_HISTORY: Final = (
    Column(
        SPELLS,
        "Periodos de percepción",
        "Benefit spells",
        _(
            "`rgc:2014-03/2016-05\\|imv:2020-06/`: código de `benefit`, primer mes, último mes (vacío mientras "
            "continúa)"
        ),
    ),
    Column(
        INTERVENTIONS,
        "Intervenciones y resultado",
        "Interventions and outcomes",
        _(
            "`assessment:2020-03-01:achieved\\|follow_up:2020-05-02`: código de `intervention`, fecha, código de "
            "`outcome`"
        ),
    ),
    Column(RECORDED, "Fecha de registro", "Recorded on", _("`AAAA-MM-DD` o una hora ISO 8601 con su desfase")),
    Column(FICTITIOUS, "Persona ficticia", "Fictitious person", _("`yes` o `no`; `yes` en los datos de demostración")),
)
_TITLE_COMMENT: Final = (
    "<!-- Printed by `redpact-node records format`; edit node/people/csv_format.py, not this page. -->"
)
_TITLE: Final = _("El formato de los ficheros de fichas")
_COMMANDS: Final = _(
    "`redpact-node records import FILE` lo lee, `redpact-node records export FILE` lo escribe y "
    "`redpact-node records generate` escribe ejemplos ficticios. `redpact-node records format` muestra esta página."
)
_RULES: Final = (
    _(
        "Una fila por persona; la primera línea nombra las columnas, en cualquier orden. Solo tres columnas son "
        "obligatorias."
    ),
    _(
        "CSV en UTF-8 (otra codificación se indica con `--encoding`), con celdas separadas por comas, punto y coma o "
        'tabuladores, entre `"`; o la primera hoja visible de un `.xlsx`, `.xls` u `.ods`. La última línea de un CSV '
        "termina en un salto de línea, para que se note si el fichero está cortado. Se pasan por alto las filas en "
        "blanco y las columnas vacías del final."
    ),
    _(
        "Vale el nombre de la columna, o su nombre en español o en inglés; y en una celda el código, su nombre o los "
        "dos: `rented`, `Alquiler`, `rented (Alquiler)`. Las fechas, `1980-05-17` o `17/05/1980`. `records template` "
        "escribe un libro de Excel con listas desplegables."
    ),
    _(
        "Una celda vacía significa *sin anotar* y vacía lo que hubiera. Una columna que el fichero no tiene no cambia "
        "nada."
    ),
    _(
        "Una fila errónea se rechaza con su línea, su columna, la forma de la celda y el remedio. Una sola basta para "
        "que no se importe nada."
    ),
    _(
        "Importar dos veces el mismo fichero no cambia nada. Un valor que no cambia conserva la fecha en que se "
        "registró, salvo que la fila dé un `recorded_at` posterior."
    ),
    _(
        "Las personas de un mismo `household` comparten su descripción: sus celdas `household.*` deben coincidir. Una "
        "fila que describe una unidad de convivencia sin referencia describe la propia de esa persona."
    ),
    _(
        "Una celda que una hoja de cálculo ejecutaría como fórmula (empieza por `=`, `+`, `-`, `@`, un tabulador o "
        "`'`) se escribe con una `'` delante, que se quita al leer."
    ),
    _(
        "Los códigos de cada lista: `redpact-node vocabulary codes LISTA`. Sensibilidad y ámbito son los del catálogo "
        "de campos: de P0 (no personal) a P4 (restringido); M resumen mínimo, C consentimiento que nombra el campo, N "
        "no sale del nodo."
    ),
)
_CARE: Final = _(
    "Un fichero exportado contiene datos personales en claro. Solo puede leerlo su propietario; bórrelo cuando haya "
    "servido."
)
