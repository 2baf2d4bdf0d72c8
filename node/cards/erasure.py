"""Erasure of a person's cards."""

from datetime import datetime

from sqlalchemy.orm import Session

from node.cards.store import card_store
from node.context import NodeContext
from node.erasers import Eraser, PersonToErase


def cards_eraser(context: NodeContext) -> Eraser:
    """Return the eraser of cards; in backups their keys are lost with the person's key."""

    def erase(session: Session, person: PersonToErase, now: datetime) -> None:
        del now
        card_store(context, session).forget(person.person_ref)

    return Eraser(frozenset({"person_cards", "person_card_codes", "person_card_tries"}), erase)
