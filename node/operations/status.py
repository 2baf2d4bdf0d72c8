"""The summary of a node for its administrator."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from consent_ledger.witnessing.fork_evidence import alarm_lines, evidence_summary
from node.anchors.state import anchors_state, state_line
from node.cards.finding import cards_lines, cards_state
from node.consents.assurance.alarm import origins_document, origins_lines
from node.consents.due import DEFAULT_NOTICE_DAYS, due_consents
from node.consents.in_force import InForce
from node.consents.propagation.origins import silence_lines, silent_origins
from node.consents.propagation.unknown_reports import alarming_reports, report_lines
from node.context import NodeContext
from node.identity.reach import Reachability, reachability
from node.ledger.own import own_ledger
from node.ledger.witnessing.state import witnessing_state, witnessing_text
from node.locator.key_holders_report import key_holders_line, key_holders_state
from node.locator.report import locator_lines, locator_state
from node.messages.state import notification_lines, unanswered
from node.people.store import people_store
from node.pseudonym_key.report import pseudonym_key_lines, pseudonym_key_state
from node.recoveries.state import recoveries_lines, recoveries_state
from node.seals.contacts import contacts_in
from node.training.anchors_in_sums import training_anchors_lines, training_anchors_state
from presentation.formats import moment, number
from presentation.messages import Translator, _, speaking
from presentation.terminal import pairs, paragraph, table
from service.refused_calls import refused_calls, refused_lines
from service.tls import CurrentCertificate
from trust.parties import EntityKind, EntityStatus, Party


def summary(context: NodeContext, certificate: CurrentCertificate) -> dict[str, Any]:
    """Return the state of the node, as JSON values.

    Raises:
        RedpactError: settings, keys, directory or database are unusable.
    """
    settings, directory, now = context.settings, context.directory.newest(), context.clock.now()
    with context.snapshot() as session:
        ledger_size = own_ledger(context, session).size()
        witnesses = witnessing_state(context, session).document()
        locating = _locating(context, session)
        received = origins_document(context, session, now)
        consents = InForce(context, session, now).list()
        due = due_consents(consents, people_store(context, session), now, days=DEFAULT_NOTICE_DAYS)
        silent = silent_origins(contacts_in(session, context.keys.cipher), consents)
    return {
        "entity": settings.entity,
        "network": settings.network,
        "listen": settings.listen,
        "addresses": list(settings.addresses),
        "reached": reachability(settings.addresses, relay=settings.relay).value,
        "coordinator_address": directory.coordinator_address if directory else settings.coordinator_address,
        "coordinator_key": settings.coordinator_key,
        "certificate_until": certificate.identity().not_after.isoformat(),
        "ledger_origin": settings.ledger_origin,
        "ledger_size": ledger_size,
        "witness_url": settings.public_witness_url,
        "witnesses": witnesses,
        **locating,
        "cards": cards_state(context),
        "evidence": evidence_summary(context.home),
        "refused_calls": refused_calls(context.home),
        "consents_due": len(due),
        "consents_received": received,
        "silent_origins": [each.document() for each in silent],
        "notices_waiting": unanswered(context),
        "anchors": anchors_state(context),
        "training_anchors": training_anchors_state(context),
        "recoveries": recoveries_state(context),
        "unknown_withdrawals": alarming_reports(context),
        "directory_serial": directory.serial if directory else None,
        "directory_expires": directory.expires.isoformat() if directory else None,
        "directory_fresh": directory is not None and now < directory.expires,
        "entities": [_entity(party) for party in (directory.entities if directory else ())],
    }


def _locating(context: NodeContext, session: Session) -> dict[str, Any]:
    return {
        "locator": locator_state(context, session),
        "key_holders": key_holders_state(context, session),
        "pseudonym_key": pseudonym_key_state(context, session),
    }


def _entity(party: Party) -> dict[str, Any]:
    return {
        "id": party.id,
        "name": party.name,
        "kind": party.kind.value,
        "status": party.status.value,
        "addresses": list(party.addresses),
    }


def summary_text(document: dict[str, Any], lang: str) -> str:
    """Return the summary for people."""
    say = speaking(lang)
    names = {each["id"]: each["name"] for each in document["entities"]}
    lines = [
        say(state_line(document["anchors"])),
        *training_anchors_lines(document["training_anchors"], say.lang),
        *recoveries_lines(document["recoveries"], say.lang),
        *notification_lines(document["notices_waiting"], names, say.lang),
        *origins_lines(document["consents_received"], say.lang),
        *report_lines(document["unknown_withdrawals"], say.lang),
        *silence_lines(document["silent_origins"], say.lang),
        say(witnessing_text(document["witnesses"])),
        *map(say, locator_lines(document["locator"])),
        *_key_holders(document["key_holders"], say),
        *map(say, pseudonym_key_lines(document["pseudonym_key"])),
        *map(say, cards_lines(document["cards"])),
        *refused_lines(document["refused_calls"], say.lang),
        *alarm_lines(document["evidence"], say.lang),
    ]
    notes = "\n".join(paragraph(line, hanging=2) for line in lines)
    return "\n".join([pairs(_facts(document, say)), notes]) + "\n\n" + _entities(document["entities"], say)


def _key_holders(state: dict[str, Any], say: Translator) -> list[str]:
    line = key_holders_line(state)
    return [say(line)] if line is not None else []


def _facts(document: dict[str, Any], say: Translator) -> list[tuple[str, object]]:
    expires = document["directory_expires"]
    return [
        (say("Entidad"), document["entity"]),
        (say("Red"), document["network"]),
        (say("Escucha en"), document["listen"] or "-"),
        (say("Se llega a este nodo"), _reached(document, say)),
        (say("Coordinador"), document["coordinator_address"]),
        (say("Certificado válido hasta"), moment(datetime.fromisoformat(document["certificate_until"]), say.lang)),
        (say("Anotaciones en el registro de consentimientos"), number(document["ledger_size"], say.lang)),
        (say("Consentimientos por renovar (consent list --due)"), number(document["consents_due"], say.lang)),
        (say("Directorio número"), document["directory_serial"] or "-"),
        (say("Directorio válido hasta"), moment(datetime.fromisoformat(expires), say.lang) if expires else "-"),
    ]


def _reached(document: dict[str, Any], say: Translator) -> str:
    match document["reached"]:
        case Reachability.DIRECT:
            return say("en {addresses}", addresses=" ".join(document["addresses"]))
        case Reachability.RELAY:
            return say("por el repetidor del coordinador, sin puerto abierto")
        case _:
            return say("de ninguna forma: ni publica una dirección ni usa el repetidor")


def _entities(entities: list[dict[str, Any]], say: Translator) -> str:
    columns = [say("Entidad"), say("Nombre"), say("Tipo"), say("Estado"), say("Direcciones")]
    rows = [
        (
            each["id"],
            each["name"],
            say(_WORDS.get(each["kind"], each["kind"])),
            say(_WORDS.get(each["status"], each["status"])),
            " ".join(each["addresses"]),
        )
        for each in entities
    ]
    return table(columns, rows)


_WORDS: Final[Mapping[str, str]] = {
    EntityStatus.ACTIVE: _("activa"),
    EntityStatus.SUSPENDED: _("suspendida"),
    EntityKind.PUBLIC: _("pública"),
    EntityKind.AGENT: _("agente"),
    EntityKind.COLLABORATOR: _("colaboradora"),
}
