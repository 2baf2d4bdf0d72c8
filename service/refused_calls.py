"""The calls that a running service refused for their number or size, kept in a file for ``status``.

They are counted in memory and written every few seconds at most, so that a flood of calls is no flood of writes.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from policies.strict_reading import read_json
from presentation.messages import _, plural, speaking
from service.errors import RuntimeFault
from service.files import MAX_PRIVATE_BYTES, write_private
from service.limits import CallerLimits, CallGroup, Excess, RefusedCalls, added_up

FILE: Final = "refused-calls.json"
WRITE_SECONDS: Final = 5.0
MAX_KEPT: Final = 100
_MAX_SHOWN: Final = 10


def keep_refused_calls(
    home: Path, counts: Sequence[CallerLimits], stopping: threading.Event, *, seconds: float = WRITE_SECONDS
) -> None:
    """Write the refusals since the service started whenever they changed, until `stopping` is set.

    Raises:
        StorageFull, HomeUnusable: the file cannot be written.
    """
    written: tuple[RefusedCalls, ...] | None = None
    ending = False
    while not ending:
        ending = stopping.wait(0 if written is None else seconds)
        refused = added_up(counts)[:MAX_KEPT]
        if refused != written:
            write_private(home / FILE, json.dumps([_document(each) for each in refused]).encode())
            written = refused


def refused_calls(home: Path) -> list[dict[str, Any]]:
    """Return the refusals since the service last started, as JSON values, the most frequent first.

    Raises:
        RuntimeFault: the file was not written by a service.
    """
    try:
        with (home / FILE).open("rb") as file:
            return [_checked(each) for each in read_json(file.read(MAX_PRIVATE_BYTES))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError, KeyError, TypeError) as error:
        raise RuntimeFault(
            _("no se puede leer {home}", home=home / FILE), remedy=_("borre ese fichero y reinicie el servicio")
        ) from error


def refused_lines(found: list[dict[str, Any]], lang: str) -> list[str]:
    """Return the lines of ``status`` about refused calls, none without any."""
    if not found:
        return []
    say = speaking(lang)
    shown = [f"{each['caller']}: {say(_counted(each))} ({say(_reason(each))})" for each in found[:_MAX_SHOWN]]
    return [say("Llamadas rechazadas por exceso desde el arranque: {calls}", calls="; ".join(shown))]


def _counted(refused: dict[str, Any]) -> str:
    if refused["excess"] == Excess.CONNECTIONS:
        return plural("{n} conexión", "{n} conexiones", refused["count"])
    match refused["group"], refused["count"]:
        case CallGroup.FETCHES, n:
            return plural("{n} consulta", "{n} consultas", n)
        case CallGroup.MESSAGES, n:
            return plural("{n} mensaje", "{n} mensajes", n)
        case CallGroup.QUESTIONS, n:
            return plural("{n} pregunta", "{n} preguntas", n)
        case group, n:
            return f"{n} {group}"


def _reason(refused: dict[str, Any]) -> str:
    return _REASONS.get(refused["excess"], refused["excess"])


def _document(refused: RefusedCalls) -> dict[str, Any]:
    return {
        "caller": refused.caller,
        "group": refused.group.value,
        "excess": refused.excess.value,
        "count": refused.count,
        "last": refused.last.isoformat(),
    }


def _checked(document: Any) -> dict[str, Any]:
    texts = {name: str(document[name])[:100] for name in ("caller", "group", "excess", "last")}
    return {**texts, "count": int(document["count"])}


_REASONS: Final[Mapping[str, str]] = {
    Excess.RATE: _("por frecuencia"),
    Excess.SHARE: _("por llamadas simultáneas"),
    Excess.SIZE: _("por tamaño"),
    Excess.SLOW: _("por lentitud"),
    Excess.CONNECTIONS: _("por conexiones simultáneas"),
}
