"""Consents for people and for programs. A person appears only by the node's random id."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from consent_ledger.consents.model import ConsentState, ConsentView
from node.consents.assurance.report import origin_document, origin_text
from node.consents.due import DueConsent, DueReason
from node.consents.in_force import ConsentInForce
from node.consents.in_force_report import in_force_document, in_force_message, in_force_remedy
from node.consents.latest_change import Change
from node.consents.terms import term_label
from policies.local_days import last_day
from presentation.formats import day, listed
from presentation.messages import _, speaking
from presentation.terminal import pairs, paragraph, table

_STATES: Final = {
    ConsentState.GIVEN: _("dado"),
    ConsentState.RENEWED: _("renovado"),
    ConsentState.REFUSED: _("denegado"),
    ConsentState.WITHDRAWN: _("retirado"),
    ConsentState.EXPIRED: _("caducado"),
    ConsentState.ENDED: _("terminado: la persona ha fallecido"),
}
_REASONS: Final = {
    DueReason.ENDS_SOON: _("caduca pronto"),
    DueReason.CAME_OF_AGE: _("la persona ya ha cumplido 14 años y decide por sí misma"),
    DueReason.NOTICE_REPLACED: _("la información que se le mostró ha cambiado"),
    DueReason.ORDER_UNPROVED: _("la persona dijo que no, y no consta si fue antes o después: pregúntele"),
}

_CHANGES: Final = {
    Change.RENEWED: _("renovado"),
    Change.NARROWED: _("reducido"),
    Change.RENEWED_AND_NARROWED: _("renovado y reducido"),
}
NO_CHANGES: Final[Mapping[str, Change]] = MappingProxyType({})
NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})


def consent_document(found: ConsentInForce) -> dict[str, Any]:
    """Return a consent for ``--json``."""
    view, record = found.view, found.view.record
    return {
        "consent_id": view.consent_id,
        "person_ref": view.person_ref,
        "state": view.state.value,
        "in_force": in_force_document(found),
        "purposes": list(record.purposes),
        "recipients": list(record.recipients),
        "fields": list(record.fields),
        "lawful_basis": record.lawful_basis,
        "valid_from": record.valid_from.isoformat(),
        "valid_until": record.valid_until.isoformat(),
        "last_day": last_day(record.valid_until).isoformat(),
        "acted_by": record.acted_by.value,
        "guardian_relation": record.guardian.relation if record.guardian else None,
        "evidence_sha256": record.evidence_sha256,
        "notice": record.notice.model_dump(mode="json"),
        "given_at": view.given_at.isoformat(),
        "changed_at": view.changed_at.isoformat(),
        "ledger_index": view.last_index,
        "origin": origin_document(record.origin) if record.origin else None,
    }


def consents_document(found: Sequence[ConsentInForce]) -> dict[str, Any]:
    """Return consents for ``--json``."""
    return {"consents": [consent_document(each) for each in found]}


def due_document(found: Sequence[DueConsent]) -> dict[str, Any]:
    """Return the consents to review with their persons for ``--json``."""
    due = [consent_document(each.found) | {"reasons": [reason.value for reason in each.reasons]} for each in found]
    return {"due": due}


def due_text(found: Sequence[DueConsent], *, names: Mapping[str, str] = NO_NAMES, lang: str = "es") -> str:
    """Return the table of consents to review with their persons."""
    say = speaking(lang)
    if not found:
        return say("Ningún consentimiento pendiente de renovar.")
    rows = [
        (
            due.view.consent_id,
            _labels(due.view.record.purposes, say.lang),
            _entities(due.view, names, say.lang),
            day(last_day(due.view.record.valid_until), say.lang),
            "; ".join(say(_REASONS[reason]) for reason in due.reasons),
        )
        for due in found
    ]
    head = (say("Consentimiento"), say("Finalidades"), say("Destinatarias"), say("Válido hasta"), say("Motivo"))
    return table(head, rows)


def due_reason_label(reason: str, lang: str = "es") -> str:
    """Return the label of a reason for reviewing a consent; one that this version does not know stands for itself."""
    known = {due.value: label for due, label in _REASONS.items()}
    return speaking(lang)(known[reason]) if reason in known else reason


def consent_text(
    found: ConsentInForce,
    *,
    changes: Mapping[str, Change] = NO_CHANGES,
    names: Mapping[str, str] = NO_NAMES,
    lang: str = "es",
) -> str:
    """Return one consent for a professional.

    Args:
        found: the consent.
        changes: consent id -> the change of a renewed one.
        names: entity id -> name; an entity that is not in it is shown by its id.
        lang: of the reader.
    """
    say, view = speaking(lang), found.view
    text = pairs(
        (
            (say("Consentimiento"), view.consent_id),
            (say("Estado"), say(_state(view, changes))),
            (say("En vigor"), say(in_force_message(found, names))),
            (say("Finalidades"), _labels(view.record.purposes, say.lang)),
            (say("Destinatarias"), _entities(view, names, say.lang)),
            (say("Válido hasta"), day(last_day(view.record.valid_until), say.lang)),
            (say("Datos"), _labels(view.record.fields, say.lang)),
            *_given_elsewhere(view, names, say.lang),
        )
    )
    remedy = in_force_remedy(found, say)
    return f"{text}\n{paragraph(remedy)}" if remedy else text


def consents_text(
    found: Sequence[ConsentInForce],
    *,
    changes: Mapping[str, Change] = NO_CHANGES,
    names: Mapping[str, str] = NO_NAMES,
    lang: str = "es",
) -> str:
    """Return the table of consents for a professional."""
    say = speaking(lang)
    if not found:
        return say("Sin consentimientos.")
    rows = [
        (
            each.view.consent_id,
            say(_state(each.view, changes)),
            say(in_force_message(each, names)),
            _labels(each.view.record.purposes, say.lang),
            _entities(each.view, names, say.lang),
            day(last_day(each.view.record.valid_until), say.lang),
            len(each.view.record.fields),
            next((text for _name, text in _given_elsewhere(each.view, names, say.lang)), ""),
        )
        for each in found
    ]
    head = (
        say("Consentimiento"),
        say("Estado"),
        say("En vigor"),
        say("Finalidades"),
        say("Destinatarias"),
        say("Válido hasta"),
        say("Datos"),
        say("Dado en"),
    )
    return table(head, rows)


def _state(view: ConsentView, changes: Mapping[str, Change]) -> str:
    change = changes.get(view.consent_id)
    return _CHANGES[change] if change is not None and view.state is ConsentState.RENEWED else _STATES[view.state]


def _given_elsewhere(view: ConsentView, names: Mapping[str, str], lang: str) -> tuple[tuple[str, str], ...]:
    """Return the line about the origin and assurance of a consent; none for one that was given here."""
    origin = view.record.origin
    return () if origin is None else ((speaking(lang)("Dado en"), origin_text(origin, names, lang)),)


def _labels(terms: Iterable[str], lang: str) -> str:
    return ", ".join(term_label(term, lang) for term in terms)


def _entities(view: ConsentView, names: Mapping[str, str], lang: str) -> str:
    return listed([names.get(entity, entity) for entity in view.record.recipients], lang)
