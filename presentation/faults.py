"""The faults of pydantic, of the operating system and of parsers, in the reader's language.

These libraries speak English only, and their texts may repeat the value that was wrong. Here a fault is said by its
kind: its place, and what is expected there. Values are left out, for messages reach logs and peers.
"""

import errno
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from presentation.messages import Message, _, joined, listing, plural
from presentation.pattern_words import pattern_words

_LONGEST_PART: Final = 64
"""Characters shown of a part of a place; a key that nobody expects comes from outside."""
_BETWEEN: Final = re.compile(r", | or ")
_TOML_PLACE: Final = re.compile(r"\(at line (\d+), column (\d+)\)$")

Context = Mapping[str, Any]


class Invalid(Protocol):
    """The error of pydantic that lists the faults of a document."""

    def errors(self, *, include_url: bool = True, include_input: bool = True) -> Sequence[Any]:
        """Return the faults: each has ``type``, ``loc`` and, mostly, ``ctx``."""


_Said = Callable[[Context], Message]


def first_fault(error: Invalid) -> Message:
    """Return the first fault of a document with its dotted place, and the number of the others; never the value."""
    faults = error.errors(include_input=False, include_url=False)
    fault = faults[0]
    place = place_of(fault["loc"])
    said = said_kind(str(fault["type"]), fault.get("ctx", {}))
    first = joined([place, said], ": ") if place else said
    others = len(faults) - 1
    if not others:
        return first
    return plural("{first} (y otro error)", "{first} (y otros {n} errores)", others, first=first)


def place_of(location: Sequence[int | str]) -> str:
    """Return the dotted place of a fault; the names that pydantic gives to its own steps are left out."""
    parts = [str(part) for part in location]
    return ".".join(part[:_LONGEST_PART] for part in parts if not any(mark in part for mark in "[("))


def said_kind(kind: str, context: Context) -> Message:
    """Return a kind of pydantic's faults in words; a kind that has none here is named by its code."""
    said = _KINDS.get(kind)
    return said(context) if said is not None else _("el valor no es válido ({kind})", kind=kind)


def os_fault(error: OSError) -> Message:
    """Return the reason of a fault of the operating system; a number that has no words here is named by its code."""
    import socket
    import ssl

    if isinstance(error, socket.gaierror):
        return _("no se encuentra ese nombre en la red")
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("su certificado no es de fiar")
    if isinstance(error, ssl.SSLError):
        return _("la conexión TLS ha fallado")
    if isinstance(error, TimeoutError):
        return _("no responde a tiempo")
    number = error.errno or 0
    said = _SYSTEM.get(number)
    return said() if said is not None else _("error del sistema {code}", code=errno.errorcode.get(number, str(number)))


def parse_fault(error: Exception) -> Message:
    """Return why a text is not of its format: JSON, TOML, YAML, CSV or UTF-8.

    A fault that a check of ours raised with a message keeps it.
    """
    if error.args and isinstance(error.args[0], Message):
        return error.args[0]
    if isinstance(error, UnicodeDecodeError):
        return _("el byte {place:d} no es texto {encoding}", place=error.start + 1, encoding=error.encoding.upper())
    if isinstance(error, UnicodeEncodeError):
        return _("el texto tiene un carácter que no es Unicode")
    if isinstance(error, RecursionError):
        return _("tiene demasiados niveles")
    if isinstance(error, OSError):
        return os_fault(error)
    return _cell(str(error)) or _at_line(error)


def _cell(text: str) -> Message | None:
    """Return what Python's CSV reader found, which it says by its text alone; None for another fault."""
    if "field limit" in text:
        return _("una celda es demasiado larga")
    if "contains NUL" in text:
        return _("hay un carácter nulo")
    if "unexpected end of data" in text:
        return _("unas comillas no se cierran")
    if "expected after" in text and "'\"'" in text:
        return _("tras unas comillas falta el separador")
    return None


def _at_line(error: Exception) -> Message:
    line, column = getattr(error, "lineno", None), getattr(error, "colno", None)
    mark = getattr(error, "problem_mark", None)  # PyYAML
    if mark is not None:
        line, column = mark.line + 1, mark.column + 1
    found = _TOML_PLACE.search(str(error))
    if found is not None:
        line, column = int(found[1]), int(found[2])
    if line is None or column is None:
        return _("el texto no está bien formado")
    return _("línea {line:d}, columna {column:d}: el texto no está bien formado", line=line, column=column)


def _options(context: Context) -> Message:
    names = [name.strip("'") for name in _BETWEEN.split(str(context.get("expected", "")))]
    return _("ha de ser uno de estos valores: {names}", names=listing(names))


def _items(context: Context) -> Message:
    return plural("ha de tener al menos {n} elemento", "ha de tener al menos {n} elementos", context["min_length"])


