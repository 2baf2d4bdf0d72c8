"""The status of a consent in the network, for people and for programs."""

from collections.abc import Mapping
from typing import Any, Final

from node.consents.latest_change import Change
from node.consents.report import NO_CHANGES, NO_NAMES, consent_document, consent_text
from node.consents.status import ConsentStatus, NotificationStatus
from policies.errors import EXIT_CODES, ErrorKind, code_sentence
from presentation.formats import listed, moment
from presentation.messages import Translator, _, speaking
from presentation.terminal import pairs, paragraph, table
from records_exchange.mailboxes import NotificationState
from records_exchange.travel import CONSENT_COPY, CONSENT_WITHDRAWN

_SUBJECTS: Final = {CONSENT_COPY: _("el consentimiento"), CONSENT_WITHDRAWN: _("la retirada")}
_STATES: Final = {
    NotificationState.WAITING: _("sin contestar"),
    NotificationState.ACKNOWLEDGED: _("acuse firmado"),
    NotificationState.REFUSED: _("rechazado"),
    NotificationState.LAPSED: _("no contestó en plazo"),
}


def exit_code(status: ConsentStatus) -> int:
    """Return 0 when every notification was answered, 3 when an entity is still to be reached."""
    return EXIT_CODES[ErrorKind.UNREACHABLE] if any(each.outstanding for each in status.notifications) else 0


def status_text(
    status: ConsentStatus,
    *,
    changes: Mapping[str, Change] = NO_CHANGES,
    names: Mapping[str, str] = NO_NAMES,
    lang: str = "es",
) -> str:
    """Return the status of a consent for a professional.

    Args:
        status: of the consent.
        changes: consent id -> its change, where it is a renewed one.
        names: entity id -> name; an entity that is not in it is shown by its id.
        lang: of the reader.
    """
    say = speaking(lang)

    def named(entities: tuple[str, ...]) -> str:
        return listed([names.get(entity, entity) for entity in entities], say.lang)

    found = status.found
    lines = [consent_text(found, changes=changes, names=names, lang=lang)] if found else [status.consent_id]
    facts = (
        (say("Dado en"), named((status.origin,) if status.origin else ())),
        (say("Recibido de"), named(status.received_from)),
        (say("Han recibido datos"), named(status.released_to)),
    )
    if told := [(name, value) for name, value in facts if value]:
        lines.append(pairs(told))
    if not status.notifications:
        return "\n".join([*lines, say("No hay que avisar a ninguna otra entidad.")])
    lines += ["", _table(status.notifications, names, say), ""]
    if status.outstanding:
        text = say("! Pendientes de contestar a la retirada: {entities}.", entities=named(status.outstanding))
        lines.append(paragraph(text))
    elif exit_code(status) == 0:
        lines.append(say("✓ Todas las entidades avisadas han contestado."))
    return "\n".join(lines)


def withdrawn_document(status: ConsentStatus) -> dict[str, Any]:
    """Return the consent after a withdrawal, where it is held here, with the notifications, for ``--json``."""
    held = consent_document(status.found) if status.found else {}
    return {**held, **status.document()}


def withdrawn_text(status: ConsentStatus, *, names: Mapping[str, str] = NO_NAMES, lang: str = "es") -> str:
    """Return the text for a professional who has recorded a withdrawal."""
    say = speaking(lang)
    lines = [paragraph(say("✓ Consentimiento retirado. Desde ahora no se comparte nada con él en esta entidad."))]
    if status.notifications:
        command = f"redpact-node consent status {status.consent_id}"
        lines.append(
            paragraph(
                say("Las demás entidades se avisan solas. Vea cuál falta con: {command}", command=command), indent=2
            )
        )
    return "\n".join([*lines, "", status_text(status, names=names, lang=lang)])


def _table(notifications: tuple[NotificationStatus, ...], names: Mapping[str, str], say: Translator) -> str:
    head = (
        say("Entidad"),
        say("Se le comunica"),
        say("Situación"),
        say("Desde"),
        say("Intentos"),
        say("Último problema"),
    )
    rows = [
        (
            names.get(each.entity, each.entity),
            say(_SUBJECTS[each.what]),
            say(_STATES[each.state]),
            moment(each.since, say.lang),
            each.attempts,
            say(code_sentence(each.fault)) if each.fault else "",
        )
        for each in notifications
    ]
    return table(head, rows)
