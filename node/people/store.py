"""The database of people and their social records, inside the caller's transaction."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Row, delete, func, select, update
from sqlalchemy.orm import Session

from node.cipher import PersonCipher, RecordCipher, WrappedKey
from node.context import NodeContext
from node.people.documents import Document, stored_document
from node.people.errors import PersonUnknown
from node.people.model import (
    BIRTH_DATE,
    HOUSEHOLD_REFERENCE,
    LOCAL_FIELDS,
    NAME,
    NATIONAL_ID,
    BenefitSpell,
    FieldValue,
    Household,
    Identity,
    Intervention,
    PersonRecord,
    PersonRef,
    SaveCounts,
    Value,
)
from node.people.saving import (
    RecordWriter,
    chunks,
    delete_details,
    document_index,
    lock_people,
    opened_text,
    person_cipher,
    value_cell,
)
from node.people.statements import BY_DOCUMENT, DONE_WITH, KEY_OF, SPELLS_OF, STAMP, SUMMARY_INPUT, VALUES_OF
from node.people.tables import HOUSEHOLDS, INTERVENTIONS, PEOPLE, SPELLS, VALUES
from presentation.messages import _
from service.sql_driver import connection_of

_READ_BATCH: Final = 300


@dataclass(frozen=True, slots=True)
class HouseholdFacts:
    """The coded description of a household and the time of its recording."""

    kind: str | None
    size: int | None
    minors: int | None
    dependants: int | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class SummaryInput:
    """Inputs of the shared summary: a person, some recorded values, and the household."""

    person_id: str
    recorded_at: datetime
    values: Mapping[str, FieldValue]
    household: HouseholdFacts | None


def people_store(context: NodeContext, session: Session) -> "PersonStore":
    """Return the store of people and their social records, working inside `session`."""
    return PersonStore(session, context.keys.cipher)


class PersonStore:
    """Stores and reads people and their records inside the given session; nothing is cached."""

    def __init__(self, session: Session, cipher: RecordCipher) -> None:
        self._session = session
        self._cipher = cipher

    @property
    def cipher(self) -> RecordCipher:
        """The cipher of people's data at rest."""
        return self._cipher

    @property
    def session(self) -> Session:
        """The caller's unit of work, for reading what other rooms keep of the same people."""
        return self._session

    # ---- writing

    def save(
        self, records: Iterable[PersonRecord], now: datetime, *, progress: Callable[[int], None] | None = None
    ) -> SaveCounts:
        """Add new people and replace those whose record differs.

        Args:
            records: whole records; a document must not appear twice.
            now: the recording time of records that give none (aware, UTC).
            progress: called with the number of records done after each batch.
        """
        added = replaced = unchanged = 0
        for counts in RecordWriter(self._session, self._cipher, now).save(records):
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

    def erase(self, person_id: str, now: datetime) -> None:
        """Destroy the person's key and everything recorded of them; only the random id and the date remain.

        Raises:
            PersonUnknown: not held, or erased before.
        """
        lock_people(self._session.connection())
        household_id = self._row(person_id).household_id
        delete_details(self._session.connection(), [person_id])
        emptied = dict.fromkeys(("key_id", "wrapped_key", "document_index", "content_digest", "household_id"))
        statement = update(PEOPLE).where(PEOPLE.c.person_id == person_id)
        self._session.execute(statement.values(**emptied, erased_at=now, updated_at=now))
        others = select(func.count()).where(PEOPLE.c.household_id == household_id)
        if household_id is not None and not self._session.scalar(others):
            self._session.execute(delete(HOUSEHOLDS).where(HOUSEHOLDS.c.household_id == household_id))

    # ---- finding

    def count(self) -> int:
        """Return the number of people held."""
        return self._session.scalar(select(func.count()).select_from(PEOPLE).where(_held())) or 0

    def count_fictitious(self) -> int:
        """Return the number of invented people held."""
        return self._session.scalar(select(func.count()).where(_held(), PEOPLE.c.fictitious)) or 0

    def count_households(self) -> int:
        """Return the number of households held."""
        return self._session.scalar(select(func.count()).select_from(HOUSEHOLDS)) or 0

    def stamp(self) -> str:
        """Return a text that changes when a person is added, replaced or erased; an index compares it with its own."""
        everybody, newest = STAMP.one(connection_of(self._session)) or (0, None)
        return f"{everybody}|{newest.isoformat() if newest else ''}"

    def find_by_document(self, document: Document) -> PersonRef | None:
        """Return the person with a document, or None."""
        row = BY_DOCUMENT.one(connection_of(self._session), document_index(self._cipher, document))
        return PersonRef(*row) if row else None

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
            people = {row.person_id: row for row in self._people(batch)}
            statement = select(VALUES).where(VALUES.c.person_id.in_(batch), VALUES.c.field_id == NATIONAL_ID)
            for row in self._session.execute(statement.order_by(VALUES.c.person_id)):
                cipher = person_cipher(self._cipher, people[row.person_id])
                yield row.person_id, stored_document(str(_value(row, cipher)))

    # ---- reading one person

    def cipher_of(self, person_id: str) -> PersonCipher:
        """Return the cipher of a person, for values that other rooms store of them.

        Raises:
            PersonUnknown: not held, or erased.
        """
        found = KEY_OF.one(connection_of(self._session), person_id)
        if found is None:
            raise _unknown()
        return self._cipher.person(person_id, WrappedKey(*found))

    def identity(self, person_id: str) -> Identity:
        """Return the identity of a person.

        Raises:
            PersonUnknown: not held, or erased.
        """
        values = self.fields(person_id, [NATIONAL_ID, NAME, BIRTH_DATE])
        return Identity(
            document=stored_document(str(values[NATIONAL_ID].value)),
            name=str(values[NAME].value),
            birth_date=date.fromisoformat(str(values[BIRTH_DATE].value)),
        )

    def fields(self, person_id: str, field_ids: Iterable[str]) -> dict[str, FieldValue]:
        """Return the stored values of some fields; fields without a value are left out.

        Only what was recorded as such: derived fields are `node.care.summary`'s.

        Raises:
            PersonUnknown: not held, or erased.
        """
        cipher = person_cipher(self._cipher, self._row(person_id))
        statement = select(VALUES).where(VALUES.c.person_id == person_id, VALUES.c.field_id.in_(list(field_ids)))
        return {
            row.field_id: FieldValue(_value(row, cipher), row.recorded_at) for row in self._session.execute(statement)
        }

    def summary_input(self, person_id: str, field_ids: Collection[str]) -> SummaryInput:
        """Return the inputs of the shared summary in two reads: person and household, then some recorded values.

        Raises:
            PersonUnknown: not held, or erased.
        """
        connection = connection_of(self._session)
        found = SUMMARY_INPUT.one(connection, person_id)
        if found is None:
            raise _unknown()
        key_id, wrapped_key, recorded_at, household_id, *facts = found
        values = {}
        rows = VALUES_OF.all(connection, person_id, keep=lambda row: row[0] in field_ids)
        cipher: PersonCipher | None = None  # unwrapped only when needed: most shared values are not sealed
        for field_id, readable, sealed, noted_at in rows:
            if sealed is None:
                values[field_id] = FieldValue(from_json(readable), noted_at)
                continue
            cipher = cipher or self._cipher.person(person_id, WrappedKey(key_id, wrapped_key))
            values[field_id] = FieldValue(from_json(cipher.open(value_cell(person_id, field_id), sealed)), noted_at)
        return SummaryInput(person_id, recorded_at, values, HouseholdFacts(*facts) if household_id else None)

    def benefit_spells(self, person_id: str) -> tuple[BenefitSpell, ...]:
        """Return the person's benefit spells in order of their first month."""
        return tuple(BenefitSpell(*row) for row in SPELLS_OF.all(connection_of(self._session), person_id))

    def interventions(self, person_id: str) -> tuple[Intervention, ...]:
        """Return the interventions with the person, oldest first."""
        return tuple(Intervention(*row) for row in DONE_WITH.all(connection_of(self._session), person_id))

    # ---- reading everybody

    def person_ids(self) -> list[str]:
        """Return the ids of everybody held, sorted."""
        return list(self._session.scalars(select(PEOPLE.c.person_id).where(_held()).order_by(PEOPLE.c.person_id)))

    def first_people(self, limit: int) -> list[PersonRef]:
        """Return up to `limit` people, the most recently changed first."""
        statement = select(PEOPLE).where(_held()).order_by(PEOPLE.c.updated_at.desc(), PEOPLE.c.person_id)
        return [_ref(row) for row in self._session.execute(statement.limit(limit))]

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
            spells = self._spells(batch)
            done = self._interventions(batch)
            households = self._households(people)
            for row in people:
                histories = (spells.get(row.person_id, ()), done.get(row.person_id, ()))
                lives_in = households.get(row.household_id)
                yield _ref(row), _record(row, values[row.person_id], lives_in, histories)

    # ---- helpers

    def _row(self, person_id: str) -> Row[Any]:
        row = self._session.execute(select(PEOPLE).where(PEOPLE.c.person_id == person_id, _held())).one_or_none()
        if row is None:
            raise _unknown()
        return row

    def _people(self, ids: Sequence[str]) -> Sequence[Row[Any]]:
        statement = select(PEOPLE).where(PEOPLE.c.person_id.in_(ids), _held()).order_by(PEOPLE.c.person_id)
        return self._session.execute(statement).all()

    def _values(self, people: Sequence[Row[Any]], fields: Collection[str] | None) -> dict[str, dict[str, Value]]:
        ciphers = {row.person_id: person_cipher(self._cipher, row) for row in people}
        grouped: dict[str, dict[str, Value]] = {person_id: {} for person_id in ciphers}
        statement = (
            select(VALUES).where(VALUES.c.person_id.in_(ciphers)).order_by(VALUES.c.person_id, VALUES.c.field_id)
        )
        if fields is not None:
            statement = statement.where(VALUES.c.field_id.in_(LOCAL_FIELDS.union(fields)))
        for row in self._session.execute(statement):
            grouped[row.person_id][row.field_id] = _value(row, ciphers[row.person_id])
        return grouped

    def _spells(self, ids: Sequence[str]) -> dict[str, tuple[BenefitSpell, ...]]:
        statement = select(SPELLS).where(SPELLS.c.person_id.in_(ids)).order_by(SPELLS.c.person_id, SPELLS.c.position)
        grouped: dict[str, list[BenefitSpell]] = {}
        for row in self._session.execute(statement):
            spell = BenefitSpell(row.benefit, row.first_month, row.last_month)
            grouped.setdefault(row.person_id, []).append(spell)
        return {person_id: tuple(spells) for person_id, spells in grouped.items()}

    def _interventions(self, ids: Sequence[str]) -> dict[str, tuple[Intervention, ...]]:
        table = INTERVENTIONS
        statement = select(table).where(table.c.person_id.in_(ids)).order_by(table.c.person_id, table.c.position)
        grouped: dict[str, list[Intervention]] = {}
        for row in self._session.execute(statement):
            done = Intervention(row.action, row.started_on, row.outcome)
            grouped.setdefault(row.person_id, []).append(done)
        return {person_id: tuple(done) for person_id, done in grouped.items()}

    def _households(self, people: Sequence[Row[Any]]) -> dict[str, Row[Any]]:
        ids = {row.household_id for row in people if row.household_id}
        rows = self._session.execute(select(HOUSEHOLDS).where(HOUSEHOLDS.c.household_id.in_(ids)))
        return {row.household_id: row for row in rows}


