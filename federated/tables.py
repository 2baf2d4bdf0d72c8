"""Tables of federated learning: decisions and the epsilon ledger at the node, the message table at the coordinator."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Float, ForeignKeyConstraint, Index, Integer, LargeBinary, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from consent_ledger.columns import UtcDateTime


class Base(DeclarativeBase):
    """Tables of a node."""


class GridBase(DeclarativeBase):
    """Tables of a coordinator."""


class CampaignRow(Base):
    """A manifest this entity decided on, with its own signed decision."""

    __tablename__ = "federated_campaigns"
    __table_args__ = (
        CheckConstraint("verdict IN ('approved', 'refused')", name="ck_federated_campaigns_verdict"),
        Index("ix_federated_campaigns_decided_at", "decided_at"),
    )

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    manifest: Mapped[bytes] = mapped_column(LargeBinary)
    decision: Mapped[bytes] = mapped_column(LargeBinary)
    verdict: Mapped[str] = mapped_column(String(16))
    dataset: Mapped[str] = mapped_column(String(100))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime())


class BudgetRow(Base):
    """The limit of one data set; its row is the lock for everything spent on it."""

    __tablename__ = "federated_budgets"
    __table_args__ = (CheckConstraint("epsilon_limit > 0", name="ck_federated_budgets_limit"),)

    dataset: Mapped[str] = mapped_column(String(100), primary_key=True)
    epsilon_limit: Mapped[float] = mapped_column(Float)
    delta: Mapped[float] = mapped_column(Float)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime())


class ReservationRow(Base):
    """What an approved campaign may spend on a data set."""

    __tablename__ = "federated_reservations"
    __table_args__ = (
        ForeignKeyConstraint(["dataset"], ["federated_budgets.dataset"], name="fk_federated_reservations_dataset"),
        CheckConstraint("noise_multiplier > 0", name="ck_federated_reservations_noise"),
        Index("ix_federated_reservations_dataset", "dataset"),
    )

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(100))
    noise_multiplier: Mapped[float] = mapped_column(Float)
    rounds: Mapped[int] = mapped_column(Integer)
    reserved_at: Mapped[datetime] = mapped_column(UtcDateTime())
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), nullable=True)


class SpendRow(Base):
    """One round's spend, with the very bytes that left: asked again, the same bytes are sent."""

    __tablename__ = "federated_spends"
    __table_args__ = (
        ForeignKeyConstraint(
            ["campaign_id"], ["federated_reservations.campaign_id"], name="fk_federated_spends_campaign_id"
        ),
        CheckConstraint("round >= 1", name="ck_federated_spends_round"),
    )

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    round: Mapped[int] = mapped_column(Integer, primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    reply: Mapped[bytes] = mapped_column(LargeBinary)
    spent_at: Mapped[datetime] = mapped_column(UtcDateTime())


class GridTaskRow(GridBase):
    """One message to one entity, and its reply."""

    __tablename__ = "federated_grid_tasks"
    __table_args__ = (
        Index("ix_federated_grid_tasks_entity", "entity", "replied_at"),
        Index("ix_federated_grid_tasks_campaign_id", "campaign_id"),
    )

    task_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(String(32))
    entity: Mapped[str] = mapped_column(String(63))
    round: Mapped[int] = mapped_column(Integer)
    message: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    reply: Mapped[bytes | None] = mapped_column(LargeBinary, nullable=True)
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), nullable=True)
