"""What people and programs see of the locator at a node: located fetches, how publishing goes, signs of guessing."""

from typing import Any

from sqlalchemy.orm import Session

from node.context import NodeContext
from node.locator.question_log import LocatorLog
from node.locator.tables import LocatorPublishingRow
from policies.errors import RedpactError
from presentation.messages import Message, _, joined
from records_exchange.guessing import WINDOW, AlarmRule, alarms
from service.findings import Finding, Level


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


def locator_lines(state: dict[str, Any]) -> list[Message]:
    """Return the state of the locator for people: a line, and one more when something looks like guessing."""
    published = _(
        "Localizador: {entries} anotaciones publicadas, {waiting} personas pendientes; hoy {questions} preguntas, "
        "{misses} sin resultado",
        **{name: state[name] for name in ("entries", "waiting", "questions", "misses")},
    )
    lines = [_("{published} [{fault}]", published=published, fault=state["fault"]) if state["fault"] else published]
    if state["alarms"]:
        lines.append(
            _(
                "ALERTA: casi nadie por quien se ha preguntado hoy al localizador consta en otra entidad; "
                "alguien de la casa puede estar probando documentos"
            )
        )
    return lines


def check_locator(context: NodeContext) -> Finding:
    """Check that the locator knows our live consents, and that nobody in the house seems to be guessing."""
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
