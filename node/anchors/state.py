"""The state of the directory and its anchors, for ``anchors show``, ``directory status``, ``status`` and ``doctor``."""

from collections.abc import Mapping
from typing import Any, Final

from consent_ledger.directories.anchors import fingerprint
from consent_ledger.witnessing.fork_evidence import evidence_summary, is_of_directory, what_of
from node.context import NodeContext
from node.pinned_anchors import pinned_anchors
from policies.errors import RedpactError
from presentation import terminal
from presentation.messages import Message, _, listing, speaking
from service.findings import Finding, Level

_NOBODY: Final = _("AVISO: ninguna ancla fijada: solo el coordinador responde por el directorio (redpact-node anchors)")


def anchors_state(context: NodeContext) -> dict[str, Any]:
    """Return the pinned anchors and the directory in use, as JSON values.

    Raises:
        RedpactError: settings, directory or database are unusable.
    """
    with context.snapshot() as session:
        policy = pinned_anchors(session, context.keys.cipher)
    kept = context.directory.kept()
    vouching = set(context.directory.vouching())
    directory = kept.directory if kept else None
    return {
        "quorum": policy.quorum,
        "anchors": [
            {
                "entity": each.entity,
                "fingerprint": fingerprint(each.vkey),
                "vkey": each.vkey,
                "cosigned": each.entity in vouching,
                "key_listed": _is_listed(context, each.entity, each.vkey),
            }
            for each in policy.anchors
        ],
        "vouched": policy.vouches(sorted(vouching)),
        "serial": directory.serial if directory else None,
        "log_size": kept.checkpoint.size if kept and kept.checkpoint else None,
        "contradicted": bool(kept and kept.contradicted),
        "evidence": directory_evidence(context),
    }


def directory_evidence(context: NodeContext) -> list[dict[str, Any]]:
    """Return a summary of each piece of evidence on directories that nobody has dealt with."""
    return [each for each in evidence_summary(context.home) if is_of_directory(each["origin"])]


def _is_listed(context: NodeContext, entity: str, vkey: str) -> bool:
    directory = context.directory.newest()
    witness = directory.party(entity).witness if directory and entity in directory else None
    return witness is not None and witness.vkey == vkey


def state_line(state: Mapping[str, Any]) -> Message:
    """Return the state for people, in one line."""
    if state["contradicted"]:
        return _(
            "ALERTA: otro directorio firmado contradice al de aquí: no se intercambia nada (redpact-node directory)"
        )
    if not state["anchors"]:
        return _NOBODY
    cosigned = listing(each["entity"] for each in state["anchors"] if each["cosigned"])
    if not state["vouched"]:
        return _(
            "AVISO: el directorio en uso lleva menos de {quorum} cofirmas de anclas; han cofirmado: {cosigned}",
            quorum=state["quorum"],
            cosigned=cosigned or _("ninguna"),
        )
    return _("Responden por el directorio: {cosigned}", cosigned=cosigned)


def state_text(state: Mapping[str, Any], lang: str) -> str:
    """Return the anchors for people."""
    say = speaking(lang)
    lines = [terminal.paragraph(say(state_line(state)), hanging=2)]
    if not state["anchors"]:
        return lines[0]
    lines.append(say("Cofirmas exigidas: {quorum} de {count}", quorum=state["quorum"], count=len(state["anchors"])))
    columns = [say("Ancla"), say("Huella"), say("Directorio en uso")]
    rows = [(each["entity"], each["fingerprint"], say(_row_state(each))) for each in state["anchors"]]
    return "\n".join([*lines, "", terminal.table(columns, rows)])


def evidence_text(state: Mapping[str, Any], lang: str) -> list[str]:
    """Return the evidence on directories for people, one line each."""
    say = speaking(lang)
    return [
        terminal.paragraph(
            say("✗ {what}, visto el {when}: {file}", what=say(what_of(each)), when=each["seen_at"], file=each["file"]),
            hanging=2,
        )
        for each in state["evidence"]
    ]


def _row_state(anchor: Mapping[str, Any]) -> Message:
    if not anchor["key_listed"]:
        return _("la clave fijada ya no es la del directorio")
    return _("cofirmado") if anchor["cosigned"] else _("sin cofirma")


def check_anchors(context: NodeContext) -> Finding:
    """Check that others than the coordinator vouch for the directory, and that none contradicts it."""
    try:
        state = anchors_state(context)
    except RedpactError as error:
        return Finding.of_error("anchors", error)
    line = state_line(state)
    if state["contradicted"]:
        return Finding("anchors", Level.FAILED, line, _("redpact-node directory status; pregunte a otras entidades"))
    changed = [each["entity"] for each in state["anchors"] if not each["key_listed"]]
    if changed:
        text = _("El directorio da a {anchors} otra clave de testigo que la fijada aquí", anchors=listing(changed))
        return Finding("anchors", Level.WARNING, text, _("compruebe su huella por teléfono y fíjela de nuevo"))
    if not state["vouched"]:
        return Finding("anchors", Level.WARNING, line, _("redpact-node anchors pin ENTIDAD --fingerprint HUELLA"))
    return Finding("anchors", Level.OK, line)
