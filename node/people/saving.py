"""Storing of records in batches: new ones are added, different ones replace the stored ones.

A value that stays the same keeps the date it was recorded on, so that importing a file again does not make old
information look fresh.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Delete, Row, bindparam, delete, exists, insert, select, text, update
from sqlalchemy.orm import Session

from node.cipher import PersonCipher, RecordCipher, SealedPlace, WrappedKey
from node.people.documents import Document
from node.people.model import (
    BIRTH_DATE,
    HOUSEHOLD_REFERENCE,
    NAME,
    NATIONAL_ID,
    Household,
    PersonRecord,
    SaveCounts,
    Value,
)
from node.people.protection import sealed_fields
from node.people.tables import HOUSEHOLDS, INTERVENTIONS, PEOPLE, SPELLS, VALUES

BATCH: Final = 400
"""People stored per round trip; SQLite allows at least 999 parameters in a statement."""

Item = TypeVar("Item")

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield lists of up to `size` items."""
    chunk: list[Item] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def document_index(cipher: RecordCipher, document: Document) -> bytes:
    """Return the blind index of a document."""
    return cipher.blind_index("document", document.canonical)


def encoded(value: Value) -> str:
    """Return the JSON text under which a value is stored."""
    return _ENCODER.encode(value)


@dataclass(slots=True)
class _Known:
    """A stored person with the values and dates before the import."""

    row: Row[Any]
    values: dict[str, tuple[str, datetime]] = field(default_factory=dict)


@dataclass(slots=True)
class _Rows:
    """Rows gathered for one batch, to be written together."""

    added: list[dict[str, Any]] = field(default_factory=list)
    replaced: list[dict[str, Any]] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)
    spells: list[dict[str, Any]] = field(default_factory=list)
    interventions: list[dict[str, Any]] = field(default_factory=list)


class RecordWriter:
    """Writes records inside the caller's transaction.

    It uses tables, not mapped objects: with tens of rows a person, SQLAlchemy's unit of work would cost more than
    encryption and disk together.
    """

    def __init__(self, session: Session, cipher: RecordCipher, now: datetime) -> None:
        self._database = session.connection()
        self._cipher = cipher
        self._now = now
        self._sealed = sealed_fields()

    def save(self, records: Iterable[PersonRecord]) -> Iterator[SaveCounts]:
        """Store records batch by batch, yielding the counts of each. Documents must not repeat within a batch."""
        lock_people(self._database)
        for batch in chunks(records, BATCH):
            yield self._save_batch(batch)
        self._database.execute(_delete_empty_households())

    def _save_batch(self, batch: Sequence[PersonRecord]) -> SaveCounts:
        digests = [self._cipher.content_digest(_content(record)) for record in batch]
        indexes = [document_index(self._cipher, record.document) for record in batch]
        known = self._known(indexes)
        changed = [
            (record, index, digest)
            for record, index, digest in zip(batch, indexes, digests, strict=True)
            if index not in known or _differs(known[index].row, record, digest)
        ]
        self._forget_details([known[index] for _, index, _ in changed if index in known])
        households = self._households([record for record, _, _ in changed])
        rows = _Rows()
        for record, index, digest in changed:
            columns = {
                "document_index": index,
                "content_digest": digest,
                "household_id": households[record.household.reference] if record.household else None,
                "fictitious": record.fictitious,
                "recorded_at": record.recorded_at or self._now,
                "updated_at": self._now,
            }
            self._gather(rows, record, columns, known.get(index))
        self._write(rows)
        return SaveCounts(len(rows.added), len(rows.replaced), len(batch) - len(changed))

    def _known(self, indexes: Sequence[bytes]) -> dict[bytes, _Known]:
        rows = self._database.execute(select(PEOPLE).where(PEOPLE.c.document_index.in_(indexes)))
        return {row.document_index: _Known(row) for row in rows}

    def _forget_details(self, people: Sequence[_Known]) -> None:
        """Remember the dates of the people's values, then delete the rows that will be written anew."""
        by_id = {known.row.person_id: known for known in people}
        if not by_id:
            return
        ciphers = {person_id: person_cipher(self._cipher, known.row) for person_id, known in by_id.items()}
        for row in self._database.execute(select(VALUES).where(VALUES.c.person_id.in_(by_id))):
            held = opened_text(row, ciphers[row.person_id])
            by_id[row.person_id].values[row.field_id] = (held, row.recorded_at)
        delete_details(self._database, list(by_id))

    def _households(self, records: Sequence[PersonRecord]) -> dict[str, str]:
        """Add or update the households of the records; return each reference's household id."""
        wanted = {record.household.reference: record for record in records if record.household}
        indexes = {reference: self._cipher.blind_index("household", reference) for reference in wanted}
        statement = select(HOUSEHOLDS).where(HOUSEHOLDS.c.reference_index.in_(list(indexes.values())))
        held = {row.reference_index: row for row in self._database.execute(statement)}
        ids: dict[str, str] = {}
        added = []
        for reference, index in indexes.items():
            record, row = wanted[reference], held.get(index)
            ids[reference] = row.household_id if row else uuid.uuid4().hex
            described = _described(record.household) | {"recorded_at": record.recorded_at or self._now}
            if row is None:
                added.append(described | {"household_id": ids[reference], "reference_index": index})
            elif any(getattr(row, name) != value for name, value in _described(record.household).items()):
                where = HOUSEHOLDS.c.household_id == row.household_id
                self._database.execute(update(HOUSEHOLDS).where(where).values(**described))
        if added:
            self._database.execute(insert(HOUSEHOLDS), added)
        return ids

    def _gather(self, rows: _Rows, record: PersonRecord, columns: dict[str, Any], known: _Known | None) -> None:
        if known is None:
            person_id = uuid.uuid4().hex
            cipher, key = self._cipher.new_person_key(person_id)
            identity = {"person_id": person_id, "key_id": key.key_id, "wrapped_key": key.wrapped}
            rows.added.append(columns | identity | {"created_at": self._now})
        else:
            person_id = known.row.person_id
            cipher = person_cipher(self._cipher, known.row)
            rows.replaced.append(columns | {"this_person": person_id})
        rows.values += self._value_rows(record, person_id, cipher, known.values if known else {})
        rows.spells += [
            {
                "person_id": person_id,
                "position": position,
                "benefit": spell.benefit,
                "first_month": spell.first_month,
                "last_month": spell.last_month,
            }
            for position, spell in enumerate(record.spells)
        ]
        rows.interventions += [
            {
                "person_id": person_id,
                "position": position,
                "action": done.action,
                "started_on": done.started_on,
                "outcome": done.outcome,
            }
            for position, done in enumerate(record.interventions)
        ]

    def _value_rows(
        self, record: PersonRecord, person_id: str, cipher: PersonCipher, held: dict[str, tuple[str, datetime]]
    ) -> Iterator[dict[str, Any]]:
        for field_id, value in _stored_values(record).items():
            written = encoded(value)
            sealed = field_id in self._sealed
            before = held.get(field_id)
            yield {
                "person_id": person_id,
                "field_id": field_id,
                "readable": None if sealed else written,
                "sealed": cipher.seal(value_cell(person_id, field_id), written) if sealed else None,
                "recorded_at": record.recorded_at or (before[1] if before and before[0] == written else self._now),
            }

    def _write(self, rows: _Rows) -> None:
        if rows.replaced:
            where = PEOPLE.c.person_id == bindparam("this_person")
            names = [name for name in rows.replaced[0] if name != "this_person"]
            statement = update(PEOPLE).where(where).values({name: bindparam(name) for name in names})
            self._database.execute(statement, rows.replaced)
        tables = (
            (PEOPLE, rows.added),
            (VALUES, rows.values),
            (SPELLS, rows.spells),
            (INTERVENTIONS, rows.interventions),
        )
        for table, values in tables:
            if values:
                self._database.execute(insert(table), values)


