"""The signed query log: every request to evaluate and every question, as the entity signed it.

Quotas are counted and guessing is detected from it, so that an entity can be shown the requests that count against it.
Works inside the caller's transaction.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, cast

from sqlalchemy import Table, bindparam, case, delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from presentation.messages import _
from records_exchange.errors import RequestReplayed
from records_exchange.guessing import Usage
from records_exchange.key_holding.tables import QueryRow
from records_exchange.request import payload_digest
from trust.signing import Envelope

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
_REFUSAL_EVERY: Final = timedelta(minutes=1)
"""Interval at which refusals of one entity are recorded: a flood shows, and makes us write little."""

_QUERIES: Final = cast("Table", QueryRow.__table__)

# Built once: these run for every request.
_ADD: Final = insert(_QUERIES)
_USED: Final = select(
    func.coalesce(func.sum(case((QueryRow.time > bindparam("hour"), QueryRow.amount), else_=0)), 0).label("hour"),
    func.coalesce(func.sum(QueryRow.amount), 0).label("day"),
).where(QueryRow.entity == bindparam("entity"), QueryRow.kind == bindparam("kind"), QueryRow.time > bindparam("day"))


_BY_ALL: Final = select(func.coalesce(func.sum(QueryRow.amount), 0)).where(
    QueryRow.kind == bindparam("kind"), QueryRow.time > bindparam("day")
)


class QueryKind(StrEnum):
    """The kinds of request."""

    EVALUATE = "evaluate"
    FIND = "find"


@dataclass(frozen=True, slots=True)
class Query:
    """A request to record, with the amount of the quota that it takes."""

    entity: str
    kind: QueryKind
    amount: int
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class LoggedQuery:
    """A recorded request, as the entity signed it; an amount of 0 is one beyond the quota."""

    time: datetime
    entity: str
    kind: str
    amount: int
    request_sha256: str
    envelope: bytes

    def document(self) -> dict[str, Any]:
        """Return the request as JSON values."""
        return {
            "time": self.time.isoformat(),
            "entity": self.entity,
            "kind": self.kind,
            "amount": self.amount,
            "request_sha256": self.request_sha256,
            "envelope": json.loads(self.envelope),
        }


class QueryLog:
    """The query log in SQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def used(self, entity: str, kind: QueryKind, now: datetime) -> tuple[int, int]:
        """Return the amounts that an entity used in the last hour and in the last day."""
        key = {"entity": entity, "kind": kind.value, "hour": now - HOUR, "day": now - DAY}
        row = self._session.connection().execute(_USED, key).one()
        return int(row.hour), int(row.day)

    def used_by_all(self, kind: QueryKind, now: datetime) -> int:
        """Return the amount that all entities used in the last day."""
        return int(self._session.connection().execute(_BY_ALL, {"kind": kind.value, "day": now - DAY}).scalar_one())

    def add(self, query: Query, now: datetime, *, found: bool | None = None) -> None:
        """Record a request. After `RequestReplayed` the transaction cannot be used any more.

        Raises:
            RequestReplayed: it is recorded already.
        """
        try:
            self._session.connection().execute(
                _ADD,
                {
                    "time": now,
                    "entity": query.entity,
                    "kind": query.kind.value,
                    "amount": query.amount,
                    "found": found,
                    "request_sha256": payload_digest(query.envelope),
                    "envelope": query.envelope.to_json(),
                },
            )
        except IntegrityError as error:
            raise RequestReplayed(
                _("esta petición de {entity} ya se contestó", entity=query.entity), remedy=_("haga una petición nueva")
            ) from error

    def note_refusal(self, query: Query, now: datetime) -> None:
        """Record that an entity was refused for its quota, unless that was recorded less than a minute ago."""
        recent = select(func.count()).where(
            QueryRow.entity == query.entity, QueryRow.amount == 0, QueryRow.time > now - _REFUSAL_EVERY
        )
        digest = payload_digest(query.envelope)
        known = select(func.count()).where(QueryRow.request_sha256 == digest)
        if not self._session.scalar(recent) and not self._session.scalar(known):
            self.add(Query(query.entity, query.kind, 0, query.envelope), now)

    def usages(self, since: datetime) -> tuple[Usage, ...]:
        """Return the usage of every entity since a moment, by entity id."""
        asked = (QueryRow.kind == QueryKind.FIND.value) & (QueryRow.amount > 0)
        query = (
            select(
                QueryRow.entity,
                func.sum(case((asked, 1), else_=0)).label("questions"),
                func.sum(case((asked & QueryRow.found.is_(False), 1), else_=0)).label("misses"),
                func.sum(case((QueryRow.kind == QueryKind.EVALUATE.value, QueryRow.amount), else_=0)).label("points"),
                func.sum(case((QueryRow.amount == 0, 1), else_=0)).label("refused"),
            )
            .where(QueryRow.time > since)
            .group_by(QueryRow.entity)
            .order_by(QueryRow.entity)
        )
        return tuple(
            Usage(row.entity, int(row.questions), int(row.misses), int(row.points), int(row.refused))
            for row in self._session.execute(query)
        )

    def list(self, since: datetime, *, entity: str = "") -> list[LoggedQuery]:
        """Return the requests since a moment, newest first, of one entity or of all."""
        query = select(QueryRow).where(QueryRow.time > since).order_by(QueryRow.id.desc())
        if entity:
            query = query.where(QueryRow.entity == entity)
        return [
            LoggedQuery(row.time, row.entity, row.kind, row.amount, row.request_sha256, row.envelope)
            for row in self._session.scalars(query)
        ]

    def delete_before(self, moment: datetime) -> int:
        """Delete the requests before a moment, and return their number."""
        return self._session.connection().execute(delete(_QUERIES).where(_QUERIES.c.time < moment)).rowcount
