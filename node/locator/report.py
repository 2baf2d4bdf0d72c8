"""The state of the locator at a node, for people and for programs: publication, questions, signs of guessing."""

from typing import Any

from sqlalchemy.orm import Session

from node.context import NodeContext
from node.locator.question_log import LocatorLog
from node.locator.tables import LocatorPublishingRow
from policies.errors import RedpactError, code_sentence
from presentation.messages import Message, _, joined, plural
from records_exchange.guessing import WINDOW, AlarmRule, alarms
from service.findings import Finding, Level


def locator_state(context: NodeContext, session: Session) -> dict[str, Any]:
    """Return the state of publication, and the questions of the last day, as JSON values."""
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


def locator_lines(state: dict[str, Any]) -> list[Message]:
    """Return the state of the locator for people, with an alarm when the questions look like guessing."""
    published = _(
        "Localizador: {entries}, {waiting}; hoy {questions}, {misses} sin resultado",
        entries=plural("{n} anotación publicada", "{n} anotaciones publicadas", state["entries"]),
        waiting=plural("{n} persona pendiente", "{n} personas pendientes", state["waiting"]),
        questions=plural("{n} pregunta", "{n} preguntas", state["questions"]),
        misses=state["misses"],
    )
    lines = [joined([published, code_sentence(state["fault"])], ". ") if state["fault"] else published]
    if state["alarms"]:
        lines.append(
            _(
                "ALERTA: casi nadie por quien se ha preguntado hoy al localizador consta en otra entidad; "
                "alguien de esta entidad puede estar probando documentos"
            )
        )
    return lines


def check_locator(context: NodeContext) -> Finding:
    """Check that the locator has our live consents, and that no professional of this entity seems to be guessing."""
    try:
        directory = context.directory.newest()
        with context.snapshot() as session:
            state = locator_state(context, session)
    except RedpactError as error:
        return Finding.of_error("locator", error)
    if directory is None or directory.locator is None:
        return Finding("locator", Level.OK, _("La red no tiene localizador: pregunte con --from"))
    text = joined(locator_lines(state))
    if state["alarms"]:
        return Finding(
            "locator",
            Level.WARNING,
            text,
            _("revise qué profesionales han preguntado hoy, por qué personas y para qué caso"),
        )
    if state["fault"] or state["published_at"] is None:
        remedy = _(
            "mantenga serve en marcha y el acceso al coordinador: el localizador se actualiza solo; mientras "
            "tanto, fetch --from funciona"
        )
        return Finding("locator", Level.WARNING, text, remedy)
    return Finding("locator", Level.OK, text)
