"""Erasure of a person's cards."""

from datetime import datetime

from sqlalchemy.orm import Session

from node.cards.store import CardStore
from node.erasers import Eraser, PersonToErase


def cards_eraser() -> Eraser:
    """Return the eraser of cards; in backups their keys are lost with the person's key."""

    def erase(session: Session, person: PersonToErase, now: datetime) -> None:
        del now
        CardStore(session).forget(person.person_ref)

    return Eraser(frozenset({"person_cards", "person_card_codes", "person_card_tries"}), erase)
