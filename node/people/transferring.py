"""Changes the status of a person's case in their record, as when it passes to another entity.

Only this value gets a new date of recording.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, update

from node.people.model import Value
from node.people.saving import encoded, lock_people
from node.people.store import PersonStore
from node.people.stored_rows import StoredValue, identity_digest, person_digest, values_digest
from node.people.tables import PEOPLE, VALUES
from node.people.verified_rows import VerifiedRows
from node.seals.scopes import PersonPart, Scope
from node.seals.seals import Seal, seals_in

CASE_STATUS: Final = "case.status"
"""Not a sealed field: it is stored as readable text."""


def mark_case(people: PersonStore, person_id: str, status: Value, now: datetime) -> bool:
    """Record a new status of a person's case, and tell whether the person is still held here.

    Args:
        people: the store in the caller's transaction.
        person_id: the node's id of the person.
        status: code of the list ``case_status``.
        now: time of recording, UTC.

    Raises:
        RecordsTampered: the record is not the one that this node wrote last.
    """
    session, cipher = people.session, people.cipher
    lock_people(session.connection())
    seals = seals_in(session, cipher)
    verified = VerifiedRows(session, seals)
    person, seal = verified.person(person_id), seals.seal(Scope.PERSON, person_id)
    if person is None or seal is None or person.erased_at is not None:
        return False
    kept = [row for row in verified.values(person_id) if row.field_id != CASE_STATUS]
    version = seal.version + 1
    marked = StoredValue(person_id, CASE_STATUS, version, encoded(status), None, now)
    session.execute(delete(VALUES).where(VALUES.c.person_id == person_id, VALUES.c.field_id == CASE_STATUS))
    session.execute(insert(VALUES).values(**marked._asdict()))
    session.execute(update(PEOPLE).where(PEOPLE.c.person_id == person_id).values(updated_at=now))
    digests = list(seal.digests)
    digests[PersonPart.ROW] = person_digest(cipher, person._replace(updated_at=now))
    digests[PersonPart.IDENTITY] = identity_digest(cipher, kept)
    digests[PersonPart.VALUES] = values_digest(cipher, [*kept, marked])
    seals.note(Scope.PERSON, person_id, Seal(version, tuple(digests)))
    seals.flush()
    return True
