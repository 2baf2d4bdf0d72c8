"""The locator for the coordinator's administrator: epochs, entries, usage by entity, and alarms."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from coordinator.context import CoordinatorContext
from coordinator.locator.epochs import EpochRegister, OpenEpochs
from coordinator.locator.store import SqlLocatorStore
from coordinator.settings import CoordinatorSettings
from policies.errors import RedpactError
from presentation import terminal
from presentation.messages import Message, _, joined, listing, plural, speaking
from records_exchange.guessing import WINDOW, AlarmRule, Usage
from records_exchange.key_holding.query_log import QueryLog
from records_exchange.key_holding.usage_report import (
    ASK_ENTITY,
    alarm_documents,
    alarm_lines,
    usage_document,
    usage_table,
)
from service.findings import Finding, Level

_COLUMNS: Final = ("entity", "entries", "questions", "misses", "evaluations", "refused")


def alarm_rule(settings: CoordinatorSettings) -> AlarmRule:
    """Return the rule for alarms of the settings."""
    return AlarmRule(
        settings.locator_alarm_questions, settings.locator_alarm_miss_percent, settings.locator_evaluations_total_day
    )


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
            {**usage_document(usages.get(entity, Usage(entity))), "entries": publishing.get(entity, 0)}
            for entity in sorted({*usages, *publishing})
        ],
        "offered_keys": [
            {
                "entity": each.holder,
                "sequence": each.sequence,
                "public_key": each.public_key,
                "offered_at": each.offered_at.isoformat(),
                "holder": each.chosen,
            }
            for each in epochs.holders.offered()
        ],
        "waits_for_rotation": epochs.waits_for_rotation(now),
        "alarms": alarm_documents(usages.values(), rule),
    }


def locator_lines(document: dict[str, Any]) -> list[Message]:
    """Return the state of the locator for people: a line for each epoch, and the alarms."""
    lines = [_epoch_line(epoch) for epoch in document["epochs"]]
    if not lines:
        lines.append(_("Localizador: sin clave; ejecute «init»"))
    lines += _holder_lines(document)
    return [*lines, *alarm_lines(document["alarms"])]


def _holder_lines(document: dict[str, Any]) -> list[Message]:
    lines = []
    if document["epochs"]:
        holders = sorted(document["epochs"][-1]["keys"])
        if len(holders) > 1:
            lines.append(
                _("Guardan una clave de los seudónimos, y hacen falta todas: {holders}", holders=listing(holders))
            )
        else:
            lines.append(
                _("AVISO: una sola clave: quien tenga la del coordinador puede averiguar todos los seudónimos")
            )
    waiting = [each["entity"] for each in document["offered_keys"] if not each["holder"]]
    if waiting:
        lines.append(_("Ofrecen guardar una clave: {entities} (locator add-holder ENTIDAD)", entities=listing(waiting)))
    if document["waits_for_rotation"]:
        lines.append(_("Una entidad ha cambiado su clave: la próxima época empieza por sí sola"))
    return lines


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
        lines += ["", usage_table(document["entities"], _COLUMNS, lang)]
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
    return Finding("locator", Level.WARNING if alarmed else Level.OK, text, ASK_ENTITY if alarmed else "")
