"""The recoveries of keys that this node knows of, for ``recovery list``, ``status``, ``doctor`` and the inbox."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from node.context import NodeContext
from node.inbox.items import ItemKind, NewItem
from node.recovery_waits import HeldEntity
from policies.errors import RedpactError
from presentation import terminal
from presentation.formats import moment
from presentation.messages import Message, _, listing, speaking
from service.findings import Finding, Level
from trust.parties import Party
from trust.recovery import WAIT, Recovery

SHOWN: Final = timedelta(days=30)
"""Time for which a recovery that counts, or that was vetoed, is still shown."""
PENDING, HELD, COUNTED, VETOED, AGAINST_VETO = "pending", "held", "counted", "vetoed", "against_veto"
_STATES: Final[Mapping[str, Message]] = {
    PENDING: _("pendiente: aún no cuenta"),
    HELD: _("publicada: este nodo aún espera"),
    COUNTED: _("cuenta"),
    VETOED: _("vetada por quien tiene las claves anteriores"),
    AGAINST_VETO: _("publicada pese a un veto: no se usa"),
}


def recoveries_state(context: NodeContext) -> list[dict[str, Any]]:
    """Return the recoveries of late, as JSON values.

    Raises:
        RedpactError: the directory is unusable.
    """
    kept = context.directory.kept()
    if kept is None:
        return []
    now, vetoed, own = context.clock.now(), context.directory.vetoes.ids(), context.settings.entity
    held = {each.recovery: each for each in kept.held}
    found = []
    for party in kept.signed.entities:
        for recovery in (*party.recoveries, *([party.recovery] if party.recovery else [])):
            if recovery.id not in held and recovery.opened + WAIT + SHOWN < now:
                continue
            state = _state(party, recovery, held, vetoed=recovery.id in vetoed)
            found.append(_document(party, recovery, state, held.get(recovery.id), own=own))
    return found


def _state(party: Party, recovery: Recovery, held: Mapping[str, HeldEntity], *, vetoed: bool) -> str:
    if recovery is party.recovery:
        return VETOED if vetoed or recovery.veto is not None else PENDING
    if recovery.id not in held:
        return COUNTED
    return AGAINST_VETO if vetoed else HELD


def _document(party: Party, recovery: Recovery, state: str, held: HeldEntity | None, *, own: str) -> dict[str, Any]:
    until = held.until if held else recovery.counts_from
    return {
        "entity": party.id,
        "own": party.id == own,
        "recovery": recovery.id,
        "state": state,
        "opened": recovery.opened.isoformat(),
        "seen": held.seen.isoformat() if held else None,
        "counts_here": until.isoformat() if state in {PENDING, HELD} else None,
    }


def recoveries_lines(found: Sequence[Mapping[str, Any]], lang: str) -> list[str]:
    """Return the lines of ``status`` about the recoveries that want attention."""
    say = speaking(lang)
    return [say(_alarm(each)) for each in found if each["state"] != COUNTED]


def _alarm(found: Mapping[str, Any]) -> Message:
    entity, until = found["entity"], found["counts_here"]
    if found["own"] and found["state"] == PENDING:
        return _(
            "ALERTA: se recuperan las claves de ESTA entidad; si no lo ha pedido, vétela antes del {until}: "
            "redpact-node recovery veto",
            until=datetime.fromisoformat(until),
        )
    if until is None:
        return _("AVISO: recuperación de las claves de {entity}: {state}", entity=entity, state=_STATES[found["state"]])
    return _(
        "AVISO: {entity} recupera sus claves; no se intercambia nada con ella al menos hasta el {until}. Compruébelo "
        "por teléfono con esa entidad",
        entity=entity,
        until=datetime.fromisoformat(until),
    )


def recoveries_text(found: Sequence[Mapping[str, Any]], lang: str) -> str:
    """Return the recoveries for people, as a table."""
    say = speaking(lang)
    if not found:
        return say("✓ Ninguna entidad recupera sus claves.")
    columns = [say("Entidad"), say("Estado"), say("Abierta"), say("Cuenta aquí, como pronto"), say("Recuperación")]
    rows = [
        (
            each["entity"],
            say(_STATES[each["state"]]),
            moment(datetime.fromisoformat(each["opened"]), lang),
            moment(datetime.fromisoformat(each["counts_here"]), lang) if each["counts_here"] else "-",
            each["recovery"][:16],
        )
        for each in found
    ]
    return terminal.table(columns, rows)


def check_recoveries(context: NodeContext) -> Finding:
    """Check that no entity's keys are being recovered."""
    try:
        found = [each for each in recoveries_state(context) if each["state"] not in {COUNTED, VETOED}]
    except RedpactError as error:
        return Finding.of_error("recoveries", error)
    if not found:
        return Finding("recoveries", Level.OK, _("Ninguna entidad recupera sus claves"))
    own = any(each["own"] for each in found)
    remedy = (
        _("si no lo ha pedido: redpact-node recovery veto")
        if own
        else _("compruébelo por teléfono con esa entidad; después: redpact-node recovery list")
    )
    return Finding("recoveries", Level.FAILED if own else Level.WARNING, listing(map(_alarm, found)), remedy)


def recovery_items(context: NodeContext, session: Session, now: datetime) -> Iterator[NewItem]:  # noqa: ARG001 - as every finder
    """Yield an item for each state of each recovery of late."""
    for each in recoveries_state(context):
        detail = "own_keys" if each["own"] and each["state"] == PENDING else f"recovery_{each['state']}"
        yield NewItem(ItemKind.KEY_RECOVERY, each["recovery"], each["entity"], detail)
