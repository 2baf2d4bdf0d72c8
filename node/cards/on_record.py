"""The ledger's entries about cards: written in the transaction of what they tell."""

from datetime import datetime
from typing import TYPE_CHECKING

from consent_ledger.log.card_bodies import CardBlockedBody, CardIssuedBody
from consent_ledger.log.entry import EntryType, NewEntry
from node.cards.store import card_store
from node.ledger.own import own_ledger
from policies.card_ends import CardEnd

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from node.cards.model import Card
    from node.context import NodeContext


def note_issued(context: "NodeContext", session: "Session", card: "Card", professional: str) -> None:
    """Append the entry about a new card."""
    body = CardIssuedBody(
        person_ref=card.person_ref,
        card=card.serial,
        codes=len(card.codes),
        expires_at=card.expires_at,
        professional=professional or None,
    )
    own_ledger(context, session).append([NewEntry(EntryType.CARD_ISSUED, body)], card.issued_at)


def end_card(
    context: "NodeContext",
    session: "Session",
    card: "Card",
    end: CardEnd,
    *,
    now: datetime,
    professional: str = "",
) -> bool:
    """Block a card and append the entry about it; return False when it was blocked before."""
    if not card_store(context, session).end(card.serial, end, now):
        return False
    body = CardBlockedBody(
        person_ref=card.person_ref, card=card.serial, reason=end.value, professional=professional or None
    )
    own_ledger(context, session).append([NewEntry(EntryType.CARD_BLOCKED, body)], now)
    return True
