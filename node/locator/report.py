"""What people and programs see of the locator at a node: located fetches, how publishing goes, signs of guessing."""

from typing import Any, Final

from sqlalchemy.orm import Session

from node.fetch.report import exit_code, fetched_document, fetched_text
from node.locator.locating import LocatedFetch
from node.locator.question_log import LocatorLog
from node.locator.tables import LocatorPublishingRow
from node.wiring import Node
from policies.errors import EXIT_CODES, ErrorKind, RedpactError
from records_exchange.guessing import WINDOW, AlarmRule, alarms
from service.findings import Finding, Level

_NOBODY: Final = {
    "es": "No consta ninguna entidad con datos de esta persona que pueda compartir con la suya para esta finalidad.",
    "en": "No entity is known that holds anything of this person that it may share with yours for this purpose.",
}
_PARTIAL: Final = {
    "es": "Respuesta parcial: {silent} de {named} entidades no han contestado{more}{unlisted}.",
    "en": "Partial answer: {silent} of {named} entities did not answer{more}{unlisted}.",
}
_MORE: Final = {
    "es": "; hay más entidades de las que el localizador nombra de una vez (use --from)",
    "en": "; there are more entities than the locator names at once (use --from)",
}
_UNLISTED: Final = {
    "es": "; {unlisted} nombradas no figuran activas en el directorio de este nodo",
    "en": "; {unlisted} named are not active in this node's directory",
}
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


def located_exit_code(found: LocatedFetch) -> int:
    """Return 1 when the locator named nobody, else as for a fetch from named entities."""
    return exit_code(found.fetched) if found.fetched.replies else EXIT_CODES[ErrorKind.REFUSED]


def located_document(found: LocatedFetch) -> dict[str, Any]:
    """Return the JSON document: that of a fetch, with what the locator said."""
    located = found.located
    return {
        **fetched_document(found.fetched),
        "located": {"holders": list(located.holders), "more": located.more, "unlisted": located.unlisted},
        "partial": found.partial,
        "exit_code": located_exit_code(found),
    }


def located_text(found: LocatedFetch, *, lang: str = "es") -> str:
    """Return what a professional reads: the tables of a fetch, or that nobody is known; and what is missing."""
    lang = "en" if lang == "en" else "es"
    replies, located = found.fetched.replies, found.located
    lines = [fetched_text(found.fetched, lang=lang) if replies else _NOBODY[lang]]
    if found.partial:
        silent = sum(reply.error is not None for reply in replies)
        more = _MORE[lang] if located.more else ""
        unlisted = _UNLISTED[lang].format(unlisted=located.unlisted) if located.unlisted else ""
        lines.append(_PARTIAL[lang].format(silent=silent, named=len(replies), more=more, unlisted=unlisted))
    return "\n".join(lines)


def locator_state(node: Node, session: Session) -> dict[str, Any]:
    """Return how publishing goes, and what this node asked in the last day, as JSON values."""
    row = session.get(LocatorPublishingRow, 1)
    usage = LocatorLog(session).usage(node.settings.entity, node.clock.now() - WINDOW)
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


def check_locator(node: Node) -> Finding:
    """Check that the locator knows our live consents, and that nobody in the house seems to be guessing."""
    try:
        directory = node.directory.newest()
        with node.snapshot() as session:
            state = locator_state(node, session)
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
