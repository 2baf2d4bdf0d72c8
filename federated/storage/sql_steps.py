"""The node's answered steps, and the campaigns that a refusal closed, in SQL. Steps bypass the ORM: a round has two."""

from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Select, Table, bindparam, func, insert, literal_column, select
from sqlalchemy.orm import Session

from federated.participation.closures import Closure
from federated.participation.step_order import AnsweredStep
from federated.storage.tables import ClosureRow, StepRow
from service.sql_driver import DriverStatement, connection_of

_STEPS: Final = cast("Table", StepRow.__table__)
_COLUMNS: Final = (_STEPS.c.step, _STEPS.c.request_sha256, _STEPS.c.shared_sha256, _STEPS.c.chain, _STEPS.c.reply)
_OF_CAMPAIGN: Final = _STEPS.c.campaign_id == bindparam("of_campaign")


def _reading(query: Select[*tuple[Any, ...]], *names: str) -> DriverStatement:
    return DriverStatement(query, names, query.selected_columns)


_FIND: Final = _reading(
    select(*_COLUMNS).where(_OF_CAMPAIGN & (_STEPS.c.step == bindparam("of_step"))), "of_campaign", "of_step"
)
_LAST: Final = _reading(
    select(*_COLUMNS)
    .where(_OF_CAMPAIGN)
    .order_by(_STEPS.c.sequence.desc())
    .limit(literal_column("1"))  # numbers would become parameters
    .offset(literal_column("0")),
    "of_campaign",
)
_NUMBER: Final = _reading(select(func.count(_STEPS.c.sequence)).where(_OF_CAMPAIGN), "of_campaign")
_PUT: Final = DriverStatement(
    insert(_STEPS),
    ["campaign_id", "sequence", "step", "request_sha256", "shared_sha256", "chain", "reply", "answered_at"],
)


class SqlStepStore:
    """A `StepStore` over the caller's session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, campaign_id: str, step: str) -> AnsweredStep | None:
        """Return an answered step of a campaign, or None."""
        row = _FIND.one(connection_of(self._session), campaign_id, step)
        return AnsweredStep(*row) if row is not None else None

    def last(self, campaign_id: str) -> AnsweredStep | None:
        """Return the step of a campaign that was answered last, or None."""
        row = _LAST.one(connection_of(self._session), campaign_id)
        return AnsweredStep(*row) if row is not None else None

    def put(self, campaign_id: str, answered: AnsweredStep, now: datetime) -> None:
        """Store a newly answered step as the last of its campaign."""
        connection = connection_of(self._session)
        (number,) = _NUMBER.one(connection, campaign_id) or (0,)
        _PUT.run(
            connection,
            campaign_id,
            number + 1,
            answered.step,
            answered.request_sha256,
            answered.shared_sha256,
            answered.chain,
            answered.reply,
            now,
        )


class SqlClosureStore:
    """A `ClosureStore` over the caller's session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, closure: Closure) -> None:
        """Store the closure of a campaign that has none."""
        self._session.add(
            ClosureRow(
                campaign_id=closure.campaign_id,
                step=closure.step,
                code=closure.code,
                reason=closure.reason,
                closed_at=closure.closed_at,
            )
        )
        self._session.flush()

    def all(self) -> tuple[Closure, ...]:
        """Return every closure, oldest first."""
        rows = self._session.scalars(select(ClosureRow).order_by(ClosureRow.closed_at, ClosureRow.campaign_id))
        return tuple(Closure(row.campaign_id, row.step, row.code, row.reason, row.closed_at) for row in rows)
