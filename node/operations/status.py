"""What the node's administrator sees at a glance."""

from typing import Any

from consent_ledger.witnessing.fork_evidence import alarm_lines, evidence_summary
from node.consents.due import DEFAULT_NOTICE_DAYS, due_consents
from node.context import NodeContext
from node.identity.reach import way_in
from node.ledger.own import own_consents, own_ledger
from node.ledger.witnessing.state import witnessing_state, witnessing_text
from node.locator.report import locator_lines, locator_state
from node.messages.state import notice_lines, waiting_for
from node.people.store import people_store
from service.command_line import table
from service.refused_calls import refused_calls, refused_lines
from service.tls import CurrentCertificate


def summary(context: NodeContext, certificate: CurrentCertificate) -> dict[str, Any]:
    """Return the state of the node, as JSON values.

    Raises:
        RedpactError: settings, keys, directory or database are unusable.
    """
    settings, directory, now = context.settings, context.directory.newest(), context.clock.now()
    with context.snapshot() as session:
        ledger_size = own_ledger(context, session).size()
        witnesses = witnessing_state(context, session).document()
        locator = locator_state(context, session)
        due = due_consents(
            own_consents(context, session).list(), people_store(context, session), now, days=DEFAULT_NOTICE_DAYS
        )
    return {
        "entity": settings.entity,
        "network": settings.network,
        "listen": settings.listen,
        "addresses": list(settings.addresses),
        "reached": way_in(settings.addresses, relay=settings.relay).value,
        "coordinator_address": directory.coordinator_address if directory else settings.coordinator_address,
        "coordinator_key": settings.coordinator_key,
        "certificate_until": certificate.identity().not_after.isoformat(),
        "ledger_origin": settings.ledger_origin,
        "ledger_size": ledger_size,
        "witness_url": settings.public_witness_url,
        "witnesses": witnesses,
        "locator": locator,
        "evidence": evidence_summary(context.home),
        "refused_calls": refused_calls(context.home),
        "consents_due": len(due),
        "notices_waiting": waiting_for(context),
        "directory_serial": directory.serial if directory else None,
        "directory_expires": directory.expires.isoformat() if directory else None,
        "directory_fresh": directory is not None and now < directory.expires,
        "entities": [
            {
                "id": party.id,
                "name": party.name,
                "kind": party.kind.value,
                "status": party.status.value,
                "addresses": list(party.addresses),
            }
            for party in (directory.entities if directory else ())
        ],
    }


_LABELS = {
    "es": {
        "entity": "Entidad",
        "network": "Red",
        "listen": "Escucha en",
        "reached": "Se llega a este nodo",
        "coordinator_address": "Coordinador",
        "certificate_until": "Certificado válido hasta",
        "ledger_size": "Anotaciones en el registro de consentimientos",
        "consents_due": "Consentimientos por renovar (consent list --due)",
        "directory_serial": "Directorio número",
        "directory_expires": "Directorio válido hasta",
    },
    "en": {
        "entity": "Entity",
        "network": "Network",
        "listen": "Listens on",
        "reached": "This node is reached",
        "coordinator_address": "Coordinator",
        "certificate_until": "Certificate valid until",
        "ledger_size": "Entries in the consent ledger",
        "consents_due": "Consents to renew (consent list --due)",
        "directory_serial": "Directory serial",
        "directory_expires": "Directory valid until",
    },
}
_COLUMNS = {
    "es": {"id": "Entidad", "name": "Nombre", "kind": "Tipo", "status": "Estado", "addresses": "Direcciones"},
    "en": {"id": "Entity", "name": "Name", "kind": "Kind", "status": "Status", "addresses": "Addresses"},
}
_VALUES_ES = {
    "active": "activa",
    "suspended": "suspendida",
    "public": "pública",
    "agent": "agente",
    "collaborator": "colaboradora",
}


_REACHED = {
    "es": {
        "direct": "en {}",
        "relay": "por el repetidor del coordinador, sin puerto abierto",
        "not": "de ninguna forma: ni publica una dirección ni usa el repetidor",
    },
    "en": {
        "direct": "at {}",
        "relay": "by the coordinator's relay, without an open port",
        "not": "in no way: it neither publishes an address nor uses the relay",
    },
}


def _reached_text(document: dict[str, Any], lang: str) -> str:
    return _REACHED[lang][document["reached"]].format(" ".join(document["addresses"]))


def summary_text(document: dict[str, Any], lang: str) -> str:
    """Return the summary for people."""
    lang = lang if lang in _LABELS else "es"
    words = _VALUES_ES if lang == "es" else {}
    document = document | {"reached": _reached_text(document, lang), "listen": document["listen"] or "-"}
    lines = [f"{label}: {document[name]}" for name, label in _LABELS[lang].items()]
    rows = [
        {
            **row,
            "kind": words.get(row["kind"], row["kind"]),
            "status": words.get(row["status"], row["status"]),
            "addresses": " ".join(row["addresses"]),
        }
        for row in document["entities"]
    ]
    lines += notice_lines(document["notices_waiting"], lang)
    lines.append(witnessing_text(document["witnesses"]).in_language(lang))
    lines += [line.in_language(lang) for line in locator_lines(document["locator"])]
    lines += refused_lines(document["refused_calls"], lang)
    lines += alarm_lines(document["evidence"], lang)
    return "\n".join(lines) + "\n\n" + table(_COLUMNS[lang], rows)
