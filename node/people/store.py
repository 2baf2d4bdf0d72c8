"""The database of people and their social records, inside the caller's transaction."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from pydantic_core import from_json
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from node.cipher import PersonCipher, RecordCipher
from node.context import NodeContext
from node.people.before import BeforeKeeper
from node.people.documents import Document, stored_document
from node.people.errors import PersonUnknown
from node.people.import_journal import added_by
from node.people.model import (
    LOCAL_FIELDS,
    NAME,
    NATIONAL_ID,
    BenefitSpell,
    FieldValue,
    Identity,
    Intervention,
    PersonRecord,
    PersonRef,
    SaveCounts,
    Value,
)
from node.people.saving import RecordWriter, chunks, delete_details, document_index, lock_people
from node.people.standing import StandingStore
from node.people.statements import STAMP
from node.people.stored_rows import (
    PERSON_COLUMNS,
    StoredHousehold,
    StoredPerson,
    StoredValue,
    nothing_left,
    opened_text,
    person_cipher,
)
from node.people.summary_input import HouseholdFacts, SummaryInput
from node.people.tables import HOUSEHOLDS, PEOPLE
from node.people.verified_rows import VerifiedRows
from node.people.whole_records import IDENTITY_FIELDS, identity_of, whole_record
from node.seals.scopes import Scope
from node.seals.seals import seals_in
from presentation.messages import _
from service.sql_driver import connection_of

_READ_BATCH: Final = 300


def people_store(context: NodeContext, session: Session) -> "PersonStore":
    """Return the store of people and their social records, working inside `session`."""
    return PersonStore(session, context.keys.cipher)


class PersonStore:
    """Stores and reads people and their records inside the given session; nothing is cached."""

    def __init__(self, session: Session, cipher: RecordCipher) -> None:
        self._session = session
        self._cipher = cipher
        self._seals = seals_in(session, cipher)
        self._rows = VerifiedRows(session, self._seals)
        self.standing = StandingStore(session, cipher)

    @property
    def cipher(self) -> RecordCipher:
        """The cipher of the node."""
        return self._cipher

    @property
    def session(self) -> Session:
        """The caller's unit of work, for reading what other rooms keep of the same people."""
        return self._session

    # ---- writing

    def save(
        self,
        records: Iterable[PersonRecord],
        now: datetime,
        *,
        progress: Callable[[int], None] | None = None,
        keeper: BeforeKeeper | None = None,
    ) -> SaveCounts:
        """Add new people and replace those whose record differs.

        Args:
            records: whole records; a document must not appear twice.
            now: the recording time of records that give none (aware, UTC).
            progress: called with the number of records done after each batch.
            keeper: keeps the state before.
        """
        added = replaced = unchanged = 0
        for counts in RecordWriter(self._session, self._cipher, now, keeper).save(records):
            added, replaced = added + counts.added, replaced + counts.replaced
            unchanged += counts.unchanged
            if progress:
                progress(added + replaced + unchanged)
        return SaveCounts(added, replaced, unchanged)

    def add(self, record: PersonRecord, now: datetime) -> PersonRef:
        """Add one person, or replace their record, and return them."""
        self.save([record], now)
        found = self.find_by_document(record.document)
        if found is None:
            raise RuntimeError("a record just saved cannot be found")
        return found

    def former_documents(self, person_id: str) -> tuple[Document, ...]:
        """Return the documents by which a person was known before, the newest first."""
        return self.standing.former_documents(person_id, lambda: self.cipher_of(person_id))

    def erase(self, person_id: str, now: datetime) -> None:
        """Destroy the person's key and everything recorded of them; only the random id and the date remain.

        Raises:
            PersonUnknown: not held, or erased before.
        """
        lock_people(self._session.connection())
        # Without a look at the seals: what others altered must be erased too.
        query = select(*PERSON_COLUMNS).where(PEOPLE.c.person_id == person_id, _held())
        found = self._session.execute(query).one_or_none()
        if found is None:
            raise _unknown()
        row = StoredPerson(*found)
        delete_details(self._session.connection(), [person_id])
        self.standing.forget(person_id)
        emptied = dict.fromkeys(("key_id", "wrapped_key", "document_index", "content_digest", "household_id"))
        changed: dict[str, Any] = emptied | {"erased_at": now, "updated_at": now}
        self._session.execute(update(PEOPLE).where(PEOPLE.c.person_id == person_id).values(**changed))
        digests = nothing_left(self._cipher, row._replace(**changed))
        self._seals.write(Scope.PERSON, person_id, digests, verified=False)
        others = select(func.count()).where(PEOPLE.c.household_id == row.household_id)
        if row.household_id is not None and not self._session.scalar(others):
            self._session.execute(delete(HOUSEHOLDS).where(HOUSEHOLDS.c.household_id == row.household_id))
            self._seals.write(Scope.HOUSEHOLD, row.household_id, None, verified=False)

    # ---- finding

    def count(self) -> int:
        """Return the number of people held."""
        return self._session.scalar(select(func.count()).select_from(PEOPLE).where(self._shown())) or 0

    def count_fictitious(self) -> int:
        """Return the number of invented people held."""
        return self._session.scalar(select(func.count()).where(self._shown(), PEOPLE.c.fictitious)) or 0

    def count_households(self) -> int:
        """Return the number of households held."""
        return self._session.scalar(select(func.count()).select_from(HOUSEHOLDS)) or 0

    def stamp(self) -> str:
        """Return a text that changes when a person is added, replaced or erased; an index compares it with its own."""
        if (pending := self._rows.pending()) is not None:
            return pending.stamp
        everybody, newest = STAMP.one(connection_of(self._session)) or (0, None)
        return f"{everybody}|{newest.isoformat() if newest else ''}"

    def find_by_document(self, document: Document) -> PersonRef | None:
        """Return the person with a document, present or former; None without one.

        Of a record that is merged into another, the other one is returned.
        """
        index = document_index(self._cipher, document)
        row = self._rows.by_document(index)
        if row is None and (owner := self.standing.owner_of(index)) is not None:
            row = self._rows.person(owner)
        if row is not None and (head := self.standing.of(row.person_id).merged_into) is not None:
            row = self._rows.person(head)
        return _ref(row) if row else None

    def record_under(self, index: bytes) -> str | None:
        """Return the record that has a document now, merged into another or not; None without one."""
        row = self._rows.by_document(index)
        return row.person_id if row else None

    def get_by_document(self, document: Document) -> PersonRef:
        """Return the person with a document.

        Raises:
            PersonUnknown: this entity holds nobody with it.
        """
        found = self.find_by_document(document)
        if found is None:
            raise PersonUnknown(
                _("esta entidad no tiene ninguna ficha con ese documento"),
                remedy=_("compruebe el documento, o importe la ficha de la persona"),
            )
        return found

    def person(self, person_id: str) -> PersonRef:
        """Return a person by the node's own id.

        Raises:
            PersonUnknown: not held, or erased.
        """
        return _ref(self._row(person_id))

    def documents(self) -> Iterator[tuple[str, Document]]:
        """Yield (person id, document) of everybody held, for linkage; ordered by person id."""
        for batch in chunks(self.person_ids(), _READ_BATCH):
            values = self._rows.values_of(batch, identity_only=True)
            for person in self._people(batch):
                number = next(row for row in values[person.person_id] if row.field_id == NATIONAL_ID)
                yield person.person_id, stored_document(str(_value(number, person_cipher(self._cipher, person))))

    def names(self, person_ids: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield (person id, name) of some people, for the index of names."""
        for batch in chunks(sorted(person_ids), _READ_BATCH):
            values = self._rows.values_of(batch, identity_only=True)
            for person in self._people(batch):
                name = next(row for row in values[person.person_id] if row.field_id == NAME)
                yield person.person_id, str(_value(name, person_cipher(self._cipher, person)))

    # ---- reading one person

    def cipher_of(self, person_id: str) -> PersonCipher:
        """Return the cipher of a person, for values that other rooms store of them.

        Raises:
            PersonUnknown: not held, or erased.
        """
        return person_cipher(self._cipher, self._row(person_id))

    def identity(self, person_id: str) -> Identity:
        """Return the identity of a person.

        Raises:
            PersonUnknown: not held, or erased.
        """
        return identity_of(self.fields(person_id, IDENTITY_FIELDS))

    def fields(self, person_id: str, field_ids: Iterable[str]) -> dict[str, FieldValue]:
        """Return the stored values of some fields; fields without a value are left out.

        Only what was recorded as such: derived fields are `node.care.summary`'s.

        Raises:
            PersonUnknown: not held, or erased.
        """
        cipher, wanted = person_cipher(self._cipher, self._row(person_id)), frozenset(field_ids)
        rows = (row for row in self._rows.values(person_id) if row.field_id in wanted)
        return {row.field_id: FieldValue(_value(row, cipher), row.moment) for row in rows}

    def summary_input(self, person_id: str, field_ids: Collection[str]) -> SummaryInput:
        """Return the inputs of the shared summary: the person's row, and some recorded values.

        Raises:
            PersonUnknown: not held, or erased.
        """
        person = self._row(person_id)
        values = {}
        cipher: PersonCipher | None = None  # unwrapped only when needed: most shared values are not sealed
        for row in self._rows.values(person_id):
            if row.field_id not in field_ids:
                continue
            if row.sealed is not None:
                cipher = cipher or person_cipher(self._cipher, person)
                values[row.field_id] = FieldValue(from_json(opened_text(row, cipher)), row.moment)
            else:
                values[row.field_id] = FieldValue(from_json(row.readable or ""), row.moment)
        return SummaryInput(person_id, person.recorded_at, values, person.household_id)

    def household_facts(self, household_id: str) -> HouseholdFacts | None:
        """Return the coded description of a household; None when there is none."""
        row = self._rows.household(household_id)
        return HouseholdFacts(row.kind, row.size, row.minors, row.dependants, row.recorded_at) if row else None

    def households_under(self, reference_indexes: Collection[bytes]) -> Sequence[StoredHousehold]:
        """Return the households under some blind indexes of the entity's own references."""
        return self._rows.households(HOUSEHOLDS.c.reference_index.in_(list(reference_indexes)))

    def benefit_spells(self, person_id: str) -> tuple[BenefitSpell, ...]:
        """Return the person's benefit spells in order of their first month."""
        return tuple(BenefitSpell(*row) for row in self._rows.spells(person_id))

    def interventions(self, person_id: str) -> tuple[Intervention, ...]:
        """Return the interventions with the person, oldest first."""
        return tuple(Intervention(*row) for row in self._rows.interventions(person_id))

    # ---- reading everybody

    def person_ids(self) -> list[str]:
        """Return the ids of everybody held, sorted."""
        return list(self._session.scalars(select(PEOPLE.c.person_id).where(self._shown()).order_by(PEOPLE.c.person_id)))

    def first_people(self, limit: int) -> list[PersonRef]:
        """Return up to `limit` people, the most recently changed first."""
        newest = PEOPLE.c.updated_at.desc()
        query = select(PEOPLE.c.person_id).where(self._shown()).order_by(newest, PEOPLE.c.person_id).limit(limit)
        ids = list(self._session.scalars(query))
        found = {row.person_id: row for row in self._people(ids)}
        return [_ref(found[person_id]) for person_id in ids]

    def records(
        self, person_ids: Sequence[str] | None = None, *, fields: Collection[str] | None = None
    ) -> Iterator[tuple[PersonRef, PersonRecord]]:
        """Yield the records of everybody or of some people, read in batches.

        Args:
            person_ids: the people to read; None for everybody.
            fields: the only catalogue fields to read and decrypt; all when None.
        """
        for batch in chunks(self.person_ids() if person_ids is None else person_ids, _READ_BATCH):
            people = self._people(batch)
            values = self._values(people, fields)
            spells = self._rows.spells_of(batch)
            done = self._rows.interventions_of(batch)
            households = self._rows.households_by_id({row.household_id for row in people if row.household_id})
            for row in people:
                histories = (
                    tuple(BenefitSpell(*each) for each in spells[row.person_id]),
                    tuple(Intervention(*each) for each in done[row.person_id]),
                )
                lives_in = households.get(row.household_id) if row.household_id else None
                yield _ref(row), whole_record(row, values[row.person_id], lives_in, histories)

    # ---- helpers

    def _row(self, person_id: str) -> StoredPerson:
        row = self._rows.person(person_id)
        if row is None or row.erased_at is not None:
            raise _unknown()
        return row

    def _shown(self) -> ColumnElement[bool]:
        pending = self._rows.pending()
        return _held() if pending is None else _held() & ~added_by(pending.import_id)

    def _people(self, ids: Sequence[str]) -> Sequence[StoredPerson]:
        return self._rows.people(PEOPLE.c.person_id.in_(ids) & _held())

    def _values(self, people: Sequence[StoredPerson], fields: Collection[str] | None) -> dict[str, dict[str, Value]]:
        wanted = None if fields is None else LOCAL_FIELDS.union(fields)
        stored = self._rows.values_of([row.person_id for row in people])
        found: dict[str, dict[str, Value]] = {}
        for person in people:
            cipher, rows = person_cipher(self._cipher, person), stored[person.person_id]
            found[person.person_id] = {
                row.field_id: _value(row, cipher) for row in rows if wanted is None or row.field_id in wanted
            }
        return found


def _unknown() -> PersonUnknown:
    return PersonUnknown(
        _("esta entidad no tiene ninguna ficha con ese identificador"), remedy=_("busque a la persona por su documento")
    )


def _held() -> ColumnElement[bool]:
    return PEOPLE.c.erased_at.is_(None)


def _ref(row: StoredPerson) -> PersonRef:
    return PersonRef(row.person_id, row.fictitious, row.recorded_at, row.created_at, row.updated_at)


def _value(row: StoredValue, cipher: PersonCipher) -> Value:
    value: Value = json.loads(opened_text(row, cipher))
    return value