def _fewer_items(context: Context) -> Message:
    return plural(
        "puede tener como máximo {n} elemento", "puede tener como máximo {n} elementos", context["max_length"]
    )


def _characters(context: Context) -> Message:
    return plural("ha de tener al menos {n} carácter", "ha de tener al menos {n} caracteres", context["min_length"])


def _fewer_characters(context: Context) -> Message:
    return plural(
        "puede tener como máximo {n} carácter", "puede tener como máximo {n} caracteres", context["max_length"]
    )


def _bytes(context: Context) -> Message:
    return plural("ha de tener al menos {n} byte", "ha de tener al menos {n} bytes", context["min_length"])


def _fewer_bytes(context: Context) -> Message:
    return plural("puede tener como máximo {n} byte", "puede tener como máximo {n} bytes", context["max_length"])


def _digits(context: Context) -> Message:
    most = next((context[name] for name in ("max_digits", "decimal_places", "whole_digits") if name in context), 0)
    return plural("tiene más de {n} cifra", "tiene más de {n} cifras", most)


def _own(context: Context) -> Message:
    error = context.get("error")
    said = error.args[0] if isinstance(error, Exception) and error.args else None
    return said if isinstance(said, Message) else _("el valor no cumple una regla de este documento")


def _whole(_context: Context) -> Message:
    return _("se espera un número entero")


def _number(_context: Context) -> Message:
    return _("se espera un número")


def _flag(_context: Context) -> Message:
    return _("se espera verdadero o falso")


def _object(_context: Context) -> Message:
    return _("se espera un grupo de campos con nombre")


def _list(_context: Context) -> Message:
    return _("se espera una lista")


def _date(_context: Context) -> Message:
    return _("se espera una fecha, como 2026-11-30")


def _moment(_context: Context) -> Message:
    return _("se espera fecha y hora, como 2026-11-30T10:05:00Z")


def _span(_context: Context) -> Message:
    return _("se espera una duración")


def _address(_context: Context) -> Message:
    return _("se espera una dirección web, como https://example.org/")


def _variant(context: Context) -> Message:
    return _("«{name}» no indica un tipo conocido", name=str(context.get("discriminator", "")).strip("'"))


def _identifier(_context: Context) -> Message:
    return _("se espera un identificador UUID")


_KINDS: Final[Mapping[str, _Said]] = {
    "missing": lambda _context: _("falta este campo"),
    "extra_forbidden": lambda _context: _("este campo no existe"),
    "invalid_key": lambda _context: _("el nombre de un campo ha de ser texto"),
    "none_required": lambda _context: _("ha de quedar vacío"),
    "json_invalid": lambda _context: _("no es un documento JSON"),
    "json_type": lambda _context: _("se espera un documento JSON"),
    "recursion_loop": lambda _context: _("tiene demasiados niveles"),
    "recursion_depth_exceeded": lambda _context: _("tiene demasiados niveles"),
    "greater_than": lambda context: _("ha de ser mayor que {limit}", limit=context["gt"]),
    "greater_than_equal": lambda context: _("ha de ser {limit} o mayor", limit=context["ge"]),
    "less_than": lambda context: _("ha de ser menor que {limit}", limit=context["lt"]),
    "less_than_equal": lambda context: _("ha de ser {limit} o menor", limit=context["le"]),
    "multiple_of": lambda context: _("ha de ser múltiplo de {step}", step=context["multiple_of"]),
    "finite_number": lambda _context: _("se espera un número finito"),
    "too_short": _items,
    "too_long": _fewer_items,
    "string_type": lambda _context: _("se espera un texto"),
    "string_unicode": lambda _context: _("el texto tiene un carácter que no es Unicode"),
    "string_too_short": _characters,
    "string_too_long": _fewer_characters,
    "string_pattern_mismatch": lambda context: pattern_words(str(context["pattern"])),
    "string_not_ascii": lambda _context: _("solo puede tener caracteres ASCII"),
    "enum": _options,
    "literal_error": _options,
    "bytes_type": lambda _context: _("se esperan bytes"),
    "bytes_too_short": _bytes,
    "bytes_too_long": _fewer_bytes,
    "bytes_invalid_encoding": lambda _context: _("los bytes no están bien escritos"),
    "value_error": _own,
    "assertion_error": _own,
    "bool_type": _flag,
    "bool_parsing": _flag,
    "int_type": _whole,
    "int_parsing": _whole,
    "int_parsing_size": _whole,
    "int_from_float": _whole,
    "float_type": _number,
    "float_parsing": _number,
    "decimal_type": _number,
    "decimal_parsing": _number,
    "decimal_max_digits": _digits,
    "decimal_max_places": _digits,
    "decimal_whole_digits": _digits,
    "fraction_type": _number,
    "fraction_parsing": _number,
    "complex_type": _number,
    "complex_str_parsing": _number,
    "model_type": _object,
    "model_attributes_type": _object,
    "dataclass_type": _object,
    "dataclass_exact_type": _object,
    "dict_type": _object,
    "frozen_dict_type": _object,
    "ordered_dict_type": _object,
    "counter_type": _object,
    "mapping_type": _object,
    "list_type": _list,
    "tuple_type": _list,
    "named_tuple_type": _list,
    "set_type": _list,
    "frozen_set_type": _list,
    "deque_type": _list,
    "iterable_type": _list,
    "set_item_not_hashable": lambda _context: _("un elemento no puede estar en este conjunto"),
    "date_type": _date,
    "date_parsing": _date,
    "date_from_datetime_parsing": _date,
    "date_from_datetime_inexact": _date,
    "date_past": lambda _context: _("ha de ser una fecha pasada"),
    "date_future": lambda _context: _("ha de ser una fecha futura"),
    "time_type": lambda _context: _("se espera una hora, como 10:05"),
    "time_parsing": lambda _context: _("se espera una hora, como 10:05"),
    "datetime_type": _moment,
    "datetime_parsing": _moment,
    "datetime_object_invalid": _moment,
    "datetime_from_date_parsing": _moment,
    "datetime_past": lambda _context: _("ha de ser un momento pasado"),
    "datetime_future": lambda _context: _("ha de ser un momento futuro"),
    "timezone_aware": lambda _context: _("falta la zona horaria, como Z o +01:00"),
    "timezone_naive": lambda _context: _("no puede llevar zona horaria"),
    "timezone_offset": lambda _context: _("la zona horaria no es la que se espera"),
    "time_delta_type": _span,
    "time_delta_parsing": _span,
    "union_tag_invalid": _variant,
    "union_tag_not_found": _variant,
    "url_type": _address,
    "url_parsing": _address,
    "url_syntax_violation": _address,
    "url_scheme": _address,
    "url_too_long": lambda _context: _("la dirección es demasiado larga"),
    "uuid_type": _identifier,
    "uuid_parsing": _identifier,
    "uuid_version": _identifier,
}
"""Kind of fault -> what is said. The kinds that only a program can cause have no sentence."""

