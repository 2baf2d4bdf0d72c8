"""An import, or the undoing of one, that is under way: readers see what stood before it until it is whole.

Records are written in short transactions. What stood before is in the journal of imports from the same transaction on,
and readers take it from there. One last short transaction ends it, and everybody sees all of it at once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, bindparam, or_, select

from node.people.before import PersonBefore
from node.people.errors import ImportRunning
from node.people.import_journal import PENDING, ImportJournal, KeptPerson
from node.people.import_tables import IMPORTED_PEOPLE, IMPORTS
from node.people.stored_rows import StoredHousehold, StoredPerson, person_cipher
from node.seals.seals import seals_in
from node.seals.settings import SettingSeal
from presentation.messages import _
from service.sql_driver import DriverStatement, connection_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from node.cipher import RecordCipher

PENDING_IMPORT: Final = "pending_import"
"""The sealed setting that names the import under way, so that nobody else puts back what stood before one."""
_KEPT: Final = "redpact_pending"
_IMPORTER: Final = "redpact_importer"
_COLUMNS: Final = (IMPORTS.c.import_id, IMPORTS.c.state, IMPORTS.c.stamp)
_FIND: Final = DriverStatement(
    select(*_COLUMNS).where(or_(IMPORTS.c.state == bindparam("one"), IMPORTS.c.state == bindparam("other"))),
    ["one", "other"],
    _COLUMNS,
)
_STATES: Final = [state.value for state in PENDING]
_CHUNK: Final = 400


@dataclass(frozen=True, slots=True)
class PendingImport:
    """The import under way; `stamp` is that of the people as readers see them meanwhile."""

    import_id: str
    state: str
    stamp: str

    @property
    def rows(self) -> list[object]:
        """The values that are sealed."""
        return [self.import_id, self.state, self.stamp]


def as_importer(session: "Session") -> None:
    """Let a unit of work read and write rows as they are stored, and not as readers see them."""
    connection_of(session).execution_options(**{_IMPORTER: True})


def is_importer(connection: Connection) -> bool:
    """Return whether a unit of work is that of the import under way."""
    return bool(connection.get_execution_options().get(_IMPORTER))


def pending_import(connection: Connection) -> PendingImport | None:
    """Return the import under way, unverified; None when there is none."""
    found = _FIND.one(connection, *_STATES)
    return None if found is None else PendingImport(*found)


def require_no_import(connection: Connection) -> None:
    """Check that no import is under way but the caller's own; the caller keeps other writers of people out.

    Raises:
        ImportRunning: there is one, or one that was interrupted.
    """
    if not is_importer(connection) and pending_import(connection) is not None:
        raise ImportRunning(
            _("se está importando un fichero de fichas, o se interrumpió"),
            remedy=_("espere a que termine; si se interrumpió, ejecute redpact-node records imports y repita"),
        )


class PendingView:
    """The people and households that an import under way has touched, as readers see them."""

    def __init__(self, session: "Session", cipher: "RecordCipher") -> None:
        self._session = session
        self._cipher = cipher
        self._asked = False
        self._verified: PendingImport | None = None
        self._people: dict[str, PersonBefore | None] = {}
        self._looked_up: set[str] = set()

    @property
    def cipher(self) -> "RecordCipher":
        """The cipher of the node."""
        return self._cipher

    def pending(self) -> PendingImport | None:
        """Return the import under way; to be asked after rows were read, not before.

        Raises:
            RecordsTampered: this node began none like that.
        """
        connection = connection_of(self._session)
        if is_importer(connection):
            return None
        if self._asked:
            return self._verified
        found = pending_import(connection)
        if found is not None and found != self._verified:
            SettingSeal(seals_in(self._session, self._cipher), PENDING_IMPORT).require(found.rows)
            self._verified = found
            self._people, self._looked_up = {}, set()
        self._asked = _shows_one_state(connection)
        return found

    def people(self, rows: Iterable[StoredPerson]) -> list[StoredPerson]:
        """Return the rows of people as readers see them, without those that the import has added."""
        held = list(rows)
        if not held or self.pending() is None:
            return held
        before = self._load(held)
        seen = ((row, before.get(row.person_id)) for row in held if before.get(row.person_id, row) is not None)
        return [row if kept is None else kept.row for row, kept in seen]

    def before(self, rows: Iterable[StoredPerson]) -> Mapping[str, PersonBefore | None]:
        """Return the rows that readers see of those people that the import has touched; None of those it has added.

        Args:
            rows: of the people, as they are stored.
        """
        return self._load(list(rows)) if self.pending() else {}

    def households(self, ids: Collection[str] | None, rows: Iterable[StoredHousehold]) -> list[StoredHousehold]:
        """Return households as readers see them.

        Args:
            ids: those that were asked for; None where they were chosen otherwise.
            rows: as they are stored.
        """
        held = {row.household_id: row for row in rows}
        pending, wanted = self.pending(), [*(ids or held)]
        if pending is None:
            return list(held.values())
        for start in range(0, len(wanted), _CHUNK):
            kept = ImportJournal(self._session, self._cipher).households(
                pending.import_id, wanted[start : start + _CHUNK]
            )
            for household_id, (_version, before) in kept.items():
                held.pop(household_id, None)
                if before is not None:
                    held[household_id] = before
        return list(held.values())

    def _load(self, rows: Sequence[StoredPerson]) -> Mapping[str, PersonBefore | None]:
        assert self._verified is not None, "asked for just before"
        wanted = {row.person_id: row for row in rows if row.person_id not in self._looked_up}
        ids, import_id = sorted(wanted), self._verified.import_id
        journal = ImportJournal(self._session, self._cipher)
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            columns = (IMPORTED_PEOPLE.c.person_id, IMPORTED_PEOPLE.c.version, IMPORTED_PEOPLE.c.before)
            where = (IMPORTED_PEOPLE.c.import_id == import_id, IMPORTED_PEOPLE.c.person_id.in_(chunk))
            for found in self._session.execute(select(*columns).where(*where)):
                kept, row = KeptPerson(*found), wanted[found.person_id]
                self._people[kept.person_id] = journal.before(import_id, kept, row, person_cipher(self._cipher, row))
        self._looked_up |= set(ids)
        return {row.person_id: self._people[row.person_id] for row in rows if row.person_id in self._people}


def pending_view(session: "Session", cipher: "RecordCipher") -> PendingView:
    """Return the view of a unit of work: one for each session, so that it asks once where it sees one state."""
    kept = session.info.get(_KEPT)
    if not isinstance(kept, PendingView) or kept.cipher is not cipher:
        kept = session.info[_KEPT] = PendingView(session, cipher)
    return kept


def _shows_one_state(connection: Connection) -> bool:
    return connection.dialect.name != "postgresql" or connection.get_isolation_level() != "READ COMMITTED"
