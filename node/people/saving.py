"""Storing of records in batches: new ones are added, different ones replace the stored ones.

A value that stays the same keeps the date it was recorded on, so that importing a file again does not make old
information look fresh.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, insert, select, text, update
from sqlalchemy.orm import Session

from node.cipher import PersonCipher, RecordCipher
from node.people.before import BeforeKeeper, PersonBefore
from node.people.documents import Document
from node.people.errors import DocumentTaken
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
from node.people.pending import require_no_import
from node.people.protection import sealed_fields
from node.people.stored_rows import (
    StoredHousehold,
    StoredPerson,
    StoredValue,
    household_digest,
    identity_digest,
    interventions_digest,
    opened_text,
    person_cipher,
    person_digest,
    spells_digest,
    value_cell,
    values_digest,
)
from node.people.tables import FORMER_DOCUMENTS, HOUSEHOLDS, INTERVENTIONS, PEOPLE, SPELLS, VALUES
from node.people.verified_rows import VerifiedRows
from node.seals.scopes import Scope
from node.seals.seals import Seal, seals_in
from presentation.messages import _

BATCH: Final = 400
"""People stored per round trip; SQLite allows at least 999 parameters in a statement."""

_SEALED_TOGETHER: Final = 20_000
"""Seals written at once: each writing changes most pages, whatever their number."""

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
    """A stored person with the values and dates before the import, and all rows where they are kept."""

    row: StoredPerson
    version: int
    values: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    before: PersonBefore | None = None


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

    def __init__(
        self, session: Session, cipher: RecordCipher, now: datetime, keeper: BeforeKeeper | None = None
    ) -> None:
        self._database = session.connection()
        self._keeper = keeper
        self._cipher = cipher
        self._now = now
        self._sealed = sealed_fields()
        self._seals = seals_in(session, cipher)
        self._verified = VerifiedRows(session, self._seals)

    def save(self, records: Iterable[PersonRecord]) -> Iterator[SaveCounts]:
        """Store records batch by batch, yielding the counts of each. Documents must not repeat within a batch."""
        lock_people(self._database)
        for batch in chunks(records, BATCH):
            yield self._save_batch(batch)
            if self._seals.noted >= _SEALED_TOGETHER:
                self._seals.flush()
        self.forget_empty_households()

    def save_some(self, records: Sequence[PersonRecord]) -> SaveCounts:
        """Store at most `BATCH` records; households in which nobody lives any more stay for now."""
        lock_people(self._database)
        counts = self._save_batch(records)
        self._seals.flush()
        return counts

    def forget_empty_households(self) -> None:
        """Delete the households in which nobody lives any more."""
        if self._keeper:
            for row in self._verified.households(_nobody_lives_here()):
                self._keeper.household(row.household_id, 0, row)
            self._keeper.flush()
        for household_id in delete_empty_households(self._database):
            self._seals.note(Scope.HOUSEHOLD, household_id, None)
        self._seals.flush()

    def _save_batch(self, batch: Sequence[PersonRecord]) -> SaveCounts:
        digests = [self._cipher.content_digest(_content(record)) for record in batch]
        indexes = [document_index(self._cipher, record.document) for record in batch]
        known = self._known(indexes)
        self._require_present([index for index in indexes if index not in known])
        changed = [
            (record, index, digest)
            for record, index, digest in zip(batch, indexes, digests, strict=True)
            if index not in known or _differs(known[index].row, record, digest)
        ]
        self._forget_details([known[index] for _, index, _ in changed if index in known])
        households = self._households([record for record, _, _ in changed])
        rows = _Rows()
        for record, index, digest in changed:
            self._gather(rows, record, self._columns(record, index, digest, households), known.get(index))
        self._write(rows)
        if self._keeper:
            self._keeper.flush()
        return SaveCounts(len(rows.added), len(rows.replaced), len(batch) - len(changed))

    def rewrite(self, person_id: str, record: PersonRecord) -> None:
        """Replace the record of a person, who may have another document than before; the id stays."""
        lock_people(self._database)
        (row,) = self._verified.people(PEOPLE.c.person_id == person_id)
        known = _Known(row, self._seals.seals(Scope.PERSON, [person_id])[person_id].version)
        self._forget_details([known])
        index, digest = document_index(self._cipher, record.document), self._cipher.content_digest(_content(record))
        rows = _Rows()
        self._gather(rows, record, self._columns(record, index, digest, self._households([record])), known)
        self._write(rows)
        self._seals.flush()

    def _columns(
        self, record: PersonRecord, index: bytes, digest: bytes, households: Mapping[str, str]
    ) -> dict[str, Any]:
        return {
            "document_index": index,
            "content_digest": digest,
            "household_id": households[record.household.reference] if record.household else None,
            "fictitious": record.fictitious,
            "recorded_at": record.recorded_at or self._now,
            "updated_at": self._now,
        }

    def _require_present(self, indexes: Sequence[bytes]) -> None:
        """Refuse new people under a document that somebody here had before: it would find both."""
        query = select(FORMER_DOCUMENTS.c.document_index).where(FORMER_DOCUMENTS.c.document_index.in_(indexes))
        if indexes and self._database.scalars(query).first() is not None:
            raise DocumentTaken(
                _("una fila trae el documento que alguien de aquí tenía antes"),
                remedy=_("ponga en el fichero el documento de ahora: records show dice cuál es"),
            )

    def _known(self, indexes: Sequence[bytes]) -> dict[bytes, _Known]:
        rows = self._verified.people(PEOPLE.c.document_index.in_(indexes))
        seals = self._seals.seals(Scope.PERSON, [row.person_id for row in rows])
        return {row.document_index: _Known(row, seals[row.person_id].version) for row in rows if row.document_index}

    def _forget_details(self, people: Sequence[_Known]) -> None:
        """Remember the dates of the people's values, then delete the rows that will be written anew."""
        by_id = {known.row.person_id: known for known in people}
        if not by_id:
            return
        ciphers = {person_id: person_cipher(self._cipher, known.row) for person_id, known in by_id.items()}
        stored = self._verified.values_of(list(by_id))
        for person_id, rows in stored.items():
            for row in rows:
                held = opened_text(row, ciphers[person_id])
                by_id[person_id].values[row.field_id] = (held, row.moment)
        if self._keeper:
            spells, done = self._verified.spells_of(list(by_id)), self._verified.interventions_of(list(by_id))
            for each, known in by_id.items():
                known.before = PersonBefore(known.row, stored[each], spells[each], done[each])
        delete_details(self._database, list(by_id))

    def _households(self, records: Sequence[PersonRecord]) -> dict[str, str]:
        """Add or update the households of the records; return each reference's household id."""
        wanted = {record.household.reference: record for record in records if record.household}
        indexes = {reference: self._cipher.blind_index("household", reference) for reference in wanted}
        found = self._verified.households(HOUSEHOLDS.c.reference_index.in_(list(indexes.values())))
        held = {row.reference_index: row for row in found}
        ids: dict[str, str] = {}
        added = []
        for reference, index in indexes.items():
            record, row = wanted[reference], held.get(index)
            ids[reference] = row.household_id if row else uuid.uuid4().hex
            described: dict[str, Any] = _described(record.household)
            described["recorded_at"] = record.recorded_at or self._now
            if row is None:
                added.append(described | {"household_id": ids[reference], "reference_index": index})
            elif any(getattr(row, name) != value for name, value in _described(record.household).items()):
                where = HOUSEHOLDS.c.household_id == row.household_id
                self._database.execute(update(HOUSEHOLDS).where(where).values(**described))
            else:
                continue
            written = StoredHousehold(household_id=ids[reference], reference_index=index, **described)
            seal = self._seals.seal(Scope.HOUSEHOLD, ids[reference]) if row else None
            version = seal.version + 1 if seal else 1
            self._seals.note(Scope.HOUSEHOLD, ids[reference], Seal(version, (household_digest(self._cipher, written),)))
            if self._keeper:
                self._keeper.household(ids[reference], version, row)
        if added:
            self._database.execute(insert(HOUSEHOLDS), added)
        return ids

    def _gather(self, rows: _Rows, record: PersonRecord, columns: dict[str, Any], known: _Known | None) -> None:
        if known is None:
            person_id = uuid.uuid4().hex
            cipher, key = self._cipher.new_person_key(person_id)
            added = columns | {"key_id": key.key_id, "wrapped_key": key.wrapped, "created_at": self._now}
            rows.added.append(added | {"person_id": person_id})
            person = StoredPerson(person_id=person_id, erased_at=None, **added)
        else:
            person_id = known.row.person_id
            cipher = person_cipher(self._cipher, known.row)
            rows.replaced.append(columns | {"this_person": person_id})
            person = known.row._replace(**columns)
        values = list(self._value_rows(record, person_id, cipher, known))
        spells = [(spell.benefit, spell.first_month, spell.last_month) for spell in record.spells]
        done = [(each.action, each.started_on, each.outcome) for each in record.interventions]
        rows.values += [row._asdict() for row in values]
        rows.spells += numbered(person_id, ("benefit", "first_month", "last_month"), spells)
        rows.interventions += numbered(person_id, ("action", "started_on", "outcome"), done)
        digests = (
            person_digest(self._cipher, person),
            identity_digest(self._cipher, values),
            values_digest(self._cipher, values),
            spells_digest(self._cipher, spells),
            interventions_digest(self._cipher, done),
        )
        version = known.version + 1 if known else 1
        self._seals.note(Scope.PERSON, person_id, Seal(version, digests))
        if self._keeper:
            self._keeper.person(person_id, cipher, version, known.before if known else None)

    def _value_rows(
        self, record: PersonRecord, person_id: str, cipher: PersonCipher, known: _Known | None
    ) -> Iterator[StoredValue]:
        version, held = (known.version + 1, known.values) if known else (1, {})
        for field_id, value in _stored_values(record).items():
            written = encoded(value)
            sealed = field_id in self._sealed
            before = held.get(field_id)
            yield StoredValue(
                person_id=person_id,
                field_id=field_id,
                version=version,
                readable=None if sealed else written,
                sealed=cipher.seal(value_cell(person_id, field_id, version), written) if sealed else None,
                recorded_at=record.recorded_at or (before[1] if before and before[0] == written else self._now),
            )

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


