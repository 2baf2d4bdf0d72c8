"""The journal of imports: each with the file, the professional, and the state before of every record that it wrote.

What stood before is sealed with the key of its person, so that it ends with the person; a household's, with a key of
the node. It is bound to the import and to the version that the import wrote.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, exists, insert, select, update
from sqlalchemy.orm import Session

from node.cipher import PersonCipher, RecordCipher, SealedPlace
from node.people.before import PersonBefore
from node.people.errors import ImportUnknown
from node.people.import_tables import IMPORTED_HOUSEHOLDS, IMPORTED_PEOPLE, IMPORTS
from node.people.model import SaveCounts
from node.people.stored_rows import StoredHousehold, StoredPerson, StoredValue
from node.people.tables import PEOPLE
from presentation.messages import _

_NOTHING: Final = b"{}"
_BATCH: Final = 300


class ImportState(StrEnum):
    """The state of an import."""

    APPLYING = "applying"
    """Under way, or interrupted: readers see what stood before it."""
    REVERTING = "reverting"
    """Being undone, or interrupted in it: readers see what stood before it already."""
    APPLIED = "applied"
    """It can be undone while nothing newer stands on what it wrote."""
    UNDONE = "undone"
    KEPT = "kept"
    """It stays: the time for undoing it is over, and what stood before is deleted."""


PENDING: Final = (ImportState.APPLYING, ImportState.REVERTING)


@dataclass(frozen=True, slots=True)
class ImportSource:
    """The origin of an import: the file's name and hash (SHA-256, hexadecimal), and the professional who applies it."""

    file: str
    sha256: str
    professional: str


@dataclass(frozen=True, slots=True)
class RecordedImport:
    """An import of the journal."""

    import_id: str
    state: ImportState
    source: ImportSource
    counts: SaveCounts
    applied_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeptPerson:
    """A person of an import: the version of the seal that it wrote, and the sealed rows before."""

    person_id: str
    version: int
    before: bytes


