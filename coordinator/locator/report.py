"""The locator for the coordinator's administrator: epochs, entries, usage by entity, and alarms."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from coordinator.context import CoordinatorContext
from coordinator.locator.epochs import EpochRegister, OpenEpochs
from coordinator.locator.query_log import QueryLog
from coordinator.locator.store import SqlLocatorStore
from coordinator.settings import CoordinatorSettings
from policies.errors import RedpactError
from presentation import formats, terminal
from presentation.messages import Message, _, joined, plural, speaking
from records_exchange.guessing import WINDOW, AlarmKind, AlarmRule, Usage, alarms
from service.findings import Finding, Level

_REMEDY: Final = _("pregunte a esa entidad para qué caso fue cada pregunta; si no lo sabe: entity suspend")


def alarm_rule(settings: CoordinatorSettings) -> AlarmRule:
    """Return the rule for alarms of the settings."""
    return AlarmRule(settings.locator_alarm_questions, settings.locator_alarm_miss_percent)


def locator_document(context: CoordinatorContext, session: Session, epochs: EpochRegister) -> dict[str, Any]:
    """Return the state of the locator, as JSON values."""
    now = context.clock.now()
    terms = epochs.terms(now)
    counts = SqlLocatorStore(session).counts()
    usages = {usage.entity: usage for usage in QueryLog(session).usages(now - WINDOW)}
    rule = alarm_rule(context.settings)
    newest = max((number for number, _ in counts), default=0)
    publishing = {holder: entries for (number, holder), entries in counts.items() if number == newest}
    return {
        "epochs": [
            {
                "number": epoch.number,
                "keys": {key.holder: key.public_key for key in epoch.keys},
                "started": epoch.started.isoformat(),
                "ends": epoch.ends.isoformat() if epoch.ends else None,
                "entries": sum(entries for (number, _), entries in counts.items() if number == epoch.number),
            }
            for epoch in (terms.epochs if terms else ())
        ],
        "entities": [
            {**_used(usages.get(entity, Usage(entity))), "entries": publishing.get(entity, 0)}
            for entity in sorted({*usages, *publishing})
        ],
        "alarms": [{**_used(usage), "alarm": kind.value} for usage in usages.values() for kind in alarms(usage, rule)],
    }


def locator_lines(document: dict[str, Any]) -> list[Message]:
    """Return the state of the locator for people: a line for each epoch, and the alarms."""
    lines = [_epoch_line(epoch) for epoch in document["epochs"]]
    if not lines:
        lines.append(_("Localizador: sin clave; ejecute «init»"))
    return [*lines, *(_("ALERTA: {alarm}", alarm=_alarm(each)) for each in document["alarms"])]


def _epoch_line(epoch: dict[str, Any]) -> Message:
    entries = plural("{n} anotación", "{n} anotaciones", epoch["entries"])
    if not epoch["ends"]:
        return _("Localizador: época {number:d}, {entries}", number=epoch["number"], entries=entries)
    ends = datetime.fromisoformat(epoch["ends"])
    return _(
        "Localizador: época {number:d}, {entries}, hasta {ends}", number=epoch["number"], entries=entries, ends=ends
    )


def locator_text(document: dict[str, Any], lang: str) -> str:
    """Return the whole state for people."""
    say = speaking(lang)
    lines = [terminal.paragraph(say(line)) for line in locator_lines(document)]
    if document["entities"]:
        columns = [
            say("Entidad"),
            say("Publica"),
            say("Preguntas en 24 h"),
            say("Sin resultado"),
            say("Seudónimos en 24 h"),
            say("Fuera de cupo"),
        ]
        keys = ("entity", "entries", "questions", "misses", "evaluations", "refused")
        rows = [[formats.shown(each[key], lang) for key in keys] for each in document["entities"]]
        lines += ["", terminal.table(columns, rows)]
    return "\n".join(lines)


def check_locator(context: CoordinatorContext, open_epochs: OpenEpochs) -> Finding:
    """Check that every epoch's key is there, and that no entity seems to guess documents."""
    try:
        with context.snapshot() as session:
            epochs = open_epochs(session)
            document = locator_document(context, session, epochs)
            epochs.require_keys(context.clock.now())
    except RedpactError as error:
        return Finding.of_error("locator", error)
    text = joined(locator_lines(document), "; ")
    if not document["epochs"]:
        return Finding("locator", Level.FAILED, text, _("ejecute: redpact-coordinator init"))
    alarmed = bool(document["alarms"])
    return Finding("locator", Level.WARNING if alarmed else Level.OK, text, _REMEDY if alarmed else "")


def _used(usage: Usage) -> dict[str, Any]:
    return {
        "entity": usage.entity,
        "questions": usage.questions,
        "misses": usage.misses,
        "evaluations": usage.evaluations,
        "refused": usage.refused,
    }


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
