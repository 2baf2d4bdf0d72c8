"""The one byte encoding for everything that is signed or hashed: RFC 8785 canonical JSON."""

import json
import math
from collections.abc import Mapping
from typing import Any, Final

import rfc8785
from pydantic_core import from_json, to_json

from presentation.faults import parse_fault
from presentation.messages import _
from trust.errors import MalformedDocument

MAX_DEPTH: Final = 64
"""Bound on nesting, above that of any document of ours: deeper ones could exhaust a parser's stack."""

MAX_INTEGER: Final = 2**53 - 1
"""Largest integer of RFC 8785 (I-JSON)."""

MAX_DOCUMENT_BYTES: Final = 1 << 20
"""Bound on a document from outside, in bytes: parsing must not exhaust the memory."""


def encode(document: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of a JSON object (RFC 8785).

    Raises:
        MalformedDocument: a value has no canonical form (a float NaN, an integer beyond 2^53, a non-JSON type).
    """
    try:
        return rfc8785.dumps(dict(document))
    except (rfc8785.CanonicalizationError, TypeError, ValueError, RecursionError) as error:
        raise MalformedDocument(
            _("este documento no tiene forma canónica"), remedy=_("use solo valores JSON")
        ) from error


def encode_plain(document: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of a JSON object that has ASCII keys, no floats and no integers beyond 2^53.

    For such a document RFC 8785 requires sorted keys and no spaces only, which the standard library's encoder writes
    several times faster than a general one; tests compare the two. The caller ensures the form of keys and numbers.

    Raises:
        MalformedDocument: a text is not Unicode (a lone surrogate), or a value is not JSON.
    """
    try:
        return _ENCODER.encode(document).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise MalformedDocument(
            _("este documento no tiene forma canónica"), remedy=_("use solo valores JSON")
        ) from error


def decode_plain(data: bytes) -> dict[str, Any] | None:
    """Parse bytes that `encode_plain` would write for an object without floats; return None for all others.

    Writing the object again and comparing the bytes refuses duplicate keys, spaces and other spellings, in a third of
    the time of `decode`; for documents read by the million.
    """
    try:
        document = from_json(data, allow_inf_nan=False)
        same = isinstance(document, dict) and _is_sorted(document) and to_json(document) == data
    except (ValueError, RecursionError):
        return None
    return document if same else None


def _is_sorted(value: dict[str, Any] | list[Any]) -> bool:
    if isinstance(value, dict):
        keys = list(value)
        if keys != sorted(keys):
            return False
    for item in value.values() if isinstance(value, dict) else value:
        kind = type(item)
        if kind is float or ((kind is dict or kind is list) and not _is_sorted(item)):
            return False
    return True


def decode(data: bytes, *, max_bytes: int = MAX_DOCUMENT_BYTES) -> dict[str, Any]:
    """Parse untrusted bytes into a JSON object that has a canonical form.

    Besides malformed JSON it refuses duplicate keys, numbers that are not finite or beyond 2^53, lone surrogates, and
    nesting deeper than `MAX_DEPTH`.

    Raises:
        MalformedDocument: for every way `data` can be wrong.
    """
    if len(data) > max_bytes:
        raise MalformedDocument(
            _(
                "el documento ocupa {size} bytes, más de los {max_bytes} permitidos",
                size=len(data),
                max_bytes=max_bytes,
            )
        )
    try:
        document = _DECODER.decode(data.decode("utf-8"))
        if b"\\u" in data:  # our own documents have no escapes for letters
            json.dumps(document, ensure_ascii=False).encode()
        if data.count(b"{") + data.count(b"[") > MAX_DEPTH:
            _require_flat(document)
    except (ValueError, RecursionError) as error:
        raise MalformedDocument(_("no es un documento JSON: {fault}", fault=parse_fault(error))) from error
    if not isinstance(document, dict):
        raise MalformedDocument(_("se espera un objeto JSON"))
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError(_("un campo está dos veces"))
    return document


def _no_constant(name: str) -> None:
    raise ValueError(_("{name} no es JSON", name=name))


def _integer(digits: str) -> int:
    number = int(digits)
    if not -MAX_INTEGER <= number <= MAX_INTEGER:
        raise ValueError(_("un número entero pasa de 2^53"))
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(_("un número no es finito"))
    return number


def _require_flat(document: Any) -> None:
    level = [document]
    for _unused in range(MAX_DEPTH):
        inner = [item for item in level if isinstance(item, dict | list)]
        level = [item for each in inner for item in (each.values() if isinstance(each, dict) else each)]
        if not level:
            return
    raise ValueError(_("tiene demasiados niveles"))


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer, parse_float=_finite
)


# Without check_circular a document that contains itself still ends in a RecursionError.
_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False)
