"""CSV cells of values: writing, and reading that is lenient in form and strict in content."""

import re
from datetime import UTC, date, datetime
from typing import Final

from node.people.code_words import known_code
from node.people.errors import RecordInvalid
from node.people.model import BenefitSpell, Intervention, Value, month_number
from policies.catalogue import FieldSpec, FieldType, load_catalogue
from policies.errors import PoliciesError
from presentation.messages import Message, _
from service.sheets.cells import comparable

LIST_SEPARATOR: Final = "|"
MAX_ENTRIES: Final = 500
"""Bound on the benefit spells or interventions of one person."""

_YES: Final = frozenset({"yes", "y", "true", "1", "si", "s", "x", "verdadero"})
_NO: Final = frozenset({"no", "n", "false", "0", "falso"})
_FORMULA: Final = ("=", "+", "-", "@", "\t", "'")
_PARTS_OF_SPELL: Final = 2
_WHOLE: Final = re.compile(r"(?P<sign>[+-]?)(?P<digits>[0-9]{1,9}|[0-9]{1,3}(?:\.[0-9]{3}){1,2})(?:[.,]0{1,2})?")
"""A whole number: 1200, 1.200 with thousands as in Spain, 1200,00 and 1200.0 as spreadsheets write it."""
_SPANISH_DAY: Final = re.compile(
    r"(?P<day>[0-9]{1,2})([/.-])(?P<month>[0-9]{1,2})\2(?P<year>[0-9]{4})(?: 0?0:00(?::00)?)?"
)
_SPANISH_MONTH: Final = re.compile(r"(?P<month>[0-9]{1,2})[/.-](?P<year>[0-9]{4})")
_SHORT_MONTH: Final = re.compile(r"(?P<month>[^\W\d_]{3,10})\.?[-/. ](?:de )?(?P<year>[0-9]{2}|[0-9]{4})")
_MONTH_NAMES: Final = (
    *("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
    *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
)
_MONTHS: Final = 12
_TWO_DIGITS: Final = 99
_LAST_OF_THIS_CENTURY: Final = 29
_FIRST_YEAR: Final = 1850


def read_text(cell: str) -> str:
    """Return the text of a cell, without the quote that keeps spreadsheets from running it as a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def write_text(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def read_bool(cell: str) -> bool:
    """Return a yes or no, written in English or Spanish.

    Raises:
        RecordInvalid: it is neither.
    """
    word = comparable(cell)
    if word not in _YES | _NO:
        raise RecordInvalid(_("se espera un sí o un no"), remedy=_("escriba sí o no (yes, no)"))
    return word in _YES


def read_int(cell: str) -> int:
    """Return a whole number.

    Raises:
        RecordInvalid: it is none, or has more than nine digits.
    """
    written = _WHOLE.fullmatch(cell.removeprefix("'"))
    if written is None:
        raise RecordInvalid(_("se espera un número entero"), remedy=_("escriba solo cifras"))
    return int(written["sign"] + re.sub(r"\D", "", written["digits"]))


def read_date(cell: str) -> date:
    """Return a date written YYYY-MM-DD, or day first as in Spain: 17/05/1980, 17-5-1980, 17.05.1980.

    Raises:
        RecordInvalid: not a date since 1850, or a year of two digits.
    """
    day = _day(cell)
    if day is None:
        raise RecordInvalid(
            _("se espera una fecha"), remedy=_("escriba la fecha como AAAA-MM-DD o DD/MM/AAAA, con el año entero")
        )
    if day.year < _FIRST_YEAR:
        raise RecordInvalid(
            _("la fecha es anterior a {first_year:d}", first_year=_FIRST_YEAR), remedy=_("compruebe el año")
        )
    return day


def _day(text: str) -> date | None:
    spanish = _SPANISH_DAY.fullmatch(text)
    if spanish is None:
        return _iso_date(text)
    return _iso_date(f"{spanish['year']}-{spanish['month']:0>2}-{spanish['day']:0>2}")


def _iso_date(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None  # other forms of ISO 8601 are more likely a slip


def read_moment(cell: str) -> datetime:
    """Return a time in UTC: the first instant of a date, or an ISO 8601 time with its offset.

    Raises:
        RecordInvalid: it is neither.
    """
    day = _day(cell)
    if day is not None:
        cell = day.isoformat()
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError as error:
        raise RecordInvalid(
            _("se espera una fecha o una fecha con hora"), remedy=_("escriba la fecha como AAAA-MM-DD")
        ) from error
    if moment.tzinfo is None and _iso_date(cell) is None:
        raise RecordInvalid(
            _("a la hora le falta el desfase horario"),
            remedy=_("escríbala como 2026-03-01T10:00:00+01:00, o indique solo la fecha"),
        )
    if moment.year < _FIRST_YEAR:
        raise RecordInvalid(
            _("la fecha es anterior a {first_year:d}", first_year=_FIRST_YEAR), remedy=_("compruebe el año")
        )
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def write_moment(moment: datetime) -> str:
    """Return the shortest text that `read_moment` reads as the same time."""
    midnight = moment.timetz() == datetime.min.replace(tzinfo=UTC).timetz()
    return moment.date().isoformat() if midnight else moment.isoformat()


def read_field(spec: FieldSpec, cell: str) -> Value:
    """Return the value of a catalogue field, checked against the catalogue.

    Raises:
        RecordInvalid: the catalogue does not allow it; the message says what it allows.
    """
    try:
        value = _read_value(spec, cell)
        load_catalogue().check(spec.id, value)
    except (RecordInvalid, PoliciesError) as error:
        raise RecordInvalid(_("se espera {allowed}", allowed=allowed_values(spec)), remedy=error.remedy) from error
    return value


def _read_value(spec: FieldSpec, cell: str) -> Value:
    match spec.type:
        case FieldType.BOOL:
            value: Value = read_bool(cell)
        case FieldType.INT | FieldType.YEAR:
            value = read_int(cell)
        case FieldType.LIST:
            value = [known_code(spec.codes, item.strip()) for item in cell.split(LIST_SEPARATOR) if item.strip()]
        case FieldType.CODE:
            value = known_code(spec.codes, read_text(cell))
        case FieldType.DATE:
            value = read_date(cell).isoformat()
        case FieldType.MONTH:
            value = _write_month(_read_month(cell))
        case _:
            value = read_text(cell)
    return value


def allowed_values(spec: FieldSpec) -> Message:
    """Return the values that a field allows, in words that follow «se espera»."""
    if spec.type in _NUMBERS:
        return _("un número entero de {minimum:d} a {maximum:d}", minimum=spec.minimum, maximum=spec.maximum)
    if spec.type is FieldType.TEXT:
        lines = _("un texto") if spec.multiline else _("un texto de una sola línea")
        return _("{text}, de {most} caracteres como máximo", text=lines, most=spec.max_length)
    if spec.type is FieldType.CODE:
        return _("un código de la lista {codes}", codes=spec.codes)
    if spec.type is FieldType.LIST:
        return _("una lista de códigos de {codes}, separados por |", codes=spec.codes)
    return _FORMS[spec.type]


def write_field(value: Value) -> str:
    """Return the cell of a catalogue field's value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return LIST_SEPARATOR.join(str(item) for item in value)
    return write_text(value)


def read_spells(cell: str) -> tuple[BenefitSpell, ...]:
    """Return benefit spells written ``rgc:2014-03/2016-05|imv:2020-06/``, in order of their first month.

    Raises:
        RecordInvalid: wrong form, unknown benefit, or two spells of one benefit that overlap.
    """
    spells = sorted((_read_spell(entry) for entry in _entries(cell)), key=lambda spell: spell.first_month)
    ends: dict[str, int | None] = {}
    for spell in spells:
        until = ends.get(spell.benefit, 0)
        if until is None or until >= month_number(spell.first_month):
            raise RecordInvalid(
                _("dos periodos de la prestación {benefit} se solapan", benefit=spell.benefit),
                remedy=_("únalos en uno solo"),
            )
        ends[spell.benefit] = month_number(spell.last_month) if spell.last_month else None
    return tuple(spells)


def write_spells(spells: tuple[BenefitSpell, ...]) -> str:
    """Return the cell of some benefit spells."""
    return LIST_SEPARATOR.join(
        f"{spell.benefit}:{_write_month(spell.first_month)}/{_write_month(spell.last_month)}" for spell in spells
    )


def read_interventions(cell: str) -> tuple[Intervention, ...]:
    """Return interventions written ``assessment:2020-03-01:achieved|follow_up:2020-05-02``, oldest first.

    Raises:
        RecordInvalid: wrong form, or an unknown intervention or outcome.
    """
    done = (_read_intervention(entry) for entry in _entries(cell))
    return tuple(sorted(done, key=lambda each: each.started_on))


def write_interventions(interventions: tuple[Intervention, ...]) -> str:
    """Return the cell of some interventions."""
    return LIST_SEPARATOR.join(
        ":".join(filter(None, (done.action, done.started_on.isoformat(), done.outcome))) for done in interventions
    )


def _entries(cell: str) -> list[str]:
    entries = [entry.strip() for entry in cell.split(LIST_SEPARATOR) if entry.strip()]
    if len(entries) > MAX_ENTRIES:
        raise RecordInvalid(
            _("hay más de {max_entries} elementos", max_entries=MAX_ENTRIES), remedy=_("deje solo los más recientes")
        )
    return entries


def _read_spell(entry: str) -> BenefitSpell:
    benefit, _unused, months = entry.partition(":")
    ends = months.split("/")
    if len(ends) != _PARTS_OF_SPELL:
        raise RecordInvalid(
            _("no es un periodo de prestación"), remedy=_("escriba rgc:2014-03/2016-05, o rgc:2014-03/ si continúa")
        )
    first, last = _read_month(ends[0]), _read_month(ends[1]) if ends[1] else None
    if last is not None and last < first:
        raise RecordInvalid(_("un periodo termina antes de empezar"), remedy=_("compruebe los meses"))
    return BenefitSpell(_code("benefit", benefit), first, last)


def _read_intervention(entry: str) -> Intervention:
    action, _unused, rest = entry.partition(":")
    day, _unused2, outcome = rest.partition(":")
    if not day:
        raise RecordInvalid(_("no es una intervención"), remedy=_("escriba assessment:2020-03-01:achieved"))
    return Intervention(_code("intervention", action), read_date(day), _code("outcome", outcome) if outcome else None)


def _code(list_id: str, code: str) -> str:
    codes = load_catalogue().codes.list(list_id)
    known = known_code(list_id, code)
    if known not in codes:
        raise RecordInvalid(
            _("ese código no está en la lista {list_id}", list_id=list_id),
            remedy=_("use uno de estos: {by_code}", by_code=", ".join(codes.by_code)),
        )
    return known


def _read_month(text: str) -> date:
    month = _month(text)
    if month is None:
        raise RecordInvalid(_("se espera un mes"), remedy=_("escriba el mes como AAAA-MM o MM/AAAA"))
    if month.year < _FIRST_YEAR:
        raise RecordInvalid(
            _("el mes es anterior a {first_year:d}", first_year=_FIRST_YEAR), remedy=_("compruebe el año")
        )
    return month


def _month(text: str) -> date | None:
    """Return the month of ``2014-03``, ``03/2014``, and of what spreadsheets make of it: ``2014-03-01``, ``mar-14``."""
    iso, spanish, short = _iso_date(f"{text}-01"), _SPANISH_MONTH.fullmatch(text), _SHORT_MONTH.fullmatch(text)
    if spanish:
        return _iso_date(f"{spanish['year']}-{spanish['month']:0>2}-01")
    if short and (name := comparable(short["month"])[:3]) in _MONTH_NAMES:
        number, year = _MONTH_NAMES.index(name) % _MONTHS + 1, int(short["year"])
        # Spreadsheets read two digits so: up to 29 as this century (Microsoft, "Change the date system, format").
        century = 0 if year > _TWO_DIGITS else 2000 if year <= _LAST_OF_THIS_CENTURY else 1900
        return date(century + year, number, 1)
    day = _day(text)
    return iso or (day if day is not None and day.day == 1 else None)


def _write_month(month: date | None) -> str:
    return month.isoformat()[:7] if month else ""


_NUMBERS: Final = frozenset({FieldType.INT, FieldType.YEAR})
_FORMS: Final = {
    FieldType.BOOL: _("un sí o un no"),
    FieldType.DATE: _("una fecha AAAA-MM-DD"),
    FieldType.MONTH: _("un mes AAAA-MM"),
}
