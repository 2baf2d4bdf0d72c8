"""Erasure of the cached copies of what other entities shared about a person."""

from datetime import datetime

from sqlalchemy.orm import Session

from node.erasers import Eraser, PersonToErase
from records_exchange.travel_store import SqlTravelStore


def cached_copies_eraser() -> Eraser:
    """Return the eraser of cached copies."""
    return Eraser(frozenset({"exchange_received"}), _erase)


def _erase(session: Session, person: PersonToErase, _now: datetime) -> None:
    SqlTravelStore(session).purge_person(person.person_ref)