def _content(record: PersonRecord) -> bytes:
    """Return bytes that are equal for equal records; the dates of recording do not count."""
    content = [
        [record.document.canonical, record.name, record.birth_date, record.fictitious],
        record.fields,
        [record.household.reference, _described(record.household)] if record.household else None,
        [[spell.benefit, spell.first_month, spell.last_month] for spell in record.spells],
        [[done.action, done.started_on, done.outcome] for done in record.interventions],
    ]
    return _ENCODER.encode(content).encode()


def _differs(row: Row[Any], record: PersonRecord, digest: bytes) -> bool:
    """Return whether a record has other content than the stored one, or confirms it at a later time."""
    confirmed = record.recorded_at is not None and record.recorded_at > row.recorded_at
    return confirmed or bool(row.content_digest != digest)


def _described(household: Household | None) -> dict[str, str | int | None]:
    if household is None:
        return {}
    return {
        "kind": household.kind,
        "size": household.size,
        "minors": household.minors,
        "dependants": household.dependants,
    }


def _stored_values(record: PersonRecord) -> dict[str, Value]:
    values: dict[str, Value] = dict(record.fields)
    values[NAME] = record.name
    values[NATIONAL_ID] = record.document.number
    values[BIRTH_DATE] = record.birth_date.isoformat()
    if record.household:
        values[HOUSEHOLD_REFERENCE] = record.household.reference
    return values


def value_cell(person_id: str, field_id: str) -> SealedPlace:
    """Return the cell of a sealed field value."""
    return SealedPlace("recorded_values", "sealed", f"{person_id}/{field_id}")


def opened_text(row: Row[Any], cipher: PersonCipher) -> str:
    """Return the JSON text of a stored value, opened when it is sealed.

    Raises:
        RecordsUnreadable: the sealed value does not open.
    """
    if row.sealed is None:
        return str(row.readable)
    return cipher.open(value_cell(row.person_id, row.field_id), row.sealed)


def person_cipher(cipher: RecordCipher, row: Row[Any]) -> PersonCipher:
    """Return the cipher of a stored person.

    Raises:
        RecordsUnreadable: the key does not open with the node's data key.
    """
    return cipher.person(row.person_id, WrappedKey(row.key_id, row.wrapped_key))


def delete_details(database: Connection, person_ids: Sequence[str]) -> None:
    """Delete every recorded value of some people; the people stay."""
    for table in (VALUES, SPELLS, INTERVENTIONS):
        database.execute(delete(table).where(table.c.person_id.in_(person_ids)))


def lock_people(database: Connection) -> None:
    """Keep other writers of people waiting until the transaction ends; SQLite's write lock already does."""
    if database.dialect.name == "postgresql":
        database.execute(text("LOCK TABLE people IN SHARE ROW EXCLUSIVE MODE"))


def _delete_empty_households() -> Delete:
    return delete(HOUSEHOLDS).where(~exists().where(PEOPLE.c.household_id == HOUSEHOLDS.c.household_id))
