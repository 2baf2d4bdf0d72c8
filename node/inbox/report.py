"""What waits for attention, for people and for programs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from node.consents.report import due_reason_label
from node.inbox.items import AttentionKind, Item
from policies.referrals import ReferralState, WordList, load_referral_words
from service.command_line import table

_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    AttentionKind.REFERRAL_RECEIVED: (
        "Derivación recibida: hay que contestar",
        "Referral received: it needs an answer",
    ),
    AttentionKind.REFERRAL_ANSWERED: ("Noticias de una derivación", "News of a referral"),
    AttentionKind.REFERRAL_REVOKED: ("Derivación anulada por quien la envió", "Referral revoked by its sender"),
    AttentionKind.REFERRAL_LAPSED: ("Derivación sin respuesta en plazo", "Referral not answered in time"),
    AttentionKind.NOTICE_REFUSED: ("La otra entidad no admite un aviso", "The other entity refuses a notice"),
    AttentionKind.NOTICE_UNANSWERED: ("Aviso sin acuse de recibo", "Notice not acknowledged"),
    AttentionKind.CONSENT_DUE: ("Consentimiento que revisar con la persona", "Consent to talk about with the person"),
}
_DETAILS: Final[Mapping[str, tuple[str, str]]] = {
    "person_known": ("la persona tiene ficha aquí", "the person is on record here"),
    "person_unknown": ("la persona no tiene ficha aquí", "the person is not on record here"),
    "referral.offer": ("derivación", "referral"),
    "referral.step": ("paso de una derivación", "step of a referral"),
    "unknown_term": ("palabras que su versión no conoce", "words that its version does not know"),
    "referral_conflict": ("código ya usado allí", "code in use there"),
    "referral_unknown": ("allí no consta", "not known there"),
    "step_not_allowed": ("paso no permitido", "step not allowed"),
    "step_conflict": ("contradice un paso anterior", "contradicts an earlier step"),
    "too_late": ("fuera de plazo", "out of time"),
}
_HEADS: Final = {
    "es": {
        "number": "N.º",
        "when": "Fecha (UTC)",
        "what": "Qué",
        "detail": "Detalle",
        "peer": "Entidad",
        "ref": "Código",
    },
    "en": {"number": "No.", "when": "Date (UTC)", "what": "What", "detail": "Detail", "peer": "Entity", "ref": "Code"},
}
_NOTHING: Final = {"es": "✓ Nada pendiente.", "en": "✓ Nothing waits."}
_DONE: Final = {"es": "✓ Atendido: {number}.", "en": "✓ Dealt with: {number}."}


def items_document(items: Sequence[Item]) -> dict[str, Any]:
    """Return items for ``--json``."""
    return {"items": [item_document(item) for item in items]}


def item_document(item: Item) -> dict[str, Any]:
    """Return an item for ``--json``."""
    return {
        "number": item.number,
        "kind": item.kind,
        "reference": item.reference,
        "peer": item.peer or None,
        "detail": item.detail or None,
        "created_at": item.created_at.isoformat(),
        "done_at": item.done_at.isoformat() if item.done_at else None,
    }


def items_text(items: Sequence[Item], *, lang: str = "es") -> str:
    """Return the table a professional reads."""
    language = "en" if lang == "en" else "es"
    if not items:
        return _NOTHING[language]
    rows = [
        {
            "number": item.number,
            "when": f"{item.created_at:%Y-%m-%d %H:%M}",
            "what": _label(_KINDS, item.kind, language),
            "detail": _detail(item, language),
            "peer": item.peer,
            "ref": item.reference[:8],
        }
        for item in items
    ]
    return table(_HEADS[language], rows)


def done_text(item: Item, *, lang: str = "es") -> str:
    """Return what a professional reads after dealing with an item."""
    return _DONE["en" if lang == "en" else "es"].format(number=item.number)


def _detail(item: Item, lang: str) -> str:
    if item.kind == AttentionKind.CONSENT_DUE:
        return due_reason_label(item.detail, lang)
    if item.detail in set(ReferralState):
        return load_referral_words().label(WordList.STATES, item.detail, lang)
    return _label(_DETAILS, item.detail, lang)


def _label(labels: Mapping[str, tuple[str, str]], code: str, lang: str) -> str:
    es, en = labels.get(code, (code, code))
    return en if lang == "en" else es
