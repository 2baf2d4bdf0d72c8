"""Consents for people and for programs. A person appears only by the node's random id."""

from collections.abc import Sequence
from datetime import datetime
from io import StringIO
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from consent_ledger.consents import ConsentState, ConsentView
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
        "notice": record.notice.model_dump(mode="json"),
        "given_at": view.given_at.isoformat(),
        "changed_at": view.changed_at.isoformat(),
        "ledger_index": view.last_index,
    }


def consents_document(views: Sequence[ConsentView]) -> dict[str, Any]:
    """Return consents for ``--json``."""
    return {"consents": [consent_document(view) for view in views]}


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
    table = Table(box=box.SIMPLE_HEAD)
    for column in (head, state, purposes, recipients, until, fields):
        table.add_column(column, overflow="fold")
    vocabulary = load_vocabulary()
    for view in views:
        record = view.record
        labels = ", ".join(vocabulary.purpose(term).label(language) for term in record.purposes)
        names = ", ".join(record.recipients)
        shown = (view.consent_id, _state(view.state, language), labels, names)
        table.add_row(*shown, _day(record.valid_until), str(len(record.fields)))
    stream = StringIO()
    Console(file=stream, width=_WIDTH, color_system=None, markup=False, highlight=False).print(table)
    return stream.getvalue().rstrip()


def _state(state: ConsentState, lang: str) -> str:
    return state.value if lang == "en" else _STATES[state]


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
