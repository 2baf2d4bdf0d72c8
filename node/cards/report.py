"""The cards of an entity as JSON and as text for professionals. A code is in neither."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from node.cards.model import CEILING_NAMES, Card, CardState
from policies.card_ends import card_end_label
from presentation.formats import day
from presentation.messages import Message, _, in_language, speaking
from presentation.terminal import paragraph, table
from records_exchange.assurance.person_code import grouped

_STATES: Final[Mapping[CardState, Message]] = {
    CardState.ACTIVE: _("sirve"),
    CardState.BLOCKED: _("bloqueada"),
    CardState.EXPIRED: _("caducada"),
}


def card_document(card: Card, now: datetime) -> dict[str, Any]:
    """Return a card for ``--json``."""
    return {
        "serial": card.serial,
        "person_ref": card.person_ref,
        "state": card.state(now).value,
        "issued_at": card.issued_at.isoformat(),
        "expires_at": card.expires_at.isoformat(),
        "ended_at": card.ended_at.isoformat() if card.ended_at else None,
        "end": card.end.value if card.end else None,
        "codes": [
            {
                "number": code.number,
                "sensitivity": code.ceiling.sensitivity.value,
                "purposes": list(code.ceiling.purposes),
                "used_at": code.used_at.isoformat() if code.used_at else None,
                "used_by": code.used_by,
                "consent_id": code.consent_id,
            }
            for code in card.codes
        ],
    }


def cards_text(cards: Sequence[Card], now: datetime, lang: str) -> str:
    """Return the table of cards."""
    say = speaking(lang)
    if not cards:
        return say("Ninguna tarjeta.")
    heads = (say("Tarjeta"), say("Estado"), say("Dada el"), say("Sirve hasta"), say("Códigos"), say("Usados"))
    rows = [
        (
            grouped(card.serial),
            _state(card, now, lang),
            day(card.issued_at, lang),
            day(card.expires_at, lang),
            len(card.codes),
            len(card.used),
        )
        for card in cards
    ]
    return table(heads, rows)


def issued_text(card: Card, files: Sequence[str], lang: str) -> str:
    """Return the confirmation of a new card."""
    say = speaking(lang)
    kinds = dict.fromkeys((code.ceiling.purposes, code.ceiling.sensitivity) for code in card.codes)
    limits = [f"{', '.join(purposes)}: {in_language(CEILING_NAMES[level], lang)}" for purposes, level in kinds]
    lines = [
        say.plural(
            "✓ Tarjeta {serial} con {n} código, en {files}.",
            "✓ Tarjeta {serial} con {n} códigos, en {files}.",
            len(card.codes),
            serial=grouped(card.serial),
            files=" ".join(files),
        ),
        *limits,
        say("Imprímala, désela a la persona y borre el fichero: los códigos no se guardan en ningún otro sitio."),
    ]
    return "\n".join(paragraph(line, hanging=2) for line in lines)


def _state(card: Card, now: datetime, lang: str) -> str:
    state = in_language(_STATES[card.state(now)], lang)
    return f"{state} ({card_end_label(card.end, lang)})" if card.end else state
