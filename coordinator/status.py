"""The state of the network for the coordinator's administrator."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from consent_ledger.witnessing.fork_evidence import alarm_lines, evidence_summary
from coordinator.context import CoordinatorContext
from coordinator.locator.epochs import OpenEpochs
from coordinator.locator.report import locator_document, locator_lines
from coordinator.registry import OpenRegistry, Registry
from coordinator.relay.report import relay_line, relay_summary
from presentation import formats, terminal
from presentation.messages import Message, Translator, _, speaking
from service.refused_calls import refused_calls, refused_lines
from trust.parties import EntityKind, EntityStatus, Party

_INVITED: Final = _("invitada")
_RECOVERS: Final = _("invitada a recuperar sus claves")
_STATUSES: Final[Mapping[str, Message]] = {
    EntityStatus.ACTIVE: _("activa"),
    EntityStatus.SUSPENDED: _("suspendida"),
}
_KINDS: Final[Mapping[str, Message]] = {
    EntityKind.PUBLIC: _("pública"),
    EntityKind.AGENT: _("agente"),
    EntityKind.COLLABORATOR: _("colaboradora"),
}


def summary(
    context: CoordinatorContext,
    open_registry: OpenRegistry,
    open_epochs: OpenEpochs,
    attached: Callable[[], tuple[str, ...]],
) -> dict[str, Any]:
    """Return the state of the network, as JSON values.

    Args:
        context: of the coordinator.
        open_registry: opens the register of entities.
        open_epochs: opens the epochs of the locator.
        attached: asks the running service for the entities attached to its relay.
    """
    settings = context.settings
    relay = relay_summary(enabled=settings.relay, attached=attached)
    with context.snapshot() as session:
        registry = open_registry(session)
        return {
            "network": settings.network,
            "address": settings.address,
            "enrolment_address": settings.enrolment_address,
            "coordinator_key": context.keys.signing.public_key.hex(),
            "ca_sha256": hashlib.sha256(context.authority.certificate_der).hexdigest(),
            "certificate_until": context.certificate.identity().not_after.isoformat(),
            "directory_serial": registry.serial(),
            "witness_url": settings.public_witness_url,
            "relay": relay,
            "evidence": evidence_summary(context.home),
            "locator": locator_document(context, session, open_epochs(session)),
            "refused_calls": refused_calls(context.home),
            **entities_document(registry, context.clock.now()),
        }


def entities_document(registry: Registry, now: datetime) -> dict[str, Any]:
    """Return the entities and the open invitations, as JSON values."""
    return {
        "entities": [
            {
                "id": view.party.id,
                "name": view.party.name,
                "kind": view.party.kind.value,
                "status": view.party.status.value,
                "reason": view.reason,
                "addresses": list(view.party.addresses),
                "admitted_at": view.admitted_at.isoformat(),
                "certificate_until": view.certificate_until.isoformat() if view.certificate_until else None,
                "recovery": _recovery(view.party),
            }
            for view in registry.entities()
        ],
        "invitations": [
            {
                "id": row.entity,
                "name": row.name,
                "kind": row.kind,
                "expires": row.expires_at.isoformat(),
                "recovers": row.recovers,
            }
            for row in registry.invitations(now)
        ],
    }


def _recovery(party: Party) -> dict[str, Any] | None:
    recovery = party.recovery
    if recovery is None:
        return None
    state = "vetoed" if recovery.veto is not None else "pending"
    return {"id": recovery.id, "state": state, "counts_from": recovery.counts_from.isoformat()}


def _status(row: Mapping[str, Any], say: Translator) -> str:
    recovery, status = row["recovery"], say(_STATUSES[row["status"]])
    if recovery is None:
        return status
    if recovery["state"] == "vetoed":
        return say("{status}; recuperación vetada", status=status)
    until = formats.moment(datetime.fromisoformat(recovery["counts_from"]), say.lang)
    return say("{status}; recupera claves hasta el {until}", status=status, until=until)


def summary_text(document: dict[str, Any], lang: str) -> str:
    """Return the summary for people."""
    say = speaking(lang)
    facts = [
        (say("Red"), document["network"]),
        (say("Dirección"), document["address"]),
        (say("Dirección de alta"), document["enrolment_address"]),
        (say("Clave del coordinador"), document["coordinator_key"]),
        (say("Huella de la autoridad de certificación"), document["ca_sha256"]),
        (say("Certificado válido hasta"), formats.moment(datetime.fromisoformat(document["certificate_until"]), lang)),
        (say("Directorio número"), document["directory_serial"]),
    ]
    lines = [say(line) for line in locator_lines(document["locator"])]
    names = {row["id"]: row["name"] for row in document["entities"]}
    attached = [names.get(entity, entity) for entity in document["relay"]["attached"]]
    lines.append(say(relay_line(document["relay"] | {"attached": attached})))
    lines += refused_lines(document["refused_calls"], lang)
    lines += alarm_lines(document["evidence"], lang)
    shown = [terminal.pairs(facts), *(terminal.paragraph(line) for line in lines)]
    return "\n".join(shown) + "\n\n" + entities_text(document, lang)


def entities_text(document: dict[str, Any], lang: str) -> str:
    """Return the entities, and the open invitations, as a table for people."""
    say = speaking(lang)
    columns = [say("Entidad"), say("Nombre"), say("Tipo"), say("Estado"), say("Direcciones")]
    rows = [
        [row["id"], row["name"], say(_KINDS[row["kind"]]), _status(row, say), " ".join(row["addresses"])]
        for row in document["entities"]
    ]
    rows += [
        [row["id"], row["name"], say(_KINDS[row["kind"]]), say(_RECOVERS if row["recovers"] else _INVITED), ""]
        for row in document["invitations"]
    ]
    return terminal.table(columns, rows) if rows else say("Todavía no hay ninguna entidad en la red.")