class ImportJournal:
    """The imports of a node, inside the caller's transaction."""

    def __init__(self, session: Session, cipher: RecordCipher) -> None:
        self._session = session
        self._cipher = cipher

    def begin(self, import_id: str, source: ImportSource, stamp: str, now: datetime) -> None:
        """Record an import that is under way from this transaction on."""
        told = json.dumps([source.file, source.sha256, source.professional], ensure_ascii=False).encode()
        row = {
            "import_id": import_id,
            "state": ImportState.APPLYING.value,
            "told": self._cipher.keep(_told_place(import_id), told),
            **_columns(SaveCounts()),
            "stamp": stamp,
            "applied_at": now,
        }
        self._session.execute(insert(IMPORTS).values(**row))

    def finish(self, import_id: str, counts: SaveCounts, now: datetime) -> None:
        """Record that an import under way is whole."""
        values = {"state": ImportState.APPLIED.value, "applied_at": now, **_columns(counts)}
        self._session.execute(update(IMPORTS).where(IMPORTS.c.import_id == import_id).values(**values))

    def revert(self, import_id: str, stamp: str) -> None:
        """Record that an import is being undone from this transaction on."""
        values = {"state": ImportState.REVERTING.value, "stamp": stamp}
        self._session.execute(update(IMPORTS).where(IMPORTS.c.import_id == import_id).values(**values))

    def drop(self, import_id: str) -> None:
        """Delete an import that was never whole."""
        self._session.execute(delete(IMPORTS).where(IMPORTS.c.import_id == import_id))
        self._forget(import_id)

    def all(self) -> list[RecordedImport]:
        """Return every import, the newest first."""
        query = select(IMPORTS).order_by(IMPORTS.c.applied_at.desc(), IMPORTS.c.import_id)
        return [self._recorded(row) for row in self._session.execute(query)]

    def get(self, import_id: str) -> RecordedImport:
        """Return an import by its id, or by the beginning of it where that is enough.

        Raises:
            ImportUnknown: there is none, or there are several.
        """
        found = [each for each in self.all() if import_id and each.import_id.startswith(import_id)]
        if len(found) != 1:
            raise ImportUnknown(
                _("no hay una importación con el identificador {given!r}", given=import_id[:40]),
                remedy=_("consulte los identificadores con redpact-node records imports"),
            )
        return found[0]

    def _recorded(self, row: Any) -> RecordedImport:
        told = json.loads(self._cipher.kept(_told_place(row.import_id), row.told))
        counts = SaveCounts(row.added, row.replaced, row.unchanged)
        state = ImportState(row.state)
        return RecordedImport(row.import_id, state, ImportSource(*told), counts, row.applied_at, row.undone_at)

    # ---- what stood before

    def people(self, import_id: str) -> Iterator[dict[str, KeptPerson]]:
        """Yield the people of an import by id, some hundreds at a time."""
        last = ""
        while rows := self.some(import_id, _BATCH, last):
            yield {row.person_id: row for row in rows}
            last = rows[-1].person_id

    def some(self, import_id: str, most: int, after: str = "") -> list[KeptPerson]:
        """Return up to `most` people of an import, sorted by id, those after a given one."""
        columns = (IMPORTED_PEOPLE.c.person_id, IMPORTED_PEOPLE.c.version, IMPORTED_PEOPLE.c.before)
        where = (IMPORTED_PEOPLE.c.import_id == import_id, IMPORTED_PEOPLE.c.person_id > after)
        query = select(*columns).where(*where)
        found = self._session.execute(query.order_by(IMPORTED_PEOPLE.c.person_id).limit(most))
        return [KeptPerson(*row) for row in found]

    def forget(self, import_id: str, people: Sequence[str]) -> None:
        """Delete what stood before of some people of an import; they are as they were by now."""
        where = (IMPORTED_PEOPLE.c.import_id == import_id, IMPORTED_PEOPLE.c.person_id.in_(people))
        self._session.execute(delete(IMPORTED_PEOPLE).where(*where))

    def before(
        self, import_id: str, kept: KeptPerson, person: StoredPerson, cipher: PersonCipher
    ) -> PersonBefore | None:
        """Return the rows of a person before an import; None when the import added the person.

        Args:
            import_id: of the import.
            kept: of the journal.
            person: the person's row as it is now; what no import changes is taken from it.
            cipher: of the person.

        Raises:
            RecordsUnreadable: what was kept is altered, or of another import or person.
        """
        place = _person_place(import_id, kept.person_id, kept.version)
        return _opened_person(zlib.decompress(cipher.open_bytes(place, kept.before)), person)

    def households(
        self, import_id: str, ids: Collection[str] | None = None
    ) -> Mapping[str, tuple[int, StoredHousehold | None]]:
        """Return households of an import: the version that it wrote, and the row before; None when it was new.

        Args:
            import_id: of the import.
            ids: of a few households; None for all of them.

        Raises:
            RecordsUnreadable: what was kept is altered, or of another import or household.
        """
        query = select(IMPORTED_HOUSEHOLDS).where(IMPORTED_HOUSEHOLDS.c.import_id == import_id)
        if ids is not None:
            query = query.where(IMPORTED_HOUSEHOLDS.c.household_id.in_(ids))
        return {
            row.household_id: (row.version, self._household_before(import_id, row))
            for row in self._session.execute(query)
        }

    def _household_before(self, import_id: str, row: Any) -> StoredHousehold | None:
        place = _household_place(import_id, row.household_id, row.version)
        return _opened_household(self._cipher.kept(place, row.before), row.household_id)

    def household_ids(self, import_id: str) -> Sequence[str]:
        """Return the ids of the households of an import."""
        columns, of_import = IMPORTED_HOUSEHOLDS.c.household_id, IMPORTED_HOUSEHOLDS.c.import_id == import_id
        return self._session.scalars(select(columns).where(of_import)).all()

    # ---- the end of an import

    def end(self, import_id: str, state: ImportState, now: datetime | None = None) -> None:
        """Note that an import is undone or stays, and delete what stood before."""
        where = IMPORTS.c.import_id == import_id
        self._session.execute(update(IMPORTS).where(where).values(state=state.value, undone_at=now))
        self._forget(import_id)

    def _forget(self, import_id: str) -> None:
        for table in (IMPORTED_PEOPLE, IMPORTED_HOUSEHOLDS):
            self._session.execute(delete(table).where(table.c.import_id == import_id))

    def forget_person(self, person_id: str) -> None:
        """Delete what stood before of a person, and the households of an import that has nobody else."""
        table = IMPORTED_PEOPLE
        gone = delete(table).where(table.c.person_id == person_id).returning(table.c.import_id)
        for import_id in self._session.scalars(gone).all():
            if not self._session.scalar(select(exists().where(table.c.import_id == import_id))):
                of_import = IMPORTED_HOUSEHOLDS.c.import_id == import_id
                self._session.execute(delete(IMPORTED_HOUSEHOLDS).where(of_import))

    def older_than(self, moment: datetime) -> list[str]:
        """Return the ids of the imports that can be undone and were applied before a moment."""
        query = select(IMPORTS.c.import_id).where(
            IMPORTS.c.state == ImportState.APPLIED.value, IMPORTS.c.applied_at < moment
        )
        return [*self._session.scalars(query)]


def added_by(import_id: str) -> ColumnElement[bool]:
    """Return the condition that an import added a person."""
    added = select(IMPORTED_PEOPLE.c.person_id).where(IMPORTED_PEOPLE.c.import_id == import_id, IMPORTED_PEOPLE.c.added)
    return PEOPLE.c.person_id.in_(added)