def _unknown() -> PersonUnknown:
    return PersonUnknown(
        _("esta entidad no tiene ninguna ficha con ese identificador"), remedy=_("busque a la persona por su documento")
    )


def _held() -> ColumnElement[bool]:
    return PEOPLE.c.erased_at.is_(None)


def _ref(row: Row[Any]) -> PersonRef:
    return PersonRef(row.person_id, row.fictitious, row.recorded_at, row.created_at, row.updated_at)


def _value(row: Row[Any], cipher: PersonCipher) -> Value:
    value: Value = json.loads(opened_text(row, cipher))
    return value


def _record(
    row: Row[Any],
    values: Mapping[str, Value],
    household: Row[Any] | None,
    histories: tuple[tuple[BenefitSpell, ...], tuple[Intervention, ...]],
) -> PersonRecord:
    lives_in = None
    if household is not None:
        reference = str(values[HOUSEHOLD_REFERENCE])
        lives_in = Household(reference, household.kind, household.size, household.minors, household.dependants)
    return PersonRecord(
        document=stored_document(str(values[NATIONAL_ID])),
        name=str(values[NAME]),
        birth_date=date.fromisoformat(str(values[BIRTH_DATE])),
        fields={key: value for key, value in values.items() if key not in LOCAL_FIELDS},
        household=lives_in,
        spells=histories[0],
        interventions=histories[1],
        recorded_at=row.recorded_at,
        fictitious=row.fictitious,
    )
