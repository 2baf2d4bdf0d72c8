"""Erasure of a person's case: its team, the times it was opened, and the actions."""

from node.care.store import case_store
from node.context import NodeContext
from node.erasers import Eraser


def case_eraser(context: NodeContext) -> Eraser:
    """Return the eraser of cases."""
    return Eraser(
        frozenset({"case_team", "case_openings", "case_actions"}),
        lambda session, person, _now: case_store(context, session).forget_person(person.person_ref),
    )
