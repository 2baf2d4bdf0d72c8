"""The projection of consents in a relational database, inside a session that the caller opens and commits."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast

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


class SqlConsentStore:
    """A `ConsentStore` over SQLAlchemy.

    On PostgreSQL reads lock the rows (shared for a person's, exclusive for one): a release and a withdrawal of the same
    consent wait for each other. On SQLite the transaction itself is the lock.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, consent_id: str) -> ConsentView | None:
        """See `ConsentStore`."""
        views = self._read(select(ConsentRow).where(ConsentRow.consent_id == consent_id).with_for_update())
        return views[0] if views else None

    def put(self, view: ConsentView) -> None:
        """See `ConsentStore`."""
        self._session.merge(
            ConsentRow(
                consent_id=view.consent_id,
                person_ref=view.person_ref,
                state=view.state.value,
                given_index=view.given_index,
                last_index=view.last_index,
                valid_until=view.record.valid_until,
                document=view.model_dump_json(),
            )
        )
        self._session.flush()

    def of_person(self, person_ref: str) -> Sequence[ConsentView]:
        """See `ConsentStore`."""
        return [_view(*row) for row in _OF_PERSON.all(connection_of(self._session), person_ref)]

    def all(self) -> Sequence[ConsentView]:
        """See `ConsentStore`."""
        return self._read(select(ConsentRow).order_by(ConsentRow.given_index))

    def forget(self, consent_ids: Sequence[str]) -> None:
        """See `ConsentStore`."""
        for first in range(0, len(consent_ids), _CHUNK):
            chosen = consent_ids[first : first + _CHUNK]
            self._session.execute(delete(ConsentRow).where(ConsentRow.consent_id.in_(chosen)))

    def lapsed(self, now: datetime) -> Sequence[ConsentView]:
        """See `ConsentStore`."""
        states = sorted(state.value for state in VALID_FOR_PROCESSING)
        query = select(ConsentRow).where(ConsentRow.state.in_(states), ConsentRow.valid_until <= now)
        return self._read(query.order_by(ConsentRow.given_index).with_for_update())

    def changed_since(self, index: int) -> Sequence[ConsentView]:
        """Return the consents whose newest change is a ledger entry after `index`, in the order of the changes."""
        return self._read(select(ConsentRow).where(ConsentRow.last_index > index).order_by(ConsentRow.last_index))

    def count(self) -> int:
        """Return the number of consents in any state."""
        return self._session.scalar(select(func.count()).select_from(ConsentRow)) or 0

    def _read(self, query: Select[Any]) -> list[ConsentView]:
        # Rows may have been read earlier in this session, before another process changed them.
        rows = self._session.execute(query.execution_options(populate_existing=True)).scalars()
        return [_view(row.consent_id, row.document) for row in rows]


# What every request of another entity reads.
_CONSENTS: Final = cast("Table", ConsentRow.__table__)
_COLUMNS: Final = (_CONSENTS.c.consent_id, _CONSENTS.c.document)
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
