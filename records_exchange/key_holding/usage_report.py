"""The use that entities make of a key holder or of the locator, and its alarms, for people and for programs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import structlog

from presentation import formats, terminal
from presentation.messages import Message, _, speaking
from records_exchange.guessing import AlarmKind, AlarmRule, Usage, all_alarms

Alarms = frozenset[tuple[str, AlarmKind]]
"""Alarms in force, each an entity id and a kind."""

_HEADINGS: Final[Mapping[str, Message]] = {
    "entity": _("Entidad"),
    "entries": _("Publica"),
    "questions": _("Preguntas en 24 h"),
    "misses": _("Sin resultado"),
    "evaluations": _("Seudónimos en 24 h"),
    "refused": _("Fuera de cupo"),
}

ASK_ENTITY: Final = _("pregunte a esa entidad para qué caso fue cada pregunta; si no lo sabe: entity suspend")

_log = structlog.get_logger(__name__)


def usage_document(usage: Usage) -> dict[str, Any]:
    """Return the use of one entity, as JSON values."""
    return {
        "entity": usage.entity,
        "questions": usage.questions,
        "misses": usage.misses,
        "evaluations": usage.evaluations,
        "refused": usage.refused,
    }


def alarm_documents(usages: Iterable[Usage], rule: AlarmRule) -> list[dict[str, Any]]:
    """Return the alarms about entities, as JSON values."""
    return [{**usage_document(usage), "alarm": kind.value} for usage, kind in all_alarms(usages, rule)]


def alarm_lines(documents: Iterable[dict[str, Any]]) -> list[Message]:
    """Return the alarms for people."""
    return [_("ALERTA: {alarm}", alarm=_alarm(each)) for each in documents]


def usage_table(entities: Sequence[Mapping[str, Any]], columns: Sequence[str], lang: str) -> str:
    """Return the use by entity as a table.

    Args:
        entities: as `usage_document`, with what the service adds.
        columns: keys of `_HEADINGS`, in their order.
        lang: the language.
    """
    say = speaking(lang)
    rows = [[formats.shown(each[key], lang) for key in columns] for each in entities]
    return terminal.table([say(_HEADINGS[key]) for key in columns], rows)


def log_new_alarms(usages: Iterable[Usage], rule: AlarmRule, logged: Alarms) -> Alarms:
    """Write a line to the service's log for each alarm that is not in `logged`, and return those in force."""
    in_force = {(usage.entity, kind): usage for usage, kind in all_alarms(usages, rule)}
    for (entity, kind), usage in in_force.items():
        if (entity, kind) not in logged:
            _log.warning(
                "locator_guessing",
                entity=entity,
                kind=kind.value,
                questions=usage.questions,
                misses=usage.misses,
                evaluations=usage.evaluations,
                refused=usage.refused,
            )
    return frozenset(in_force)


def _alarm(alarm: dict[str, Any]) -> Message:
    match AlarmKind(alarm["alarm"]):
        case AlarmKind.MISSES:
            return _(
                "{entity}: de {questions} personas preguntadas hoy, {misses} no constan en ninguna parte; puede estar "
                "probando documentos al azar",
                **{name: alarm[name] for name in ("entity", "questions", "misses")},
            )
        case AlarmKind.VOLUME:
            return _("{entity}: ha querido preguntar más de lo que permite su cupo", entity=alarm["entity"])
        case AlarmKind.TOTAL:
            return _(
                "entre todas las entidades se han calculado hoy {evaluations:d} seudónimos; si no empieza una época ni "
                "se importan fichas, varias pueden estar probando documentos a la vez",
                evaluations=alarm["evaluations"],
            )
