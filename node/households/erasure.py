"""Erasure of a person's places in households: the household stays without a trace of them."""

from datetime import datetime

from sqlalchemy.orm import Session

from node.context import NodeContext
from node.erasers import Eraser, PersonToErase
from node.households.store import member_store


def households_eraser(context: NodeContext) -> Eraser:
    """Return the eraser of places in households."""

    def erase(session: Session, person: PersonToErase, now: datetime) -> None:
        del now
        member_store(context, session).forget(person.person_ref)

    return Eraser(frozenset({"household_members"}), erase)
