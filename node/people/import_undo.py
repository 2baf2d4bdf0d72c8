"""Taking an import back: what stands on it since, and the rows of people and households as they were before it.

Sealed values come back as the bytes that they were, under the person's same key; only the seal gets a new version, so
that a copy of the seal from before the import does not fit.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from node.cipher import RecordCipher
from node.people.before import PersonBefore
from node.people.import_journal import ImportJournal
from node.people.saving import delete_details, delete_empty_households, numbered
from node.people.stored_rows import (
    StoredHousehold,
    StoredPerson,
    household_digest,
    identity_digest,
    interventions_digest,
    person_cipher,
    person_digest,
    spells_digest,
    values_digest,
)
from node.people.tables import HOUSEHOLDS, INTERVENTIONS, PEOPLE, SPELLS, VALUES
from node.people.verified_rows import VerifiedRows
from node.seals.scopes import Scope
from node.seals.seals import Seal, seals_in

_CHUNK: Final = 400


@dataclass(slots=True)
class Restored:
    """The result of one step: people handled, records that came back, and the ids of people that the import added."""

    handled: int
    changed: int
    added: list[str]


class ImportUndo:
    """Takes one import back, inside the caller's transaction, which holds the lock on people."""

    def __init__(self, session: Session, cipher: RecordCipher, import_id: str) -> None:
        self._session = session
        self._cipher = cipher
        self._import_id = import_id
        self._journal = ImportJournal(session, cipher)
        self._seals = seals_in(session, cipher)
        self._rows = VerifiedRows(session, self._seals)

    # ---- what stands on it

    def changed_since(self) -> set[str]:
        """Return the ids of the people whose record or household has something newer on it.

        People erased since are not among them: they stay erased.

        Raises:
            RecordsUnreadable: what was kept of somebody is altered.
        """
        found = set[str]()
        for kept in self._journal.people(self._import_id):
            held = self._held(list(kept))
            seals = self._seals.seals(Scope.PERSON, list(held))
            found |= {person_id for person_id in held if seals[person_id].version != kept[person_id].version}
            for person_id in held.keys() - found:  # nothing is begun that could not be ended
                cipher = person_cipher(self._cipher, held[person_id])
                self._journal.before(self._import_id, kept[person_id], held[person_id], cipher)
        return found | self._living_in(self._changed_households())

    def _changed_households(self) -> set[str]:
        kept = self._journal.households(self._import_id)
        seals = self._seals.seals(Scope.HOUSEHOLD, list(kept))
        found = set[str]()
        for household_id, (version, before) in kept.items():
            seal = seals.get(household_id)
            if seal is not None and seal.version != version:
                found.add(household_id)
            elif seal is None and before is not None:
                found |= self._under_reference(before)
        return found

    def _under_reference(self, before: StoredHousehold) -> set[str]:
        """Return the household that has a deleted one's reference by now."""
        where = HOUSEHOLDS.c.reference_index == before.reference_index
        return set(self._session.scalars(select(HOUSEHOLDS.c.household_id).where(where)))

    def _living_in(self, households: Collection[str]) -> set[str]:
        found, ids = set[str](), sorted(households)
        for start in range(0, len(ids), _CHUNK):
            where = PEOPLE.c.household_id.in_(ids[start : start + _CHUNK])
            found |= set(self._session.scalars(select(PEOPLE.c.person_id).where(where)))
        return found

    # ---- taking it back

    def restore_some(self, now: datetime, most: int) -> Restored:
        """Write the rows of some people as they were; the people that the import added are left to the caller.

        Raises:
            RecordsTampered: a stored row is not what this node wrote last.
            RecordsUnreadable: what was kept is altered.
        """
        batch = self._journal.some(self._import_id, most)
        held = self._held([each.person_id for each in batch])
        seals = self._seals.seals(Scope.PERSON, list(held))
        done, came_back = Restored(len(batch), 0, []), list[PersonBefore]()
        for kept in batch:
            row = held.get(kept.person_id)
            if row is None:  # erased since
                continue
            before = self._journal.before(self._import_id, kept, row, person_cipher(self._cipher, row))
            if before is None:
                done.added.append(kept.person_id)
            else:
                came_back.append(before)
        self._write(came_back, seals, now)
        done.changed = len(came_back)
        self._journal.forget(self._import_id, [each.person_id for each in batch])
        return done

    def discard(self, person_id: str) -> None:
        """Delete every row of a person that nobody has seen: one of an import that was not finished."""
        delete_details(self._session.connection(), [person_id])
        self._session.execute(delete(PEOPLE).where(PEOPLE.c.person_id == person_id))
        self._seals.note(Scope.PERSON, person_id, None)

    def forget_empty_households(self) -> None:
        """Delete the households in which nobody lives any more."""
        for household_id in delete_empty_households(self._session.connection()):
            self._seals.note(Scope.HOUSEHOLD, household_id, None)
        self._seals.flush()

    def flush(self) -> None:
        """Write the seals of what was discarded."""
        self._seals.flush()

    def _held(self, ids: Sequence[str]) -> dict[str, StoredPerson]:
        rows = self._rows.people(PEOPLE.c.person_id.in_(ids) & PEOPLE.c.erased_at.is_(None))
        return {row.person_id: row for row in rows}

    def restore_households(self, ids: Collection[str]) -> None:
        """Write the rows of some households as they were; those that the import added go once nobody lives there."""
        kept = {
            household_id: before
            for household_id, (_version, before) in self._journal.households(self._import_id, ids).items()
            if before is not None
        }
        seals = self._seals.seals(Scope.HOUSEHOLD, list(kept))
        for household_id, before in kept.items():
            seal = seals.get(household_id)
            if seal is None:
                self._session.execute(insert(HOUSEHOLDS).values(**before._asdict()))
            else:
                where = HOUSEHOLDS.c.household_id == household_id
                self._session.execute(update(HOUSEHOLDS).where(where).values(**before._asdict()))
            digests = (household_digest(self._cipher, before),)
            self._seals.note(Scope.HOUSEHOLD, household_id, Seal(seal.version + 1 if seal else 1, digests))
        self._seals.flush()

    def _write(self, people: Sequence[PersonBefore], seals: dict[str, Seal], now: datetime) -> None:
        if not people:
            return
        delete_details(self._session.connection(), [each.row.person_id for each in people])
        for before in people:
            row = before.row._replace(updated_at=now)
            columns = row._asdict()
            person_id = columns.pop("person_id")
            self._session.execute(update(PEOPLE).where(PEOPLE.c.person_id == person_id).values(**columns))
            digests = (
                person_digest(self._cipher, row),
                identity_digest(self._cipher, before.values),
                values_digest(self._cipher, before.values),
                spells_digest(self._cipher, before.spells),
                interventions_digest(self._cipher, before.interventions),
            )
            self._seals.note(Scope.PERSON, person_id, Seal(seals[person_id].version + 1, digests))
        details = (
            (VALUES, [value._asdict() for each in people for value in each.values]),
            (SPELLS, [row for each in people for row in numbered(each.row.person_id, _SPELL, each.spells)]),
            (
                INTERVENTIONS,
                [row for each in people for row in numbered(each.row.person_id, _DONE, each.interventions)],
            ),
        )
        for table, rows in details:
            if rows:
                self._session.execute(insert(table), rows)
        self._seals.flush()


_SPELL: Final = ("benefit", "first_month", "last_month")
_DONE: Final = ("action", "started_on", "outcome")
