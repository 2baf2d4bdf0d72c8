"""What the coordinator's administrator sees of the locator: epochs, entries, who asks how much, and alarms."""

from typing import Any, Final

from sqlalchemy.orm import Session

from coordinator.locator.query_log import QueryLog
from coordinator.locator.store import SqlLocatorStore
from coordinator.settings import CoordinatorSettings
from coordinator.wiring import Coordinator
from policies.errors import RedpactError
from records_exchange.guessing import WINDOW, AlarmKind, AlarmRule, Usage, alarms
from service.command_line import table
from service.findings import Finding, Level

_REMEDY: Final = "ask that entity which case each question was for; if it cannot tell: entity suspend"
_ALARMS: Final = {
    "es": {
        AlarmKind.MISSES: "{entity}: de {questions} personas preguntadas hoy, {misses} no constan en ninguna parte; "
        "puede estar probando documentos al azar",
        AlarmKind.VOLUME: "{entity}: ha querido preguntar más de lo que permite su cupo",
    },
    "en": {
        AlarmKind.MISSES: "{entity}: of {questions} people asked about today, {misses} are known nowhere; "
        "it may be trying documents at random",
        AlarmKind.VOLUME: "{entity}: wanted to ask more than its quota allows",
    },
}
_COLUMNS: Final = {
    "es": {
        "entity": "Entidad",
        "entries": "Publica",
        "questions": "Preguntas en 24 h",
        "misses": "Sin resultado",
        "evaluations": "Seudónimos en 24 h",
        "refused": "Fuera de cupo",
    },
    "en": {
        "entity": "Entity",
        "entries": "Publishes",
        "questions": "Questions in 24 h",
        "misses": "Found nowhere",
        "evaluations": "Pseudonyms in 24 h",
        "refused": "Beyond quota",
    },
}


def alarm_rule(settings: CoordinatorSettings) -> AlarmRule:
    """Return when to alarm, by the settings."""
    return AlarmRule(settings.locator_alarm_questions, settings.locator_alarm_miss_percent)


def locator_document(coordinator: Coordinator, session: Session) -> dict[str, Any]:
    """Return the state of the locator, as JSON values."""
    now = coordinator.clock.now()
    terms = coordinator.locator_epochs(session).terms(now)
    counts = SqlLocatorStore(session).counts()
    usages = {usage.entity: usage for usage in QueryLog(session).usages(now - WINDOW)}
    rule = alarm_rule(coordinator.settings)
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


def locator_lines(document: dict[str, Any], lang: str) -> list[str]:
    """Return what ``status`` says: a line for each epoch, and the alarms."""
    spanish = lang != "en"
    lines = []
    for epoch in document["epochs"]:
        number, entries, ends = epoch["number"], epoch["entries"], epoch["ends"]
        until = (f", hasta {ends}" if spanish else f", until {ends}") if ends else ""
        lines.append(
            f"Localizador: época {number}, {entries} anotaciones{until}"
            if spanish
            else f"Locator: epoch {number}, {entries} entries{until}"
        )
    if not document["epochs"]:
        lines.append("Localizador: sin clave; ejecute «init»" if spanish else "Locator: no key; run init")
    word = "ALERTA" if spanish else "ALARM"
    return lines + [f"{word}: {_told(alarm, lang)}" for alarm in document["alarms"]]


def locator_text(document: dict[str, Any], lang: str) -> str:
    """Return the whole state for people."""
    lang = "en" if lang == "en" else "es"
    lines = locator_lines(document, lang)
    if document["entities"]:
        lines += ["", table(_COLUMNS[lang], document["entities"])]
    return "\n".join(lines)


def check_locator(coordinator: Coordinator) -> Finding:
    """Check that every epoch's key is there, and that nobody seems to be guessing."""
    try:
        with coordinator.snapshot() as session:
            document = locator_document(coordinator, session)
        for epoch in document["epochs"]:
            for public_key in epoch["keys"].values():
                coordinator.locator_keys.require(epoch["number"], public_key)
    except RedpactError as error:
        return Finding.of_error("locator", error)
    es, en = ("; ".join(locator_lines(document, lang)) for lang in ("es", "en"))
    if not document["epochs"]:
        return Finding("locator", Level.FAILED, es, en, "run: redpact-coordinator init")
    alarmed = bool(document["alarms"])
    return Finding("locator", Level.WARNING if alarmed else Level.OK, es, en, _REMEDY if alarmed else "")


def _used(usage: Usage) -> dict[str, Any]:
    return {
        "entity": usage.entity,
        "questions": usage.questions,
        "misses": usage.misses,
        "evaluations": usage.evaluations,
        "refused": usage.refused,
    }


def _told(alarm: dict[str, Any], lang: str) -> str:
    return _ALARMS["en" if lang == "en" else "es"][AlarmKind(alarm["alarm"])].format(**alarm)
