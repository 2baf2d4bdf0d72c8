"""Erasure of a person's network pseudonyms and of the questions about them."""

from datetime import datetime

from sqlalchemy.orm import Session

from node.erasers import Eraser, PersonToErase
from node.locator.pseudonyms import forget_pseudonyms
from node.locator.question_log import LocatorLog


def locator_eraser() -> Eraser:
    """Return the eraser of a node's pseudonyms and questions at the private locator."""
    return Eraser(frozenset({"locator_pseudonyms", "locator_answers"}), _erase)


def _erase(session: Session, person: PersonToErase, _now: datetime) -> None:
    forget_pseudonyms(session, person.person_ref)
    LocatorLog(session).forget_person(person.person_ref)
