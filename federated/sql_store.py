"""The node's decisions and budgets in SQL."""

import hashlib
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consent_ledger.signing import Envelope
from federated.budget import BudgetLimit, Reservation, Spend, Unmasking
from federated.campaigns import CampaignRecord
from federated.decision import Verdict
from federated.errors import BudgetDamaged
from federated.spend_chain import SpendLink, StoredLink
from federated.stages import Stage, position_of
from federated.tables import BudgetRow, CampaignRow, ReservationRow, SpendRow, UnmaskingRow

_STAGES: Final = TypeAdapter(tuple[Stage, ...])


class SqlCampaignStore:
    """A `CampaignStore` over the caller's session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, campaign_id: str) -> CampaignRecord | None:
        """Return a campaign, or None."""
        row = self._session.get(CampaignRow, campaign_id)
        return _record(row) if row is not None else None

    def put(self, record: CampaignRecord) -> None:
        """Store a new decision; a decision is never replaced."""
        self._session.add(
            CampaignRow(
                campaign_id=record.campaign_id,
                manifest_sha256=record.manifest_sha256,
                manifest=record.manifest.to_json(),
                decision=record.decision.to_json(),
                verdict=record.verdict.value,
                dataset=record.dataset,
                decided_at=record.decided,
            )
        )
        self._session.flush()

    def all(self) -> tuple[CampaignRecord, ...]:
        """Return every decided campaign, oldest first."""
        query = select(CampaignRow).order_by(CampaignRow.decided_at, CampaignRow.campaign_id)
        return tuple(_record(row) for row in self._session.scalars(query))


class SqlBudgetStore:
    """A `BudgetStore` over the caller's session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock(self, dataset: str) -> BudgetLimit | None:
        """Return the limit of a data set, holding its lock until the transaction ends."""
        query = select(BudgetRow).where(BudgetRow.dataset == dataset).with_for_update()
        row = self._session.scalars(query.execution_options(populate_existing=True)).one_or_none()
        return BudgetLimit(row.dataset, row.epsilon_limit, row.delta) if row is not None else None

    def put_limit(self, limit: BudgetLimit, now: datetime) -> None:
        """Store or replace a limit."""
        row = BudgetRow(dataset=limit.dataset, epsilon_limit=limit.epsilon, delta=limit.delta, changed_at=now)
        self._session.merge(row)
        self._session.flush()

    def datasets(self) -> tuple[str, ...]:
        """Return the data sets that have a limit, sorted."""
        return tuple(self._session.scalars(select(BudgetRow.dataset).order_by(BudgetRow.dataset)))

    def reservations(self, dataset: str) -> tuple[Reservation, ...]:
        """Return every reservation on a data set, oldest first."""
        query = (
            select(ReservationRow)
            .where(ReservationRow.dataset == dataset)
            .order_by(ReservationRow.reserved_at, ReservationRow.campaign_id)
        )
        return tuple(self._reservation(row) for row in self._session.scalars(query))

    def reservation(self, campaign_id: str) -> Reservation | None:
        """Return the reservation of a campaign."""
        row = self._session.get(ReservationRow, campaign_id)
        return self._reservation(row) if row is not None else None

    def put_reservation(self, reservation: Reservation, now: datetime) -> None:
        """Store a new reservation."""
        self._session.add(
            ReservationRow(
                campaign_id=reservation.campaign_id,
                dataset=reservation.dataset,
                stages=_STAGES.dump_json(reservation.stages).decode(),
                reserved_at=now,
            )
        )
        self._session.flush()

    def close(self, campaign_id: str, now: datetime) -> None:
        """Mark a reservation closed."""
        row = self._session.get(ReservationRow, campaign_id)
        if row is None:
            raise BudgetDamaged(f"the reservation of campaign {campaign_id} is gone")
        row.closed_at = now
        self._session.flush()

    def spend(self, campaign_id: str, round_number: int) -> Spend | None:
        """Return the spend of one round."""
        row = self._session.get(SpendRow, (campaign_id, round_number))
        if row is None:
            return None
        return Spend(row.campaign_id, row.round, row.request_sha256, row.reply, row.spent_at)

    def last_round(self, campaign_id: str) -> int:
        """Return the highest round spent, 0 for none."""
        query = select(func.max(SpendRow.round)).where(SpendRow.campaign_id == campaign_id)
        return self._session.scalars(query).one() or 0

    def put_spend(self, dataset: str, spend: Spend) -> None:
        """Store a new spend as the next link of the data set's chain."""
        query = select(SpendRow.sequence, SpendRow.sha256).where(SpendRow.dataset == dataset)
        last = self._session.execute(query.order_by(SpendRow.sequence.desc()).limit(1)).one_or_none()
        link = SpendLink(
            sequence=last.sequence + 1 if last is not None else 1,
            previous=last.sha256 if last is not None else "",
            campaign_id=spend.campaign_id,
            round=spend.round,
            request_sha256=spend.request_sha256,
            reply_sha256=hashlib.sha256(spend.reply).hexdigest(),
            spent_at=spend.spent_at,
        )
        self._session.add(
            SpendRow(
                campaign_id=spend.campaign_id,
                round=spend.round,
                request_sha256=spend.request_sha256,
                reply=spend.reply,
                spent_at=spend.spent_at,
                dataset=dataset,
                sequence=link.sequence,
                reply_sha256=link.reply_sha256,
                previous_sha256=link.previous,
                sha256=link.sha256,
            )
        )
        self._session.flush()

    def links(self, dataset: str) -> tuple[StoredLink, ...]:
        """Return the data set's chain, first spend first."""
        query = (
            select(
                SpendRow.sequence,
                SpendRow.previous_sha256,
                SpendRow.campaign_id,
                SpendRow.round,
                SpendRow.request_sha256,
                SpendRow.reply_sha256,
                SpendRow.spent_at,
                SpendRow.sha256,
            )
            .where(SpendRow.dataset == dataset)
            .order_by(SpendRow.sequence)
        )
        return tuple(StoredLink(SpendLink(*row[:-1]), row[-1]) for row in self._session.execute(query))

    def unmasking(self, campaign_id: str, round_number: int) -> Unmasking | None:
        """Return how the unmasking of a spent round was answered, or None."""
        row = self._session.get(UnmaskingRow, (campaign_id, round_number))
        return Unmasking(row.request_sha256, row.reply) if row is not None else None

    def put_unmasking(self, campaign_id: str, round_number: int, unmasking: Unmasking) -> None:
        """Store the one answer to the unmasking of a spent round."""
        self._session.add(
            UnmaskingRow(
                campaign_id=campaign_id,
                round=round_number,
                request_sha256=unmasking.request_sha256,
                reply=unmasking.reply,
            )
        )
        self._session.flush()

    def _reservation(self, row: ReservationRow) -> Reservation:
        query = select(SpendRow.round).where(SpendRow.campaign_id == row.campaign_id)
        spent = frozenset(self._session.scalars(query))
        try:
            stages = _STAGES.validate_json(row.stages)
        except ValidationError as error:
            raise BudgetDamaged(f"the stages of campaign {row.campaign_id} cannot be read") from error
        if any(position_of(stages, number) is None for number in spent):
            raise BudgetDamaged(f"campaign {row.campaign_id} has rounds spent that were never reserved")
        return Reservation(row.campaign_id, row.dataset, stages, spent, closed=row.closed_at is not None)


def _record(row: CampaignRow) -> CampaignRecord:
    return CampaignRecord(
        row.campaign_id,
        row.manifest_sha256,
        Envelope.from_json(row.manifest),
        Envelope.from_json(row.decision),
        Verdict(row.verdict),
        row.dataset,
        row.decided_at,
    )
