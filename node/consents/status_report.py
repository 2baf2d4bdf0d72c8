"""The status of a consent in the network, for people and for programs."""

from collections.abc import Mapping
from typing import Any, Final

from node.consents.assurance.verifiers import WAITS
from node.consents.latest_change import Change
from node.consents.report import NO_CHANGES, NO_NAMES, consent_document, consent_text
from node.consents.status import ConsentStatus, NotificationStatus
from node.messages.no_answer import NoAnswer, no_answer_label, no_answer_remedy
from policies.decline_reasons import decline_label
from policies.errors import EXIT_CODES, ErrorKind, code_sentence
from presentation.formats import listed, moment
from presentation.messages import Translator, _, speaking
from presentation.terminal import pairs, paragraph, table
from records_exchange.mailboxes import NotificationState
from records_exchange.travel import CONSENT_COPY
from records_exchange.withdrawal import CONSENT_ENDED, CONSENT_WITHDRAWN, END_KINDS, PART_LOST

_SUBJECTS: Final = {
    CONSENT_COPY: _("el consentimiento"),
    CONSENT_WITHDRAWN: _("la retirada"),
    CONSENT_ENDED: _("la retirada"),
    PART_LOST: _("que ya no participa"),
}
_STATES: Final = {
    NotificationState.ACKNOWLEDGED: _("acuse firmado"),
    NotificationState.REFUSED: _("rechazado, con su firma"),
}
_PROOFS: Final = {
    "declared": _("sin prueba"),
    "person_code": _("código de tarjeta"),
    "e_signature": _("firma electrónica"),
    WAITS: _("esperando confirmación"),
    "confirmed": _("confirmado"),
    "declined": _("no confirmado"),
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
        lines += [paragraph(line) for line in _outstanding(status, names, say)]
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
        say("Prueba"),
    )
    rows = [
        (
            names.get(each.entity, each.entity),
            say(_SUBJECTS[each.what]),
            _state(each, say),
            moment(each.since, say.lang),
            each.attempts,
            say(code_sentence(each.fault)) if each.fault else "",
            _proof(each, say),
        )
        for each in notifications
    ]
    return table(head, rows)


def _outstanding(status: ConsentStatus, names: Mapping[str, str], say: Translator) -> list[str]:
    """Return a line for each reason why entities have not answered a withdrawal, with the next step."""
    found: dict[NoAnswer, list[str]] = {}
    for each in status.notifications:
        if each.what in END_KINDS and each.outstanding and each.no_answer:
            found.setdefault(each.no_answer, []).append(names.get(each.entity, each.entity))
    return [
        say(
            "! Retirada sin acuse de {entities}: {why}; {next_step}.",
            entities=listed(list(dict.fromkeys(entities)), say.lang),
            why=no_answer_label(reason),
            next_step=no_answer_remedy(reason),
        )
        for reason, entities in found.items()
    ]


def _state(notification: NotificationStatus, say: Translator) -> str:
    if notification.no_answer is None:
        return say(_STATES[notification.state])
    why = say(no_answer_label(notification.no_answer))
    if notification.state is NotificationState.LAPSED:
        return say("{why}; se le volverá a enviar más tarde", why=why)
    return why


def _proof(notification: NotificationStatus, say: Translator) -> str:
    if notification.reason:
        return say("no confirmado: {reason}", reason=decline_label(notification.reason, say.lang))
    return say(_PROOFS.get(notification.proof, notification.proof))
