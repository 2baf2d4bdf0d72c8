"""Fields that protect a person: nobody takes their protection away by leaving a cell empty.

An objection to profiling (GDPR art. 21) stays until the person takes it back. An instruction on safe contact and a
measure against violence stay until a professional decides otherwise (Ley Orgánica 1/2004, art. 63; Ley Orgánica
8/2021).
"""

from typing import Final

PROTECTIVE_FIELDS: Final = frozenset(
    {"person.profiling_objection", "person.safe_contact", "protect.gender_violence", "protect.child_case"}
)


def is_lifted(before: object, after: object) -> bool:
    """Return whether a protective field's value goes away: from yes, or from a text, to no or to nothing."""
    return bool(before) and not after
