"""Changes the status of a person's case in their record, as when it passes to another entity.

Only this value gets a new date of recording.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from node.people.saving import encoded, lock_people
from node.people.tables import PEOPLE, VALUES

CASE_STATUS: Final = "case.status"
"""Not a sealed field: it is stored as readable text."""


def mark_case(session: Session, person_id: str, status: str, now: datetime) -> bool:
    """Record a new status of a person's case, and tell whether the person is still held here.

    Args:
        session: the caller's transaction.
        person_id: the node's id of the person.
        status: code of the list ``case_status``.
        now: time of recording, UTC.
    """
    lock_people(session.connection())
    held = select(PEOPLE.c.person_id).where(PEOPLE.c.person_id == person_id, PEOPLE.c.erased_at.is_(None))
    if session.scalar(held) is None:
        return False
    value = {"readable": encoded(status), "sealed": None, "recorded_at": now}
    here = (VALUES.c.person_id == person_id, VALUES.c.field_id == CASE_STATUS)
    if session.execute(update(VALUES).where(*here).values(**value).returning(VALUES.c.person_id)).first() is None:
        session.execute(insert(VALUES).values(person_id=person_id, field_id=CASE_STATUS, **value))
    session.execute(update(PEOPLE).where(PEOPLE.c.person_id == person_id).values(updated_at=now))
    return True
