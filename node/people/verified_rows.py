"""Reading of people's rows: every row that is returned is one that this node wrote last (`node.seals`)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from node.people import stored_rows as stored
from node.people.before import NOTHING_BEFORE, PersonBefore
from node.people.model import LOCAL_FIELDS
from node.people.pending import PendingImport, pending_view
from node.people.statements import BY_DOCUMENT, BY_ID, DONE_WITH, HOUSEHOLD, SPELLS_OF, VALUES_OF
from node.people.stored_rows import StoredHousehold, StoredPerson, StoredValue
from node.people.tables import HOUSEHOLDS, INTERVENTIONS, PEOPLE, SPELLS, VALUES
from node.seals.scopes import PersonPart, Scope
from node.seals.seals import Seal, Seals, require
from service.sql_driver import connection_of

_OWN: Final = VALUES.c.field_id.in_(sorted(LOCAL_FIELDS))


class VerifiedRows:
    """Reads rows of people inside one unit of work. Every method raises `RecordsTampered` for what does not fit."""

    def __init__(self, session: Session, seals: Seals) -> None:
        self._session = session
        self._seals = seals
        self._cipher = seals.cipher
        self._pending = pending_view(session, seals.cipher)

    # ---- one person

    def person(self, person_id: str) -> StoredPerson | None:
        """Return a person's row, also of one who was erased; None when there is none."""
        return self._seen(self._one(BY_ID.one, person_id))

    def by_document(self, index: bytes) -> StoredPerson | None:
        """Return the row of the person with a blind index of a document; None when there is none."""
        return self._seen(self._one(BY_DOCUMENT.one, index))

    def _seen(self, row: StoredPerson | None) -> StoredPerson | None:
        return next(iter(self._pending.people([row] if row else [])), None)

    def _before(self, ids: Collection[str]) -> Mapping[str, PersonBefore]:
        """Return the rows before an import under way, of those of some people that it touched."""
        if self._pending.pending() is None:
            return {}
        before = self._pending.before(self._stored_people(PEOPLE.c.person_id.in_(ids) & PEOPLE.c.erased_at.is_(None)))
        return {person_id: kept or NOTHING_BEFORE for person_id, kept in before.items()}

    def _one(self, run: Callable[..., tuple[Any, ...] | None], argument: object) -> StoredPerson | None:
        def read() -> StoredPerson | None:
            found = run(connection_of(self._session), argument)
            return None if found is None else self._verified_person(StoredPerson(*found))

        return self._seals.settled(read)

    def _verified_person(self, row: StoredPerson) -> StoredPerson:
        digests: dict[int, bytes] = {PersonPart.ROW: stored.person_digest(self._cipher, row)}
        self._seals.require(Scope.PERSON, row.person_id, digests)
        return row

    def values(self, person_id: str) -> list[StoredValue]:
        """Return the values of a person."""

        def read() -> list[StoredValue]:
            rows = [StoredValue(*row) for row in VALUES_OF.all(connection_of(self._session), person_id)]
            self._require_values(self._seals.seal(Scope.PERSON, person_id), person_id, rows, identity_only=False)
            return rows

        rows = self._seals.settled(read)
        before = self._before([person_id]).get(person_id)
        return rows if before is None else list(before.values)

    def spells(self, person_id: str) -> list[stored.Spell]:
        """Return the benefit spells of a person, in order."""

        def read() -> list[stored.Spell]:
            rows: list[Any] = SPELLS_OF.all(connection_of(self._session), person_id)
            self._require(person_id, PersonPart.SPELLS, stored.spells_digest(self._cipher, rows))
            return rows

        rows = self._seals.settled(read)
        before = self._before([person_id]).get(person_id)
        return rows if before is None else list(before.spells)

    def interventions(self, person_id: str) -> list[stored.Done]:
        """Return the interventions with a person, oldest first."""

        def read() -> list[stored.Done]:
            rows: list[Any] = DONE_WITH.all(connection_of(self._session), person_id)
            self._require(person_id, PersonPart.INTERVENTIONS, stored.interventions_digest(self._cipher, rows))
            return rows

        rows = self._seals.settled(read)
        before = self._before([person_id]).get(person_id)
        return rows if before is None else list(before.interventions)

    def household(self, household_id: str) -> StoredHousehold | None:
        """Return a household; None when there is none."""

        def read() -> StoredHousehold | None:
            found = HOUSEHOLD.one(connection_of(self._session), household_id)
            return None if found is None else self._verified_household(StoredHousehold(*found))

        row = self._seals.settled(read)
        return next(iter(self._pending.households([household_id], [row] if row else [])), None)

    # ---- many people

    def people(self, chosen: ColumnElement[bool]) -> list[StoredPerson]:
        """Return the rows of some people, sorted by their id."""
        return self._pending.people(self._stored_people(chosen))

    def _stored_people(self, chosen: ColumnElement[bool]) -> list[StoredPerson]:
        def read() -> list[StoredPerson]:
            query = select(*stored.PERSON_COLUMNS).where(chosen).order_by(PEOPLE.c.person_id)
            rows = [StoredPerson(*row) for row in self._session.execute(query)]
            seals = self._seals.seals(Scope.PERSON, [row.person_id for row in rows])
            for row in rows:
                digests: dict[int, bytes] = {PersonPart.ROW: stored.person_digest(self._cipher, row)}
                require(seals.get(row.person_id), Scope.PERSON, row.person_id, digests)
            return rows

        return self._seals.settled(read)

    def values_of(self, ids: Collection[str], *, identity_only: bool = False) -> dict[str, list[StoredValue]]:
        """Return the values of some people, of the node's own fields alone where they are enough."""

        def read() -> dict[str, list[StoredValue]]:
            query = select(*stored.VALUE_COLUMNS).where(VALUES.c.person_id.in_(ids))
            rows = self._by_person(query.where(_OWN) if identity_only else query, ids, lambda row: StoredValue(*row))
            seals = self._seals.seals(Scope.PERSON, ids)
            for person_id, found in rows.items():
                self._require_values(seals.get(person_id), person_id, found, identity_only=identity_only)
            return rows

        own, before = LOCAL_FIELDS, self._seals.settled(read)
        for person_id, kept in self._before(ids).items():
            before[person_id] = [row for row in kept.values if not identity_only or row.field_id in own]
        return before

    def spells_of(self, ids: Collection[str]) -> dict[str, list[stored.Spell]]:
        """Return the benefit spells of some people, in order."""
        columns = (SPELLS.c.person_id, *stored.SPELL_COLUMNS)
        query = select(*columns).order_by(SPELLS.c.person_id, SPELLS.c.position)
        where, part = SPELLS.c.person_id.in_(ids), PersonPart.SPELLS
        rows = self._histories(query.where(where), ids, part, stored.spells_digest)
        return rows | {person_id: list(kept.spells) for person_id, kept in self._before(ids).items()}

    def interventions_of(self, ids: Collection[str]) -> dict[str, list[stored.Done]]:
        """Return the interventions with some people, oldest first."""
        table, part = INTERVENTIONS, PersonPart.INTERVENTIONS
        query = select(table.c.person_id, *stored.INTERVENTION_COLUMNS).order_by(table.c.person_id, table.c.position)
        rows = self._histories(query.where(table.c.person_id.in_(ids)), ids, part, stored.interventions_digest)
        return rows | {person_id: list(kept.interventions) for person_id, kept in self._before(ids).items()}

    def households(self, chosen: ColumnElement[bool]) -> list[StoredHousehold]:
        """Return some households."""
        return self._pending.households(None, self._stored_households(chosen))

    def _stored_households(self, chosen: ColumnElement[bool]) -> list[StoredHousehold]:
        def read() -> list[StoredHousehold]:
            rows = [
                StoredHousehold(*row) for row in self._session.execute(select(*stored.HOUSEHOLD_COLUMNS).where(chosen))
            ]
            seals = self._seals.seals(Scope.HOUSEHOLD, [row.household_id for row in rows])
            for row in rows:
                digest = {0: stored.household_digest(self._cipher, row)}
                require(seals.get(row.household_id), Scope.HOUSEHOLD, row.household_id, digest)
            return rows

        return self._seals.settled(read)

    def households_by_id(self, ids: Collection[str]) -> dict[str, StoredHousehold]:
        """Return some households by their id."""
        rows = self._stored_households(HOUSEHOLDS.c.household_id.in_(ids))
        return {row.household_id: row for row in self._pending.households(ids, rows)}

    def pending(self) -> PendingImport | None:
        """Return the import under way whose people are not shown yet."""
        return self._pending.pending()

    # ---- helpers

    def _verified_household(self, row: StoredHousehold) -> StoredHousehold:
        digests = {0: stored.household_digest(self._cipher, row)}
        self._seals.require(Scope.HOUSEHOLD, row.household_id, digests)
        return row

    def _require(self, person_id: str, part: PersonPart, digest: bytes) -> None:
        self._seals.require(Scope.PERSON, person_id, {part: digest})

    def _require_values(
        self, seal: Seal | None, person_id: str, rows: Sequence[StoredValue], *, identity_only: bool
    ) -> None:
        digests: dict[int, bytes] = {PersonPart.IDENTITY: stored.identity_digest(self._cipher, rows)}
        if not identity_only:
            digests[PersonPart.VALUES] = stored.values_digest(self._cipher, rows)
        require(seal, Scope.PERSON, person_id, digests)

    def _histories(
        self, query: Select[Any], ids: Collection[str], part: PersonPart, digest: Callable[..., bytes]
    ) -> dict[str, list[Any]]:
        def read() -> dict[str, list[Any]]:
            rows = self._by_person(query, ids, lambda row: tuple(row[1:]))
            seals = self._seals.seals(Scope.PERSON, ids)
            for person_id, found in rows.items():
                require(seals.get(person_id), Scope.PERSON, person_id, {part: digest(self._cipher, found)})
            return rows

        return self._seals.settled(read)

    def _by_person(self, query: Select[Any], ids: Collection[str], of: Callable[[Any], Any]) -> dict[str, list[Any]]:
        rows: dict[str, list[Any]] = {person_id: [] for person_id in ids}
        for row in self._session.execute(query):
            rows[row[0]].append(of(row))
        return rows