def numbered(person_id: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Return the rows of a history, each with its person and its place."""
    return [
        {"person_id": person_id, "position": position, **dict(zip(names, row, strict=True))}
        for position, row in enumerate(rows)
    ]


def _content(record: PersonRecord) -> bytes:
    """Return bytes that are equal for equal records; the dates of recording do not count."""
    content = [
        [record.document.canonical, record.name, record.birth_date.text, record.fictitious],
        record.fields,
        [record.household.reference, _described(record.household)] if record.household else None,
        [[spell.benefit, spell.first_month, spell.last_month] for spell in record.spells],
        [[done.action, done.started_on, done.outcome] for done in record.interventions],
    ]
    return _ENCODER.encode(content).encode()


def _differs(row: StoredPerson, record: PersonRecord, digest: bytes) -> bool:
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
    values[BIRTH_DATE] = record.birth_date.text
    if record.household:
        values[HOUSEHOLD_REFERENCE] = record.household.reference
    return values


def delete_details(database: Connection, person_ids: Sequence[str]) -> None:
    """Delete every recorded value of some people; the people stay."""
    for table in (VALUES, SPELLS, INTERVENTIONS):
        database.execute(delete(table).where(table.c.person_id.in_(person_ids)))


def lock_people(database: Connection) -> None:
    """Keep other writers of people waiting until the transaction ends; SQLite's write lock already does.

    Raises:
        ImportRunning: an import is under way that is not the caller's own.
    """
    if database.dialect.name == "postgresql":
        database.execute(text("LOCK TABLE people IN SHARE ROW EXCLUSIVE MODE"))
    require_no_import(database)


def _nobody_lives_here() -> ColumnElement[bool]:
    return ~exists().where(PEOPLE.c.household_id == HOUSEHOLDS.c.household_id)


def delete_empty_households(database: Connection) -> Sequence[str]:
    """Delete the households in which nobody lives, and return their ids; the caller notes it in their seals."""
    statement = delete(HOUSEHOLDS).where(_nobody_lives_here()).returning(HOUSEHOLDS.c.household_id)
    return database.scalars(statement).all()
