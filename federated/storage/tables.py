"""Tables of federated learning: decisions and the epsilon ledger at the node, the message table at the coordinator."""

from datetime import datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import UtcDateTime


class Base(DeclarativeBase):
    """Tables of a node."""


class CoordinatorBase(DeclarativeBase):
    """Tables of a coordinator."""


class CampaignRow(Base):
    """A manifest that this entity decided on, with its signed decision."""

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
    """The limit of a population; its row is the lock for everything spent on it."""

    __tablename__ = "federated_budgets"
    __table_args__ = (CheckConstraint("epsilon_limit > 0", name="ck_federated_budgets_limit"),)

    population: Mapped[str] = mapped_column(String(100), primary_key=True)
    epsilon_limit: Mapped[float] = mapped_column(Float)
    delta: Mapped[float] = mapped_column(Float)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime())


class ReservationRow(Base):
    """The reservation of an approved campaign; every one is on the budget of the entity's people."""

    __tablename__ = "federated_reservations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["population"], ["federated_budgets.population"], name="fk_federated_reservations_dataset"
        ),
    )

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    population: Mapped[str] = mapped_column(String(100))
    dataset: Mapped[str] = mapped_column(String(100), server_default="")
    stages: Mapped[str] = mapped_column(Text)  # JSON list of federated.privacy.stages.Stage
    noise_shares: Mapped[int] = mapped_column(Integer, server_default="5000")
    own_noise_training: Mapped[float] = mapped_column(Float, server_default="1")  # as privacy.own_noise.OwnNoise
    own_noise_held_out: Mapped[float] = mapped_column(Float, server_default="1")
    reserved_at: Mapped[datetime] = mapped_column(UtcDateTime())
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), nullable=True)
    charged: Mapped[bool] = mapped_column(Boolean, server_default=false())


class SpendRow(Base):
    """One round's spend with the bytes of the reply, which a repeated request gets again."""

    __tablename__ = "federated_spends"
    __table_args__ = (
        ForeignKeyConstraint(
            ["campaign_id"], ["federated_reservations.campaign_id"], name="fk_federated_spends_campaign_id"
        ),
        CheckConstraint("round >= 1", name="ck_federated_spends_round"),
        UniqueConstraint("dataset", "sequence", name="uq_federated_spends_sequence"),
    )

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    round: Mapped[int] = mapped_column(Integer, primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    reply: Mapped[bytes] = mapped_column(LargeBinary)
    spent_at: Mapped[datetime] = mapped_column(UtcDateTime())
    dataset: Mapped[str] = mapped_column(String(100))
    sequence: Mapped[int] = mapped_column(Integer)
    """Place in the data set's hash chain, see `federated.budget.spend_chain`."""
    reply_sha256: Mapped[str] = mapped_column(String(64))
    previous_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))


class UnmaskingRow(Base):
    """The one reply of this entity to the list of survivors of a round."""

    __tablename__ = "federated_unmaskings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["campaign_id", "round"],
            ["federated_spends.campaign_id", "federated_spends.round"],
            name="fk_federated_unmaskings_round",
        ),
    )

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    round: Mapped[int] = mapped_column(Integer, primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    reply: Mapped[bytes] = mapped_column(LargeBinary)


class StepRow(Base):
    """A step of a campaign that this entity answered, at its place in the campaign's chain."""

    __tablename__ = "federated_steps"
    __table_args__ = (
        ForeignKeyConstraint(
            ["campaign_id"], ["federated_reservations.campaign_id"], name="fk_federated_steps_campaign_id"
        ),
        UniqueConstraint("campaign_id", "step", name="uq_federated_steps_step"),
    )

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    sequence: Mapped[int] = mapped_column(Integer, primary_key=True)
    step: Mapped[str] = mapped_column(String(32))
    request_sha256: Mapped[str] = mapped_column(String(64))
    shared_sha256: Mapped[str] = mapped_column(String(64))
    chain: Mapped[str] = mapped_column(String(64))
    reply: Mapped[bytes | None] = mapped_column(LargeBinary, nullable=True)
    """None where a spend or an unmasking keeps it."""
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime())


class ClosureRow(Base):
    """A campaign whose reservation a refused step closed for good."""

    __tablename__ = "federated_closures"
    __table_args__ = (
        ForeignKeyConstraint(
            ["campaign_id"], ["federated_reservations.campaign_id"], name="fk_federated_closures_campaign_id"
        ),
    )

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    step: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime())


class EnrolmentRow(Base):
    """This entity's enrolment in a campaign."""

    __tablename__ = "federated_enrolments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["campaign_id"], ["federated_reservations.campaign_id"], name="fk_federated_enrolments_campaign_id"
        ),
    )

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    statement: Mapped[bytes] = mapped_column(LargeBinary)  # DSSE JSON of the signed public key, as sent
    commitments: Mapped[bytes | None] = mapped_column(LargeBinary)  # JSON list of everybody's, as shown before the keys
    cohort: Mapped[bytes | None] = mapped_column(LargeBinary)  # JSON list of every member's statement, as accepted
    agreement: Mapped[bytes | None] = mapped_column(LargeBinary)  # DSSE JSON of what this entity signed about it
    agreements: Mapped[bytes | None] = mapped_column(LargeBinary)  # JSON list of every member's agreement


class EnrolmentSecretRow(Base):
    """A sealed secret of a campaign; the rows are deleted when the campaign is over."""

    __tablename__ = "federated_enrolment_secrets"
    __table_args__ = (
        ForeignKeyConstraint(
            ["campaign_id"], ["federated_enrolments.campaign_id"], name="fk_federated_enrolment_secrets_campaign_id"
        ),
    )

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret: Mapped[str] = mapped_column(String(16), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class EntityTaskRow(CoordinatorBase):
    """One message to one entity, and its reply."""

    __tablename__ = "federated_grid_tasks"
    __table_args__ = (
        Index("ix_federated_grid_tasks_entity", "entity", "replied_at"),
        Index("ix_federated_grid_tasks_campaign_id", "campaign_id"),
    )

    task_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(String(32))
    entity: Mapped[str] = mapped_column(String(63))
    step: Mapped[str] = mapped_column(String(32))
    message: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    reply: Mapped[bytes | None] = mapped_column(LargeBinary, nullable=True)
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), nullable=True)
