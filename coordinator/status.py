"""What the coordinator's administrator sees at a glance."""

import hashlib
from typing import Any

from consent_ledger.witnessing.fork_evidence import alarm_lines, evidence_summary
from coordinator.locator.report import locator_document, locator_lines
from coordinator.relay.report import relay_line, relay_summary
from coordinator.wiring import Coordinator
from service.command_line import table
from service.refused_calls import refused_calls, refused_lines


def summary(coordinator: Coordinator) -> dict[str, Any]:
    """Return the state of the network, as JSON values."""
    settings, now, relay = coordinator.settings, coordinator.clock.now(), relay_summary(coordinator)
    with coordinator.snapshot() as session:
        registry = coordinator.registry(session)
        entities, invitations, serial = registry.entities(), registry.invitations(now), registry.serial()
        return {
            "network": settings.network,
            "address": settings.address,
            "enrolment_address": settings.enrolment_address,
            "coordinator_key": coordinator.keys.signing.public_key.hex(),
            "ca_sha256": hashlib.sha256(coordinator.authority.certificate_der).hexdigest(),
            "certificate_until": coordinator.certificate.identity().not_after.isoformat(),
            "directory_serial": serial,
            "witness_url": settings.public_witness_url,
            "relay": relay,
            "evidence": evidence_summary(coordinator.home),
            "locator": locator_document(coordinator, session),
            "refused_calls": refused_calls(coordinator.home),
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
                }
                for view in entities
            ],
            "invitations": [
                {"id": row.entity, "name": row.name, "kind": row.kind, "expires": row.expires_at.isoformat()}
                for row in invitations
            ],
        }


_LABELS = {
    "es": {
        "network": "Red",
        "address": "Dirección",
        "enrolment_address": "Dirección de alta",
        "coordinator_key": "Clave del coordinador",
        "ca_sha256": "Huella de la autoridad de certificación",
        "certificate_until": "Certificado válido hasta",
        "directory_serial": "Directorio número",
    },
    "en": {
        "network": "Network",
        "address": "Address",
        "enrolment_address": "Enrolment address",
        "coordinator_key": "Coordinator key",
        "ca_sha256": "Certificate authority fingerprint",
        "certificate_until": "Certificate valid until",
        "directory_serial": "Directory serial",
    },
}
_COLUMNS = {
    "es": {"id": "Entidad", "name": "Nombre", "kind": "Tipo", "status": "Estado", "addresses": "Direcciones"},
    "en": {"id": "Entity", "name": "Name", "kind": "Kind", "status": "Status", "addresses": "Addresses"},
}
_VALUES = {
    "es": {
        "active": "activa",
        "suspended": "suspendida",
        "public": "pública",
        "agent": "agente",
        "collaborator": "colaboradora",
        "invited": "invitada",
    },
    "en": {},
}


def summary_text(document: dict[str, Any], lang: str) -> str:
    """Return the summary for people."""
    lang = lang if lang in _LABELS else "es"
    lines = [f"{label}: {document[name]}" for name, label in _LABELS[lang].items()]
    lines += [line.in_language(lang) for line in locator_lines(document["locator"])]
    lines.append(relay_line(document["relay"], lang))
    lines += refused_lines(document["refused_calls"], lang)
    lines += alarm_lines(document["evidence"], lang)
    return "\n".join(lines) + "\n\n" + entities_text(document, lang)


def entities_text(document: dict[str, Any], lang: str) -> str:
    """Return the entities, and the open invitations, as a table for people."""
    lang = lang if lang in _LABELS else "es"
    words = _VALUES[lang]
    rows = [
        {
            **row,
            "kind": words.get(row["kind"], row["kind"]),
            "status": words.get(row["status"], row["status"]),
            "addresses": " ".join(row["addresses"]),
        }
        for row in document["entities"]
    ]
    rows += [
        {**row, "status": words.get("invited", "invited"), "kind": words.get(row["kind"], row["kind"]), "addresses": ""}
        for row in document["invitations"]
    ]
    return table(_COLUMNS[lang], rows)