class ImportKeeper:
    """A `BeforeKeeper` that keeps the state before one import."""

    def __init__(self, session: Session, cipher: RecordCipher, import_id: str) -> None:
        self._session = session
        self._cipher = cipher
        self._import_id = import_id
        self._people: list[dict[str, Any]] = []
        self._households: dict[str, tuple[int, StoredHousehold | None]] = {}

    def person(self, person_id: str, cipher: PersonCipher, version: int, before: PersonBefore | None) -> None:
        """See `BeforeKeeper`."""
        plain = zlib.compress(_NOTHING if before is None else _person_plain(before))
        sealed = cipher.seal_bytes(_person_place(self._import_id, person_id, version), plain)
        key = {"import_id": self._import_id, "person_id": person_id, "added": before is None}
        self._people.append({**key, "version": version, "before": sealed})

    def household(self, household_id: str, version: int, before: StoredHousehold | None) -> None:
        """See `BeforeKeeper`."""
        first = self._households.get(household_id)
        self._households[household_id] = (version, first[1] if first else before)

    def flush(self) -> None:
        """See `BeforeKeeper`."""
        if self._people:
            self._session.execute(insert(IMPORTED_PEOPLE), self._people)
            self._people.clear()
        if self._households:
            self._write_households()
            self._households.clear()

    def _write_households(self) -> None:
        earlier = ImportJournal(self._session, self._cipher).households(self._import_id, list(self._households))
        rows = []
        for household_id, (version, before) in self._households.items():
            first = earlier[household_id][1] if household_id in earlier else before
            place = _household_place(self._import_id, household_id, version)
            sealed = self._cipher.keep(place, _household_plain(first))
            key = {"import_id": self._import_id, "household_id": household_id}
            rows.append({**key, "version": version, "before": sealed})
        of_import = IMPORTED_HOUSEHOLDS.c.import_id == self._import_id
        again = IMPORTED_HOUSEHOLDS.c.household_id.in_(list(earlier))
        if earlier:
            self._session.execute(delete(IMPORTED_HOUSEHOLDS).where(of_import, again))
        self._session.execute(insert(IMPORTED_HOUSEHOLDS), rows)


def _columns(counts: SaveCounts) -> dict[str, int]:
    return {"added": counts.added, "replaced": counts.replaced, "unchanged": counts.unchanged}


def _told_place(import_id: str) -> SealedPlace:
    return SealedPlace("record_imports", "told", import_id)


def _person_place(import_id: str, person_id: str, version: int) -> SealedPlace:
    return SealedPlace("record_import_people", "before", f"{import_id}/{person_id}", version)


def _household_place(import_id: str, household_id: str, version: int) -> SealedPlace:
    return SealedPlace("record_import_households", "before", f"{import_id}/{household_id}", version)


def _person_plain(before: PersonBefore) -> bytes:
    row = before.row
    plain = {
        "row": [_text(row.content_digest), row.household_id, row.fictitious, row.recorded_at.isoformat()],
        "values": [
            [each.field_id, each.version, each.readable, _text(each.sealed), each.moment.isoformat()]
            for each in before.values
        ],
        "spells": [[benefit, first.isoformat(), last and last.isoformat()] for benefit, first, last in before.spells],
        "interventions": [[action, day.isoformat(), outcome] for action, day, outcome in before.interventions],
    }
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def _opened_person(plain: bytes, person: StoredPerson) -> PersonBefore | None:
    if plain == _NOTHING:
        return None
    kept: Mapping[str, Any] = json.loads(plain)
    digest, household_id, fictitious, recorded_at = kept["row"]
    row = person._replace(
        content_digest=_bytes(digest),
        household_id=household_id,
        fictitious=fictitious,
        recorded_at=datetime.fromisoformat(recorded_at),
    )
    return PersonBefore(
        row,
        [_value(person.person_id, each) for each in kept["values"]],
        [
            (benefit, date.fromisoformat(first), date.fromisoformat(last) if last else None)
            for benefit, first, last in kept["spells"]
        ],
        [(action, date.fromisoformat(day), outcome) for action, day, outcome in kept["interventions"]],
    )


def _value(person_id: str, kept: Sequence[Any]) -> StoredValue:
    field_id, version, readable, sealed, recorded_at = kept
    return StoredValue(person_id, field_id, version, readable, _bytes(sealed), datetime.fromisoformat(recorded_at))


def _household_plain(before: StoredHousehold | None) -> bytes:
    if before is None:
        return _NOTHING
    described = [before.kind, before.size, before.minors, before.dependants]
    return json.dumps([_text(before.reference_index), *described, before.recorded_at.isoformat()]).encode()


def _opened_household(plain: bytes, household_id: str) -> StoredHousehold | None:
    if plain == _NOTHING:
        return None
    index, kind, size, minors, dependants, recorded_at = json.loads(plain)
    recorded = datetime.fromisoformat(recorded_at)
    return StoredHousehold(household_id, b64decode(index), kind, size, minors, dependants, recorded)


def _text(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text)
