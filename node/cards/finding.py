"""A check of ``doctor`` and a line of ``status``: the wrong codes that other entities sent."""

from datetime import timedelta
from typing import Any, Final

from node.cards.store import card_store
from node.cards.verifier import WRONG_TRIES
from node.context import NodeContext
from policies.card_ends import CardEnd
from policies.errors import RedpactError
from presentation.messages import _, plural
from service.findings import Finding, Level

_LOOK_BACK: Final = timedelta(days=7)


def cards_state(context: NodeContext) -> dict[str, Any]:
    """Return the wrong codes of the last week by their senders, and the serials of cards that guesses blocked in it."""
    since = context.clock.now() - _LOOK_BACK
    with context.snapshot() as session:
        store = card_store(context, session)
        guessed = store.ended_since(CardEnd.GUESSED, since)
        return {"wrong_codes": store.tries_by_origin(since), "blocked_by_guesses": list(guessed)}


def cards_lines(state: dict[str, Any]) -> list[str]:
    """Return the alarms for people; none when no entity guesses."""
    guessers = [name for name, tries in state["wrong_codes"].items() if tries >= WRONG_TRIES]
    lines: list[str] = [_("⚠ {entity} prueba códigos de tarjetas que no son", entity=name) for name in guessers]
    blocked = len(state["blocked_by_guesses"])
    if blocked:
        lines.append(
            plural(
                "⚠ {n} tarjeta bloqueada porque alguien probó códigos: dé otra a la persona",
                "⚠ {n} tarjetas bloqueadas porque alguien probó códigos: dé otras a las personas",
                blocked,
            )
        )
    return lines


def check_cards(context: NodeContext) -> Finding:
    """Check that no entity guesses the codes of cards."""
    try:
        state = cards_state(context)
    except RedpactError as error:
        return Finding.of_error("cards", error)
    lines = cards_lines(state)
    if not lines:
        return Finding("cards", Level.OK, _("Nadie prueba códigos de tarjetas"))
    remedy = _("avise a la persona delegada de protección de datos y consulte: inbox list")
    return Finding("cards", Level.WARNING, lines[0], remedy, "; ".join(str(line) for line in lines[1:]))
