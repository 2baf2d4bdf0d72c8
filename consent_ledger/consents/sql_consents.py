"""The projection of consents in a relational database, inside a session that the caller opens and commits."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Protocol, cast

from pydantic import ValidationError
from sqlalchemy import Select, Table, bindparam, delete, func, select
from sqlalchemy.orm import Session

from consent_ledger.consents.model import VALID_FOR_PROCESSING, ConsentView
from consent_ledger.errors import LedgerDamaged
from consent_ledger.log.tables import ConsentRow
from presentation.messages import _
from service.sql_driver import DriverStatement, connection_of

_CHUNK: Final = 500
"""Ids named in one statement."""
_CONSENTS: Final = cast("Table", ConsentRow.__table__)
_COLUMNS: Final = (_CONSENTS.c.consent_id, _CONSENTS.c.document)


StoredConsent = tuple[str, str]
"""Id and document of a consent."""


class ConsentGuard(Protocol):
    """Keeps what others may do to the table from being taken for what this entity wrote."""

    def read(self, person_ref: str, read: Callable[[], list[StoredConsent]]) -> list[StoredConsent]:
        """Return the consents of a person as `read` reads them.

        Raises:
            RedpactError: they are not those that this entity wrote last.
        """
        ...

    def read_all(self, read: Callable[[], dict[str, list[StoredConsent]]]) -> dict[str, list[StoredConsent]]:
        """Return consents by person as `read` reads them: all of each person.

        Raises:
            RedpactError: those of a person are not those that this entity wrote last.
        """
        ...

    def note(self, person_ref: str, consents: Collection[StoredConsent], *, erased: bool = False) -> None:
        """Note the consents of a person after a change; `erased` when they were not read before it."""
        ...


class SqlConsentStore:
    """A `ConsentStore` over SQLAlchemy.

    On PostgreSQL reads lock the rows (shared for a person's, exclusive for one): a release and a withdrawal of the same
    consent wait for each other. On SQLite the transaction itself is the lock.
    """

    def __init__(self, session: Session, guard: ConsentGuard | None = None) -> None:
        self._session = session
        self._guard = guard

    def get(self, consent_id: str) -> ConsentView | None:
        """See `ConsentStore`."""
        query = select(_CONSENTS.c.person_ref, *_COLUMNS).where(_CONSENTS.c.consent_id == consent_id)
        row = self._session.execute(query.with_for_update()).one_or_none()
        if row is None:
            return None
        found = self._of_person(row.person_ref) if self._guard else [(row.consent_id, row.document)]
        return next((_view(*each) for each in found if each[0] == consent_id), None)

    def put(self, view: ConsentView) -> None:
        """See `ConsentStore`."""
        before = self._of_person(view.person_ref) if self._guard else []
        document = view.model_dump_json()
        self._session.merge(
            ConsentRow(
                consent_id=view.consent_id,
                person_ref=view.person_ref,
                state=view.state.value,
                given_index=view.given_index,
                last_index=view.last_index,
                valid_until=view.record.valid_until,
                document=document,
            )
        )
        self._session.flush()
        if self._guard:
            self._guard.note(view.person_ref, list((dict(before) | {view.consent_id: document}).items()))

    def of_person(self, person_ref: str) -> Sequence[ConsentView]:
        """See `ConsentStore`."""
        return [_view(*row) for row in self._of_person(person_ref)]

    def _of_person(self, person_ref: str) -> list[StoredConsent]:
        def read() -> list[StoredConsent]:
            return [(row[0], row[1]) for row in _OF_PERSON.all(connection_of(self._session), person_ref)]

        return self._guard.read(person_ref, read) if self._guard else read()

    def all(self) -> Sequence[ConsentView]:
        """See `ConsentStore`."""

        def read() -> dict[str, list[StoredConsent]]:
            by_person: dict[str, list[StoredConsent]] = {}
            for person_ref, *row in self._session.execute(select(_CONSENTS.c.person_ref, *_COLUMNS)):
                by_person.setdefault(person_ref, []).append((row[0], row[1]))
            return by_person

        found = self._guard.read_all(read) if self._guard else read()
        views = (_view(*row) for rows in found.values() for row in rows)
        return sorted(views, key=lambda view: view.given_index)

    def forget(self, consent_ids: Sequence[str]) -> None:
        """See `ConsentStore`."""
        people: dict[str, list[StoredConsent]] = {}
        for first in range(0, len(consent_ids), _CHUNK):
            chosen = _CONSENTS.c.consent_id.in_(consent_ids[first : first + _CHUNK])
            for person_ref in self._session.scalars(select(_CONSENTS.c.person_ref).where(chosen).distinct()):
                if person_ref not in people:
                    people[person_ref] = self._kept(person_ref, frozenset(consent_ids))
            self._session.execute(delete(ConsentRow).where(chosen))
        for person_ref, kept in people.items():
            if self._guard:
                self._guard.note(person_ref, kept, erased=not kept)

    def _kept(self, person_ref: str, gone: frozenset[str]) -> list[StoredConsent]:
        """Return the consents of a person but some; verified, unless nothing is left of them."""
        rows = _OF_PERSON.all(connection_of(self._session), person_ref)
        kept = [row for row in rows if row[0] not in gone]
        return [row for row in self._of_person(person_ref) if row[0] not in gone] if kept else []

    def lapsed(self, now: datetime) -> Sequence[ConsentView]:
        """See `ConsentStore`."""
        states = sorted(state.value for state in VALID_FOR_PROCESSING)
        query = select(ConsentRow).where(ConsentRow.state.in_(states), ConsentRow.valid_until <= now)
        return self._read(query.order_by(ConsentRow.given_index).with_for_update())

    def changed_since(self, index: int) -> Sequence[ConsentView]:
        """Return the consents whose newest change is a ledger entry after `index`, in the order of the changes.

        They are not verified: what is made of them is advice to other entities, and releases nothing.
        """
        return self._read(select(ConsentRow).where(ConsentRow.last_index > index).order_by(ConsentRow.last_index))

    def count(self) -> int:
        """Return the number of consents in any state."""
        return self._session.scalar(select(func.count()).select_from(ConsentRow)) or 0

    def _read(self, query: Select[Any]) -> list[ConsentView]:
        # Rows may have been read earlier in this session, before another process changed them.
        rows = self._session.execute(query.execution_options(populate_existing=True)).scalars()
        return [_view(row.consent_id, row.document) for row in rows]


# What every request of another entity reads.
_OF_PERSON: Final = DriverStatement(
    select(*_COLUMNS)
    .where(_CONSENTS.c.person_ref == bindparam("person"))
    .order_by(_CONSENTS.c.given_index)
    .with_for_update(read=True),
    ["person"],
    _COLUMNS,
)

_parsed: Final = lru_cache(maxsize=2048)(ConsentView.model_validate_json)
"""By content, so that nothing stale can be found: the same text is the same consent, and none can be changed."""


def _view(consent_id: str, document: str) -> ConsentView:
    try:
        return _parsed(document)
    except ValidationError as error:
        raise LedgerDamaged(
            _("no se puede leer el consentimiento guardado {consent_id}", consent_id=consent_id),
            remedy=_("restaure la última copia de seguridad"),
        ) from error
