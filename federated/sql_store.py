"""The node's decisions and budgets in SQL."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consent_ledger.signing import Envelope
from federated.budget import BudgetLimit, Reservation, Spend
from federated.campaigns import CampaignRecord
from federated.decision import Verdict
from federated.errors import BudgetDamaged
from federated.tables import BudgetRow, CampaignRow, ReservationRow, SpendRow


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
                noise_multiplier=reservation.noise_multiplier,
                rounds=reservation.rounds,
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

    def put_spend(self, spend: Spend) -> None:
        """Store a new spend."""
        self._session.add(
            SpendRow(
                campaign_id=spend.campaign_id,
                round=spend.round,
                request_sha256=spend.request_sha256,
                reply=spend.reply,
                spent_at=spend.spent_at,
            )
        )
        self._session.flush()

    def _reservation(self, row: ReservationRow) -> Reservation:
        query = select(func.count()).select_from(SpendRow).where(SpendRow.campaign_id == row.campaign_id)
        spent = self._session.scalars(query).one()
        if spent > row.rounds:
            raise BudgetDamaged(f"campaign {row.campaign_id} has more rounds spent than reserved")
        return Reservation(
            row.campaign_id, row.dataset, row.noise_multiplier, row.rounds, spent, closed=row.closed_at is not None
        )


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
