"""Erasure of a person from the outbox: notifications about them name nobody, and keep no content that was signed."""

from datetime import datetime

from sqlalchemy.orm import Session

from node.erasers import Eraser, PersonToErase
from records_exchange.mailboxes import SqlMailbox


def outbox_eraser() -> Eraser:
    """Return the eraser of the outbox. Withdrawals that wait in it name nobody, and still go out."""
    return Eraser(frozenset({"exchange_outbox"}), _erase)


def _erase(session: Session, person: PersonToErase, _now: datetime) -> None:
    SqlMailbox(session).forget_person(person.person_ref)
