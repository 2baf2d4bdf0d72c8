"""The rows of people as they are stored, and their digests for the seals."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

from node.cipher import PersonCipher, RecordCipher, SealedPlace, WrappedKey, plain_bytes, plain_time
from node.people.model import LOCAL_FIELDS
from node.people.tables import HOUSEHOLDS, INTERVENTIONS, PEOPLE, SPELLS, VALUES


class StoredPerson(NamedTuple):
    """A row of the table of people."""

    person_id: str
    document_index: bytes | None
    content_digest: bytes | None
    key_id: str | None
    wrapped_key: bytes | None
    household_id: str | None
    fictitious: bool
    recorded_at: datetime
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None


class StoredValue(NamedTuple):
    """A row of the table of values; `version` is that of the person's seal when it was written."""

    person_id: str
    field_id: str
    version: int
    readable: str | None
    sealed: bytes | None
    recorded_at: datetime | str
    """As text where SQLite gave it and nobody has read it."""

    @property
    def moment(self) -> datetime:
        """The time of recording.

        Raises:
            ValueError: a text that is no time.
        """
        held = self.recorded_at
        return held if isinstance(held, datetime) else datetime.fromisoformat(held).replace(tzinfo=UTC)


class StoredHousehold(NamedTuple):
    """A row of the table of households."""

    household_id: str
    reference_index: bytes
    kind: str | None
    size: int | None
    minors: int | None
    dependants: int | None
    recorded_at: datetime


PERSON_COLUMNS: Final = tuple(PEOPLE.c[name] for name in StoredPerson._fields)
VALUE_COLUMNS: Final = tuple(VALUES.c[name] for name in StoredValue._fields)
HOUSEHOLD_COLUMNS: Final = tuple(HOUSEHOLDS.c[name] for name in StoredHousehold._fields)
SPELL_COLUMNS: Final = (SPELLS.c.benefit, SPELLS.c.first_month, SPELLS.c.last_month)
INTERVENTION_COLUMNS: Final = (INTERVENTIONS.c.action, INTERVENTIONS.c.started_on, INTERVENTIONS.c.outcome)

Spell = tuple[str, date, date | None]
Done = tuple[str, date, str | None]


def person_digest(cipher: RecordCipher, row: StoredPerson) -> bytes:
    """Return the digest of a person's own row."""
    times = (row.recorded_at, row.created_at, row.updated_at, row.erased_at)
    sealed = (row.document_index, row.content_digest, row.wrapped_key)
    others = (row.person_id, row.key_id, row.household_id, row.fictitious)
    return cipher.row_digest(["person", *others, *map(plain_bytes, sealed), *map(plain_time, times)])


def household_digest(cipher: RecordCipher, row: StoredHousehold) -> bytes:
    """Return the digest of a household."""
    described = (row.household_id, row.kind, row.size, row.minors, row.dependants)
    return cipher.row_digest(["household", *described, plain_bytes(row.reference_index), plain_time(row.recorded_at)])


def identity_digest(cipher: RecordCipher, rows: Iterable[StoredValue]) -> bytes:
    """Return the digest of the node's own fields among a person's values."""
    return cipher.row_digest(["identity", *_plain(row for row in rows if row[1] in LOCAL_FIELDS)])


def values_digest(cipher: RecordCipher, rows: Iterable[StoredValue]) -> bytes:
    """Return the digest of the catalogue's fields among a person's values."""
    return cipher.row_digest(["values", *_plain(row for row in rows if row[1] not in LOCAL_FIELDS)])


def spells_digest(cipher: RecordCipher, rows: Sequence[Spell]) -> bytes:
    """Return the digest of a person's benefit spells, in their order."""
    plain = [(benefit, first.isoformat(), last.isoformat() if last else None) for benefit, first, last in rows]
    return cipher.row_digest(["spells", *plain])


def interventions_digest(cipher: RecordCipher, rows: Sequence[Done]) -> bytes:
    """Return the digest of the interventions with a person, in their order."""
    plain = [(action, started.isoformat(), outcome) for action, started, outcome in rows]
    return cipher.row_digest(["interventions", *plain])


def _plain(rows: Iterable[StoredValue]) -> list[tuple[str, int, str | None, str | None, str | None]]:
    """Return values as plain rows in the order of their fields."""
    return sorted(
        (field, version, readable, plain_bytes(sealed), plain_time(recorded_at))
        for _person, field, version, readable, sealed, recorded_at in rows
    )


def nothing_left(cipher: RecordCipher, row: StoredPerson) -> tuple[bytes, ...]:
    """Return the digests of an erased person."""
    return (
        person_digest(cipher, row),
        identity_digest(cipher, ()),
        values_digest(cipher, ()),
        spells_digest(cipher, ()),
        interventions_digest(cipher, ()),
    )


def value_cell(person_id: str, field_id: str, version: int) -> SealedPlace:
    """Return the cell of a sealed field value."""
    return SealedPlace("recorded_values", "sealed", f"{person_id}/{field_id}", version)


def opened_text(row: StoredValue, cipher: PersonCipher) -> str:
    """Return the JSON text of a stored value, opened when it is sealed.

    Raises:
        RecordsUnreadable: the sealed value does not open.
    """
    if row.sealed is None:
        return str(row.readable)
    return cipher.open(value_cell(row.person_id, row.field_id, row.version), row.sealed)


def person_cipher(cipher: RecordCipher, row: StoredPerson) -> PersonCipher:
    """Return the cipher of a stored person.

    Raises:
        RecordsUnreadable: the key does not open with the node's data key.
    """
    return cipher.person(row.person_id, WrappedKey(row.key_id or "", row.wrapped_key or b""))
