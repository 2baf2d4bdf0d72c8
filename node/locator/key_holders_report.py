"""The key holders of pseudonyms for people: ``pseudonym-key holders``, ``status``, ``doctor`` and the inbox."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from node.context import NodeContext
from node.inbox.items import ItemKind, NewItem
from node.locator.key_holders import expected_holders, judged_epochs
from policies.errors import RedpactError, code_sentence
from presentation import terminal
from presentation.messages import Message, _, listing, speaking
from service.findings import Finding, Level
from trust.parties import COORDINATOR_ID


def key_holders_state(context: NodeContext, session: Session) -> dict[str, Any]:
    """Return the live epochs with their key holders, and those that this node counts on, as JSON values."""
    directory, expected = context.directory.newest(), expected_holders(session)
    judged = judged_epochs(expected, directory, context.clock.now()) if directory else ()
    return {
        "epochs": [
            {
                "number": each.epoch.number,
                "holders": sorted(each.epoch.holders),
                "ends": each.epoch.ends.isoformat() if each.epoch.ends else None,
                "used": each.fault is None,
                "fault": each.fault.code if each.fault else "",
                "detail": each.fault.message if each.fault else "",
            }
            for each in judged
        ],
        "expected": [
            {"entity": each.entity, "required": each.required, "since_epoch": each.since_epoch} for each in expected
        ],
    }


def key_holders_line(state: dict[str, Any]) -> Message | None:
    """Return the state for people, in one line; None in a network without a locator."""
    if not state["epochs"]:
        return None
    newest = state["epochs"][-1]
    if not newest["used"]:
        return _("ALERTA: claves de los seudónimos: {fault}", fault=code_sentence(newest["fault"]))
    if len(newest["holders"]) == 1:
        return _(
            "AVISO: una sola entidad guarda la clave de los seudónimos: {holder}; con ella se pueden averiguar todos",
            holder=newest["holders"][0],
        )
    return _("Guardan una clave de los seudónimos, y hacen falta todas: {holders}", holders=listing(newest["holders"]))


def key_holders_text(state: dict[str, Any], lang: str) -> str:
    """Return the whole state for people."""
    say = speaking(lang)
    line = key_holders_line(state)
    if line is None:
        return say("La red no tiene localizador.")
    lines = [terminal.paragraph(say(line), hanging=2)]
    columns = [say("Época"), say("Guardan una clave"), say("Hasta"), say("Este nodo la usa")]
    rows = [
        (
            each["number"],
            say(listing(each["holders"])),
            each["ends"] or "-",
            say("sí") if each["used"] else say("no: {why}", why=each["detail"]),
        )
        for each in state["epochs"]
    ]
    lines += ["", terminal.table(columns, rows)]
    required = [each["entity"] for each in state["expected"] if each["required"]]
    seen = [each["entity"] for each in state["expected"] if not each["required"]]
    if required:
        lines += ["", terminal.paragraph(say("La DPD exige la clave de: {entities}", entities=listing(required)))]
    if seen:
        text = say("Vista, y no confirmada por la DPD, la clave de: {entities}", entities=listing(seen))
        lines += ["", terminal.paragraph(text)]
    return "\n".join(lines)


def check_key_holders(context: NodeContext) -> Finding:
    """Check that pseudonyms need more than one key, and those of the holders that this node counts on."""
    try:
        with context.snapshot() as session:
            state = key_holders_state(context, session)
    except RedpactError as error:
        return Finding.of_error("key-holders", error)
    line = key_holders_line(state)
    if line is None:
        return Finding("key-holders", Level.OK, _("La red no tiene localizador: pregunte con --from"))
    newest = state["epochs"][-1]
    if not newest["used"]:
        remedy = _("redpact-node pseudonym-key holders; pregunte a esa entidad y a la Gerencia")
        return Finding("key-holders", Level.FAILED, line, remedy, newest["detail"])
    if len(newest["holders"]) == 1:
        remedy = _("pida a la Gerencia que otra entidad guarde una segunda clave")
        return Finding("key-holders", Level.WARNING, line, remedy)
    if not any(each["required"] for each in state["expected"]):
        remedy = _("si conoce a una de ellas, que la DPD la exija: redpact-node pseudonym-key require ENTIDAD")
        return Finding("key-holders", Level.WARNING, line, remedy)
    return Finding("key-holders", Level.OK, line)


def key_holder_items(context: NodeContext, session: Session, now: datetime) -> Iterator[NewItem]:  # noqa: ARG001 - as every finder
    """Yield an item for each key holder that nobody confirmed, and for each epoch that this node does not use."""
    state = key_holders_state(context, session)
    confirmed = {each["entity"] for each in state["expected"] if each["required"]}
    for epoch in state["epochs"]:
        reference = f"epoch-{epoch['number']}"
        if not epoch["used"]:
            yield NewItem(ItemKind.KEY_HOLDERS_CHANGED, reference, COORDINATOR_ID, epoch["fault"])
            continue
        for holder in epoch["holders"]:
            if holder != COORDINATOR_ID and holder not in confirmed:
                yield NewItem(ItemKind.KEY_HOLDER_SEEN, "key-holder", holder)
