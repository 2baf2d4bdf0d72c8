"""The key of pseudonyms that this entity holds, and who uses it, for people and for programs."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from node.context import NodeContext
from node.pseudonym_key.answering import alarm_rule
from node.pseudonym_key.holding import key_files, own_keys
from policies.errors import RedpactError
from presentation import terminal
from presentation.messages import Message, _, joined, listing, plural, speaking
from records_exchange.guessing import WINDOW
from records_exchange.key_holding.query_log import LoggedQuery, QueryLog
from records_exchange.key_holding.usage_report import (
    ASK_ENTITY,
    alarm_documents,
    alarm_lines,
    usage_document,
    usage_table,
)
from service.findings import Finding, Level

_COLUMNS: Final = ("entity", "evaluations", "refused")


def pseudonym_key_state(context: NodeContext, session: Session) -> dict[str, Any]:
    """Return the keys of this entity with the epochs that name them, and their use, as JSON values."""
    now, entity = context.clock.now(), context.settings.entity
    named = _named(context)
    keys = own_keys(session)
    usages = QueryLog(session).usages(now - WINDOW)
    foreign = [number for number, key in named.items() if key not in {each.public_key for each in keys}]
    return {
        "entity": entity,
        "keys": [
            {
                "sequence": each.sequence,
                "public_key": each.public_key,
                "made_at": each.made_at.isoformat(),
                "offered_at": each.offered_at.isoformat() if each.offered_at else None,
                "epochs": [number for number, key in named.items() if key == each.public_key],
            }
            for each in keys
        ],
        "foreign_epochs": foreign,
        "entities": [usage_document(usage) for usage in usages],
        "alarms": alarm_documents(usages, alarm_rule(context.settings)),
    }


def holds_key(state: dict[str, Any]) -> bool:
    """Return whether this entity holds a key, or is said to hold one."""
    return bool(state["keys"] or state["foreign_epochs"])


def pseudonym_key_lines(state: dict[str, Any]) -> list[Message]:
    """Return the state for people; nothing for an entity that holds no key."""
    if not holds_key(state):
        return []
    lines = [_state_line(state)] if state["keys"] else []
    if state["foreign_epochs"]:
        numbers = listing([str(number) for number in state["foreign_epochs"]])
        lines.append(
            _(
                "ALERTA: se publica como clave de esta entidad una que este nodo no tiene (época {numbers})",
                numbers=numbers,
            )
        )
    return [*lines, *alarm_lines(state["alarms"])]


def _state_line(state: dict[str, Any]) -> Message:
    newest = state["keys"][-1]
    epochs = sorted({number for key in state["keys"] for number in key["epochs"]})
    asked = sum(each["evaluations"] for each in state["entities"])
    if epochs:
        return _(
            "Esta entidad guarda una clave de los seudónimos (época {epochs}); hoy ha calculado su parte de {asked}",
            epochs=listing([str(number) for number in epochs]),
            asked=plural("{n} seudónimo", "{n} seudónimos", asked),
        )
    if newest["offered_at"] is None:
        return _("Clave de los seudónimos: hecha, y el coordinador aún no la tiene; se le vuelve a ofrecer sola")
    return _("Clave de los seudónimos: ofrecida; falta que la Gerencia la incluya (locator add-holder)")


def pseudonym_key_text(state: dict[str, Any], lang: str) -> str:
    """Return the whole state for people."""
    say = speaking(lang)
    lines = [terminal.paragraph(say(line), hanging=2) for line in pseudonym_key_lines(state)]
    if not lines:
        return say("Esta entidad no guarda ninguna clave de los seudónimos.")
    if state["entities"]:
        lines += ["", usage_table(state["entities"], _COLUMNS, lang)]
    return "\n".join(lines)


def check_pseudonym_key(context: NodeContext) -> list[Finding]:
    """Check the key that this entity holds; nothing where it holds none."""
    try:
        with context.snapshot() as session:
            state = pseudonym_key_state(context, session)
        files = key_files(context.home, context.settings.network)
        for key in state["keys"]:
            files.require(key["sequence"], key["public_key"])
    except RedpactError as error:
        return [Finding.of_error("pseudonym-key", error)]
    if not holds_key(state):
        return []
    text = joined(pseudonym_key_lines(state), "; ")
    if state["foreign_epochs"]:
        remedy = _(
            "si es una copia antigua, restaure otra o ejecute «pseudonym-key rotate»; si no, avise a todas las DPD"
        )
        return [Finding("pseudonym-key", Level.FAILED, text, remedy)]
    if state["alarms"]:
        return [Finding("pseudonym-key", Level.WARNING, text, ASK_ENTITY)]
    return [Finding("pseudonym-key", Level.OK, text)]


def log_document(context: NodeContext, session: Session, *, days: int, entity: str) -> list[LoggedQuery]:
    """Return the requests of the last days, newest first, of one entity or of all."""
    return QueryLog(session).list(context.clock.now() - timedelta(days=days), entity=entity)


def log_text(queries: list[LoggedQuery], lang: str) -> str:
    """Return the requests for people."""
    say = speaking(lang)
    if not queries:
        return say("Ninguna petición en ese tiempo.")
    columns = [say("Fecha"), say("Entidad"), say("Seudónimos"), say("Petición firmada (SHA-256)")]
    rows = [
        (
            each.time.isoformat(timespec="seconds"),
            each.entity,
            each.amount or say("fuera de cupo"),
            each.request_sha256[:16],
        )
        for each in queries
    ]
    return terminal.table(columns, rows)


def _named(context: NodeContext) -> dict[int, str]:
    """Return this entity's key in each live epoch that names one, by the number of the epoch."""
    directory, entity = context.directory.newest(), context.settings.entity
    live = directory.locator.live(context.clock.now()) if directory and directory.locator else ()
    return {epoch.number: key.public_key for epoch in live if (key := epoch.key_of(entity)) is not None}