_SYSTEM: Final[Mapping[int, Callable[[], Message]]] = {
    errno.ENOENT: lambda: _("no existe"),
    errno.EACCES: lambda: _("no hay permiso"),
    errno.EPERM: lambda: _("el sistema no lo permite"),
    errno.EEXIST: lambda: _("ya existe"),
    errno.EISDIR: lambda: _("es una carpeta"),
    errno.ENOTDIR: lambda: _("una parte de la ruta no es una carpeta"),
    errno.ENOTEMPTY: lambda: _("la carpeta no está vacía"),
    errno.ENOSPC: lambda: _("no queda espacio en el disco"),
    errno.EDQUOT: lambda: _("no queda espacio en la cuota de disco"),
    errno.EROFS: lambda: _("el disco es de solo lectura"),
    errno.EFBIG: lambda: _("el fichero es demasiado grande"),
    errno.EIO: lambda: _("el disco ha fallado"),
    errno.ENAMETOOLONG: lambda: _("el nombre es demasiado largo"),
    errno.EILSEQ: lambda: _("el nombre tiene caracteres que el sistema no admite"),
    errno.ELOOP: lambda: _("los enlaces simbólicos forman un círculo"),
    errno.EINVAL: lambda: _("no es un fichero normal"),
    errno.ENXIO: lambda: _("no es un fichero normal"),
    errno.ENODEV: lambda: _("no es un fichero normal"),
    errno.EXDEV: lambda: _("está en otro disco"),
    errno.EBUSY: lambda: _("otro programa lo está usando"),
    errno.ETXTBSY: lambda: _("otro programa lo está usando"),
    errno.EAGAIN: lambda: _("otro programa lo está usando"),
    errno.EMFILE: lambda: _("hay demasiados ficheros abiertos"),
    errno.ENFILE: lambda: _("hay demasiados ficheros abiertos"),
    errno.ENOMEM: lambda: _("no queda memoria"),
    errno.ESTALE: lambda: _("la carpeta de red ya no está"),
    errno.EADDRINUSE: lambda: _("otro programa usa ese puerto"),
    errno.EADDRNOTAVAIL: lambda: _("esta máquina no tiene esa dirección"),
    errno.ECONNREFUSED: lambda: _("nadie atiende en esa dirección"),
    errno.ECONNRESET: lambda: _("la otra parte ha cortado la conexión"),
    errno.ECONNABORTED: lambda: _("la otra parte ha cortado la conexión"),
    errno.EPIPE: lambda: _("la otra parte ha cortado la conexión"),
    errno.ETIMEDOUT: lambda: _("no responde a tiempo"),
    errno.EHOSTUNREACH: lambda: _("no se llega a esa máquina"),
    errno.ENETUNREACH: lambda: _("no se llega a esa red"),
}
"""Number of the operating system's fault -> what is said."""
