"""The node's budgets in SQL. Statements of every round bypass the ORM: a round has a dozen of them."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Select, Table, bindparam, insert, literal_column, select, update
from sqlalchemy.orm import Session

from federated.budget.budget_store import PEOPLE, BudgetLimit, RecordedUnmasking, Reservation, Spend
from federated.budget.spend_chain import SpendLink, StoredLink
from federated.errors import BudgetDamaged
from federated.privacy.own_noise import OwnNoise
from federated.privacy.stages import Stage, position_of
from federated.storage.tables import BudgetRow, ReservationRow, SpendRow, UnmaskingRow
from presentation.messages import _
from service.sql_driver import DriverStatement, connection_of

_STAGES: Final = TypeAdapter(tuple[Stage, ...])
_LIMITS: Final = cast("Table", BudgetRow.__table__)
_RESERVATIONS: Final = cast("Table", ReservationRow.__table__)
_SPENDS: Final = cast("Table", SpendRow.__table__)
_UNMASKINGS: Final = cast("Table", UnmaskingRow.__table__)


def _reading(query: Select[*tuple[Any, ...]], *names: str) -> DriverStatement:
    return DriverStatement(query, names, query.selected_columns)


_LOCK: Final = _reading(
    select(_LIMITS.c.epsilon_limit, _LIMITS.c.delta, _LIMITS.c.population)
    .where(_LIMITS.c.population == bindparam("of_population"))
    .with_for_update(),
    "of_population",
)
_RESERVED: Final = select(
    _RESERVATIONS.c.campaign_id,
    _RESERVATIONS.c.dataset,
    _RESERVATIONS.c.stages,
    _RESERVATIONS.c.noise_shares,
    _RESERVATIONS.c.own_noise_training,
    _RESERVATIONS.c.own_noise_held_out,
    _RESERVATIONS.c.closed_at,
    _RESERVATIONS.c.charged,
)
_READ_RESERVATION: Final = _reading(
    _RESERVED.where(_RESERVATIONS.c.campaign_id == bindparam("of_campaign")), "of_campaign"
)
_READ_RESERVATIONS: Final = _reading(_RESERVED.order_by(_RESERVATIONS.c.reserved_at, _RESERVATIONS.c.campaign_id))
_PUT_RESERVATION: Final = DriverStatement(
    insert(_RESERVATIONS),
    [
        "campaign_id",
        "population",
        "dataset",
        "stages",
        "noise_shares",
        "own_noise_training",
        "own_noise_held_out",
        "reserved_at",
        "closed_at",
        "charged",
    ],
)
_CLOSE: Final = DriverStatement(
    update(_RESERVATIONS).where(_RESERVATIONS.c.campaign_id == bindparam("of_campaign")), ["closed_at", "of_campaign"]
)
_OF_ROUND: Final = (_SPENDS.c.campaign_id == bindparam("of_campaign")) & (_SPENDS.c.round == bindparam("of_round"))
_READ_SPEND: Final = _reading(
    select(_SPENDS.c.campaign_id, _SPENDS.c.round, _SPENDS.c.request_sha256, _SPENDS.c.reply, _SPENDS.c.spent_at).where(
        _OF_ROUND
    ),
    "of_campaign",
    "of_round",
)
_SPENT_ROUNDS: Final = select(_SPENDS.c.campaign_id, _SPENDS.c.round)
_SPENT_BY: Final = _reading(_SPENT_ROUNDS.where(_SPENDS.c.campaign_id == bindparam("of_campaign")), "of_campaign")
_SPENT: Final = _reading(_SPENT_ROUNDS)
_CHAINS: Final = _reading(select(_SPENDS.c.dataset).distinct().order_by(_SPENDS.c.dataset))
_LAST_LINK: Final = _reading(
    select(_SPENDS.c.sequence, _SPENDS.c.sha256)
    .where(_SPENDS.c.dataset == bindparam("of_dataset"))
    .order_by(_SPENDS.c.sequence.desc())
    .limit(literal_column("1"))  # numbers would become parameters
    .offset(literal_column("0")),
    "of_dataset",
)
_SPEND_COLUMNS: Final = [column.name for column in _SPENDS.c]
_PUT_SPEND: Final = DriverStatement(insert(_SPENDS), _SPEND_COLUMNS)
_LINK_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    _SPENDS.c.sequence,
    _SPENDS.c.previous_sha256,
    _SPENDS.c.campaign_id,
    _SPENDS.c.round,
    _SPENDS.c.request_sha256,
    _SPENDS.c.reply_sha256,
    _SPENDS.c.spent_at,
    _SPENDS.c.sha256,
)
_LINKS: Final = _reading(
    select(*_LINK_COLUMNS).where(_SPENDS.c.dataset == bindparam("of_dataset")).order_by(_SPENDS.c.sequence),
    "of_dataset",
)
_READ_UNMASKING: Final = _reading(
    select(_UNMASKINGS.c.request_sha256, _UNMASKINGS.c.reply).where(
        (_UNMASKINGS.c.campaign_id == bindparam("of_campaign")) & (_UNMASKINGS.c.round == bindparam("of_round"))
    ),
    "of_campaign",
    "of_round",
)
_PUT_UNMASKING: Final = DriverStatement(insert(_UNMASKINGS), ["campaign_id", "round", "request_sha256", "reply"])


class SqlBudgetStore:
    """A `BudgetStore` over the caller's session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock(self, population: str) -> BudgetLimit | None:
        """Return the limit of a population, holding its lock until the transaction ends."""
        row = _LOCK.one(connection_of(self._session), population)
        return BudgetLimit(*row) if row is not None else None

    def put_limit(self, limit: BudgetLimit, now: datetime) -> None:
        """Store or replace a limit."""
        row = BudgetRow(population=limit.population, epsilon_limit=limit.epsilon, delta=limit.delta, changed_at=now)
        self._session.merge(row)
        self._session.flush()

    def chains(self) -> tuple[str, ...]:
        """Return the data sets on which something was spent, sorted."""
        return tuple(dataset for (dataset,) in _CHAINS.all(connection_of(self._session)))

    def reservations(self) -> tuple[Reservation, ...]:
        """Return every reservation, oldest first."""
        connection = connection_of(self._session)
        spent = defaultdict[str, set[int]](set)
        for campaign_id, round_number in _SPENT.all(connection):
            spent[campaign_id].add(round_number)
        return tuple(_reservation(row, spent[row[0]]) for row in _READ_RESERVATIONS.all(connection))

    def reservation(self, campaign_id: str) -> Reservation | None:
        """Return the reservation of a campaign."""
        connection = connection_of(self._session)
        row = _READ_RESERVATION.one(connection, campaign_id)
        if row is None:
            return None
        return _reservation(row, (number for _, number in _SPENT_BY.all(connection, campaign_id)))

    def put_reservation(self, reservation: Reservation, now: datetime) -> None:
        """Store a new reservation."""
        stages = _STAGES.dump_json(reservation.stages).decode()
        own, campaign_id = reservation.own_noise, reservation.campaign_id
        terms = (reservation.dataset, stages, reservation.noise_shares, own.training, own.held_out)
        _PUT_RESERVATION.run(connection_of(self._session), campaign_id, PEOPLE, *terms, now, None, reservation.charged)

    def close(self, campaign_id: str, now: datetime) -> None:
        """Mark a reservation closed."""
        if not _CLOSE.run(connection_of(self._session), now, campaign_id):
            raise BudgetDamaged(
                _("falta la reserva de presupuesto de la campaña {campaign_id}", campaign_id=campaign_id)
            )

    def charge_all(self, now: datetime) -> None:
        """Mark every reservation charged, and closed where it is open."""
        self._session.execute(update(ReservationRow).values(charged=True))
        self._session.execute(update(ReservationRow).where(ReservationRow.closed_at.is_(None)).values(closed_at=now))

    def spend(self, campaign_id: str, round_number: int) -> Spend | None:
        """Return the spend of one round."""
        row = _READ_SPEND.one(connection_of(self._session), campaign_id, round_number)
        return Spend(*row) if row is not None else None

    def put_spend(self, dataset: str, spend: Spend) -> None:
        """Store a new spend as the next link of the chain of its data set."""
        connection = connection_of(self._session)
        sequence, previous = _LAST_LINK.one(connection, dataset) or (0, "")
        link = SpendLink(
            sequence=sequence + 1,
            previous=previous,
            campaign_id=spend.campaign_id,
            round=spend.round,
            request_sha256=spend.request_sha256,
            reply_sha256=hashlib.sha256(spend.reply).hexdigest(),
            spent_at=spend.spent_at,
        )
        values = {
            "campaign_id": link.campaign_id,
            "round": link.round,
            "request_sha256": link.request_sha256,
            "reply": spend.reply,
            "spent_at": link.spent_at,
            "dataset": dataset,
            "sequence": link.sequence,
            "reply_sha256": link.reply_sha256,
            "previous_sha256": link.previous,
            "sha256": link.sha256,
        }
        _PUT_SPEND.run(connection, *(values[name] for name in _SPEND_COLUMNS))

    def links(self, dataset: str) -> tuple[StoredLink, ...]:
        """Return the data set's chain, first spend first."""
        rows = _LINKS.all(connection_of(self._session), dataset)
        return tuple(StoredLink(SpendLink(*row[:-1]), row[-1]) for row in rows)

    def unmasking(self, campaign_id: str, round_number: int) -> RecordedUnmasking | None:
        """Return the stored reply to the unmasking of a spent round, or None."""
        row = _READ_UNMASKING.one(connection_of(self._session), campaign_id, round_number)
        return RecordedUnmasking(*row) if row is not None else None

    def put_unmasking(self, campaign_id: str, round_number: int, unmasking: RecordedUnmasking) -> None:
        """Store the one reply to the unmasking of a spent round."""
        connection = connection_of(self._session)
        _PUT_UNMASKING.run(connection, campaign_id, round_number, unmasking.request_sha256, unmasking.reply)


def _reservation(row: tuple[Any, ...], rounds: Iterable[int]) -> Reservation:
    campaign_id, dataset, stored, shares, training, held_out, closed_at, charged = row
    spent = frozenset(rounds)
    try:
        stages = _stages(stored)
    except ValidationError as error:
        raise BudgetDamaged(
            _("no se pueden leer las etapas de la campaña {campaign_id}", campaign_id=campaign_id)
        ) from error
    if any(position_of(stages, number) is None for number in spent):
        raise BudgetDamaged(
            _("la campaña {campaign_id} tiene rondas gastadas que nunca se reservaron", campaign_id=campaign_id)
        )
    return Reservation(
        campaign_id,
        dataset,
        stages,
        spent,
        closed=closed_at is not None,
        noise_shares=shares,
        own_noise=OwnNoise(training, held_out),
        charged=charged,
    )


@lru_cache(maxsize=256)
def _stages(stored: str) -> tuple[Stage, ...]:
    return _STAGES.validate_json(stored)
