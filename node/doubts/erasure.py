"""Erasure of the doubts about a person."""

from node.context import NodeContext
from node.doubts.store import doubt_store
from node.erasers import Eraser


def doubts_eraser(context: NodeContext) -> Eraser:
    """Return the eraser of doubts."""
    return Eraser(
        frozenset({"identity_doubts"}),
        lambda session, person, _now: doubt_store(context, session).forget_person(person.person_ref),
    )
