"""Erasure of a person's case: its team, the times it was opened, and the actions."""

from node.care.store import CaseStore
from node.erasers import Eraser


def case_eraser() -> Eraser:
    """Return the eraser of cases."""
    return Eraser(
        frozenset({"case_team", "case_openings", "case_actions"}),
        lambda session, person, _now: CaseStore(session).forget_person(person.person_ref),
    )
