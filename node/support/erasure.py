"""Erasure of a person's support measures, with what they tell of the supporters."""

from datetime import datetime

from sqlalchemy.orm import Session

from node.context import NodeContext
from node.erasers import Eraser, PersonToErase
from node.support.store import support_store


def support_eraser(context: NodeContext) -> Eraser:
    """Return the eraser of support measures."""

    def erase(session: Session, person: PersonToErase, now: datetime) -> None:
        del now
        support_store(context, session).forget(person.person_ref)

    return Eraser(frozenset({"person_support"}), erase)
