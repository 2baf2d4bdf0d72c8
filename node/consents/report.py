"""Consents for people and for programs. A person appears only by the node's random id."""

from collections.abc import Sequence
from datetime import datetime
from io import StringIO
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from consent_ledger.consents.model import ConsentState, ConsentView
from node.consents.due import DueConsent, DueReason
from policies.catalogue import load_catalogue
from policies.vocabulary import load_vocabulary

_STATES: Final = {
    ConsentState.GIVEN: "dado",
    ConsentState.RENEWED: "renovado",
    ConsentState.REFUSED: "denegado",
    ConsentState.WITHDRAWN: "retirado",
    ConsentState.EXPIRED: "caducado",
}
_WORDS: Final = {
    "es": ("Consentimiento", "Estado", "Finalidades", "Destinatarias", "Válido hasta", "Datos", "Sin consentimientos."),
    "en": ("Consent", "State", "Purposes", "Recipients", "Valid until", "Fields", "No consents."),
}
_WIDTH: Final = 130
_WHY: Final = {"es": "Motivo", "en": "Why"}
_NOTHING_DUE: Final = {"es": "Ningún consentimiento pendiente de renovar.", "en": "No consent is due."}
_REASONS: Final = {
    "es": {
        DueReason.ENDS_SOON: "caduca pronto",
        DueReason.CAME_OF_AGE: "la persona ya ha cumplido 14 años y decide ella",
        DueReason.NOTICE_REPLACED: "la información que se le mostró ha cambiado",
    },
    "en": {
        DueReason.ENDS_SOON: "ends soon",
        DueReason.CAME_OF_AGE: "the person is 14 now and decides alone",
        DueReason.NOTICE_REPLACED: "the notice shown was replaced",
    },
}


def consent_document(view: ConsentView) -> dict[str, Any]:
    """Return a consent for ``--json``."""
    record = view.record
    return {
        "consent_id": view.consent_id,
        "person_ref": view.person_ref,
        "state": view.state.value,
        "purposes": list(record.purposes),
        "recipients": list(record.recipients),
        "fields": list(record.fields),
        "lawful_basis": record.lawful_basis,
        "valid_from": record.valid_from.isoformat(),
        "valid_until": record.valid_until.isoformat(),
        "acted_by": record.acted_by.value,
        "guardian_relation": record.guardian.relation if record.guardian else None,
        "evidence_sha256": record.evidence_sha256,
        "notice": record.notice.model_dump(mode="json"),
        "given_at": view.given_at.isoformat(),
        "changed_at": view.changed_at.isoformat(),
        "ledger_index": view.last_index,
    }


def consents_document(views: Sequence[ConsentView]) -> dict[str, Any]:
    """Return consents for ``--json``."""
    return {"consents": [consent_document(view) for view in views]}


def due_document(found: Sequence[DueConsent]) -> dict[str, Any]:
    """Return consents to talk about for ``--json``."""
    due = [consent_document(each.view) | {"reasons": [reason.value for reason in each.reasons]} for each in found]
    return {"due": due}


def due_text(found: Sequence[DueConsent], *, lang: str = "es") -> str:
    """Return the table of consents to talk about."""
    language = "en" if lang == "en" else "es"
    head, _, purposes, recipients, until, _, _ = _WORDS[language]
    if not found:
        return _NOTHING_DUE[language]
    vocabulary = load_vocabulary()
    rows = [
        (
            due.view.consent_id,
            ", ".join(vocabulary.purpose(term).label(language) for term in due.view.record.purposes),
            ", ".join(due.view.record.recipients),
            _day(due.view.record.valid_until),
            "; ".join(_REASONS[language][reason] for reason in due.reasons),
        )
        for due in found
    ]
    return _table((head, purposes, recipients, until, _WHY[language]), rows)


def due_reason_label(reason: str, lang: str = "es") -> str:
    """Return what people read for why a consent is due; one that this version does not know stands for itself."""
    known = {due.value: label for due, label in _REASONS["en" if lang == "en" else "es"].items()}
    return known.get(reason, reason)


def consent_text(view: ConsentView, *, lang: str = "es") -> str:
    """Return what a professional reads of one consent."""
    language = "en" if lang == "en" else "es"
    head, state, purposes, recipients, until, fields, _ = _WORDS[language]
    vocabulary, catalogue = load_vocabulary(), load_catalogue()
    lines = (
        (head, view.consent_id),
        (state, _state(view.state, language)),
        (purposes, ", ".join(vocabulary.purpose(term).label(language) for term in view.record.purposes)),
        (recipients, ", ".join(view.record.recipients)),
        (until, _day(view.record.valid_until)),
        (fields, ", ".join(catalogue.field(term).label(language) for term in view.record.fields)),
    )
    return "\n".join(f"{name}: {value}" for name, value in lines)


def consents_text(views: Sequence[ConsentView], *, lang: str = "es") -> str:
    """Return the table a professional reads."""
    language = "en" if lang == "en" else "es"
    head, state, purposes, recipients, until, fields, nothing = _WORDS[language]
    if not views:
        return nothing
    rows = [
        (
            view.consent_id,
            _state(view.state, language),
            ", ".join(load_vocabulary().purpose(term).label(language) for term in view.record.purposes),
            ", ".join(view.record.recipients),
            _day(view.record.valid_until),
            str(len(view.record.fields)),
        )
        for view in views
    ]
    return _table((head, state, purposes, recipients, until, fields), rows)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    stream = StringIO()
    Console(file=stream, width=_WIDTH, color_system=None, markup=False, highlight=False).print(table)
    return stream.getvalue().rstrip()


def _state(state: ConsentState, lang: str) -> str:
    return state.value if lang == "en" else _STATES[state]


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
