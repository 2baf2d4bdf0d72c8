"""What people and programs see of the locator at a node: located fetches, how publishing goes, signs of guessing."""

from typing import Any, Final

from sqlalchemy.orm import Session

from node.context import NodeContext
from node.locator.question_log import LocatorLog
from node.locator.tables import LocatorPublishingRow
from policies.errors import RedpactError
from records_exchange.guessing import WINDOW, AlarmRule, alarms
from service.findings import Finding, Level

_STATE: Final = {
    "es": "Localizador: {entries} anotaciones publicadas, {waiting} personas pendientes{fault}; "
    "hoy {questions} preguntas, {misses} sin resultado",
    "en": "Locator: {entries} entries published, {waiting} people waiting{fault}; "
    "today {questions} questions, {misses} found nowhere",
}
_GUESSING: Final = {
    "es": "ALERTA: casi nadie por quien se ha preguntado hoy al localizador consta en otra entidad; "
    "alguien de la casa puede estar probando documentos",
    "en": "ALARM: hardly anybody asked about today is known to another entity; "
    "somebody in the house may be trying documents",
}


def locator_state(context: NodeContext, session: Session) -> dict[str, Any]:
    """Return how publishing goes, and what this node asked in the last day, as JSON values."""
    row = session.get(LocatorPublishingRow, 1)
    usage = LocatorLog(session).usage(context.settings.entity, context.clock.now() - WINDOW)
    return {
        "entries": row.entries if row else 0,
        "waiting": row.waiting if row else 0,
        "published_at": row.published_at.isoformat() if row and row.published_at else None,
        "fault": row.fault if row else "",
        "questions": usage.questions,
        "misses": usage.misses,
        "alarms": [kind.value for kind in alarms(usage, AlarmRule())],
    }


def locator_lines(state: dict[str, Any], lang: str) -> list[str]:
    """Return what ``status`` says of the locator: a line, and one more when something looks like guessing."""
    lang = "en" if lang == "en" else "es"
    fault = f" [{state['fault']}]" if state["fault"] else ""
    lines = [_STATE[lang].format(**{**state, "fault": fault})]
    return [*lines, _GUESSING[lang]] if state["alarms"] else lines


def check_locator(context: NodeContext) -> Finding:
    """Check that the locator knows our live consents, and that nobody in the house seems to be guessing."""
    try:
        directory = context.directory.newest()
        with context.snapshot() as session:
            state = locator_state(context, session)
    except RedpactError as error:
        return Finding.of_error("locator", error)
    if directory is None or directory.locator is None:
        es, en = "La red no tiene localizador: pregunte con --from", "The network has no locator: ask with --from"
        return Finding("locator", Level.OK, es, en)
    es, en = (" ".join(locator_lines(state, lang)) for lang in ("es", "en"))
    if state["alarms"]:
        return Finding("locator", Level.WARNING, es, en, "look who asked about whom today, and for which case")
    if state["fault"] or state["published_at"] is None:
        remedy = "keep serve running and the coordinator reachable: it is told by itself; fetch --from works meanwhile"
        return Finding("locator", Level.WARNING, es, en, remedy)
    return Finding("locator", Level.OK, es, en)
