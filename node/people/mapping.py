"""An office's own columns and codes, and the columns and codes of the format that they stand for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from node.people import csv_format as fmt
from node.people.cells import LIST_SEPARATOR
from node.people.code_words import known_code
from node.people.errors import MappingInvalid
from policies.catalogue import FieldType, load_catalogue
from presentation.messages import Message, _
from service.sheets.cells import comparable

IGNORED: Final = ""
"""The target of an own column that the format has no place for."""
MOST_ENTRIES: Final = 2000
_MAX_NAME: Final = 40
_CODED: Final = frozenset({FieldType.CODE, FieldType.LIST, FieldType.BOOL})


@dataclass(frozen=True, slots=True)
class OwnMapping:
    """A checked mapping; made by `checked_mapping`.

    Attributes:
        name: under which it is kept.
        columns: own column, as the office writes it, to the column of the format, or to `IGNORED`.
        codes: column of the format to its own codes, each to the code of the format.
    """

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def target(self, own: str) -> str | None:
        """Return the column that an own one stands for, `IGNORED` for one to leave out; None for one not named."""
        return next((target for name, target in self.columns.items() if comparable(name) == comparable(own)), None)

    def words_of(self, column: str) -> Mapping[str, str]:
        """Return a column's own codes as `comparable` has them, each with the code of the format."""
        return {comparable(own): code for own, code in self.codes.get(column, {}).items()}


def mapped_cell(words: Mapping[str, str], cell: str) -> str:
    """Return a cell with the codes of the format in place of own ones; other words stay as they are."""
    whole = words.get(comparable(cell))
    if whole is not None or LIST_SEPARATOR not in cell:
        return cell if whole is None else whole
    parts = cell.split(LIST_SEPARATOR)
    return LIST_SEPARATOR.join(words.get(comparable(part), part) for part in parts)


def checked_mapping(name: str, columns: Iterable[tuple[str, str]], codes: Iterable[tuple[str, str, str]]) -> OwnMapping:
    """Return a mapping, once everything in it fits the format.

    Args:
        name: under which it is kept.
        columns: own column and column of the format, which is `IGNORED` for one to leave out.
        codes: column of the format, own code and code of the format.

    Raises:
        MappingInvalid: two own columns for one, a name twice, or a column or code that there is not.
    """
    if not name.isprintable() or not 0 < len(name.strip()) <= _MAX_NAME:
        raise MappingInvalid(
            _("el nombre de la correspondencia no es válido"), remedy=_("use hasta 40 letras y cifras")
        )
    mapped = _checked_columns(columns)
    coded = _checked_codes(codes)
    if not mapped and not coded:
        raise MappingInvalid(_("la correspondencia está vacía"), remedy=_("indique al menos una columna o un código"))
    if len(mapped) + sum(map(len, coded.values())) > MOST_ENTRIES:
        raise MappingInvalid(_("la correspondencia es demasiado larga"), remedy=_("divídala en dos"))
    return OwnMapping(name.strip(), mapped, coded)


def _checked_columns(columns: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    seen: dict[str, str] = {}
    taken: dict[str, str] = {}
    for own, target in columns:
        if not comparable(own):
            raise MappingInvalid(_("una columna propia no tiene nombre"), remedy=_("escriba el nombre de su columna"))
        if comparable(own) in seen:
            raise MappingInvalid(_("la columna {own!r} aparece dos veces", own=own), remedy=_("deje una sola"))
        column = target if target == IGNORED else _known_column(own, target)
        if column != IGNORED and column in taken:
            raise MappingInvalid(
                _(
                    "dos columnas propias, {first!r} y {second!r}, van a la misma: {column}",
                    first=taken[column],
                    second=own,
                    column=column,
                ),
                remedy=_("deje solo una de las dos, o indique que la otra no se usa"),
            )
        seen[comparable(own)] = taken[column] = own
        found[own] = column
    return found


def _known_column(own: str, target: str) -> str:
    column = fmt.column_named(target)
    if column is None:
        raise MappingInvalid(
            _("{own!r}: no existe la columna {target!r}", own=own, target=target[:64]),
            remedy=_("consulte los nombres con redpact-node records format"),
        )
    return column.name


def _checked_codes(codes: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for target, own, code in codes:
        column = _known_column(own, target)
        known = _checked_code(column, own, code)
        words = found.setdefault(column, {})
        if comparable(own) in {comparable(word) for word in words}:
            raise MappingInvalid(
                _("{column}: el código propio {own!r} aparece dos veces", column=column, own=own),
                remedy=_("deje una sola correspondencia"),
            )
        words[own] = known
    return found


def _checked_code(column: str, own: str, code: str) -> str:
    allowed = codes_of(column)
    if not comparable(own):
        raise MappingInvalid(_("{column}: falta el código propio", column=column), remedy=_("escríbalo"))
    if not allowed:
        raise MappingInvalid(
            _("la columna {column} no tiene códigos", column=column),
            remedy=_("indique códigos solo en columnas de lista, o de sí o no"),
        )
    spec = fmt.columns_by_name()[column].spec
    known = known_code(spec.codes, code) if spec and spec.codes else comparable(code)
    if known not in allowed:
        raise MappingInvalid(
            _("{column}: no existe el código {code!r}", column=column, code=code[:64]),
            remedy=_("use uno de estos: {by_code}", by_code=", ".join(allowed)),
        )
    return known


def codes_of(column: str) -> Mapping[str, Message | str]:
    """Return the codes that a column takes, with their names; none for a column without codes."""
    spec = fmt.columns_by_name()[column].spec
    if spec is None or spec.type not in _CODED:
        return {}
    if spec.codes is None:
        return {"yes": _("sí"), "no": _("no")}
    return {code.code: code.es for code in load_catalogue().codes.list(spec.codes).codes}
