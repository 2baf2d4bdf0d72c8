"""The node's tables of training, beside decisions and budgets, which are tables of `federated`."""

from datetime import datetime

from sqlalchemy import Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import UtcDateTime


class Base(DeclarativeBase):
    """Tables of `node.training`."""


class DatasetRow(Base):
    """A table registered for evaluation. The file stays in the node's home folder."""

    __tablename__ = "training_datasets"
    __table_args__ = (
        # The same people under a second name would get a second budget.
        UniqueConstraint("data_sha256", name="uq_training_datasets_data_sha256"),
    )

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    data_sha256: Mapped[str] = mapped_column(String(64))
    schema_text: Mapped[str] = mapped_column(Text)
    rows: Mapped[int] = mapped_column(Integer)
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime())


class DeliveryRow(Base):
    """The delivery of a decision to the coordinator; the decision itself is a row of `federated`."""

    __tablename__ = "training_deliveries"

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    ledger_index: Mapped[int] = mapped_column(Integer)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    refused_code: Mapped[str | None] = mapped_column(String(64))  # code of the coordinator's refusal


class WithdrawalRow(Base):
    """A withdrawn approval. The approval itself stays as signed; the guard treats it as withdrawn."""

    __tablename__ = "training_withdrawals"

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    decision: Mapped[bytes] = mapped_column(LargeBinary)  # DSSE JSON, signed by this entity
    ledger_index: Mapped[int] = mapped_column(Integer)
    withdrawn_at: Mapped[datetime] = mapped_column(UtcDateTime())
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    refused_code: Mapped[str | None] = mapped_column(String(64))  # code of the coordinator's refusal


class PolicyRow(Base):
    """A decision policy of the data-protection officer that is in force."""

    __tablename__ = "training_policies"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    document: Mapped[bytes] = mapped_column(LargeBinary)  # RFC 8785, federated.campaign.decision_policy.policy_bytes
    set_at: Mapped[datetime] = mapped_column(UtcDateTime())


class ReleaseRow(Base):
    """A released model that this node has verified, with the manifest it follows."""

    __tablename__ = "training_releases"

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    release: Mapped[bytes] = mapped_column(LargeBinary)  # DSSE JSON
    manifest: Mapped[bytes] = mapped_column(LargeBinary)  # DSSE JSON of the manifest it was verified against
    verified_at: Mapped[datetime] = mapped_column(UtcDateTime())
    recalled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())  # when this node learned of its recall


class RecallRow(Base):
    """A recall of a model that this node never fetched: no older one is to be used in its place."""

    __tablename__ = "training_recalls"

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    manifest: Mapped[bytes] = mapped_column(LargeBinary)  # DSSE JSON, signed by the coordinator
    recalled_at: Mapped[datetime] = mapped_column(UtcDateTime())  # when this node learned of it


class ModelTrialRow(Base):
    """The trial of a released model on this entity's held-out people."""

    __tablename__ = "training_model_trials"

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    verdict: Mapped[str] = mapped_column(String(32))  # node.training.model_trial.TrialVerdict
    comparison: Mapped[str] = mapped_column(Text)  # JSON of federated.evaluation.local_comparison.Comparison
    tried_at: Mapped[datetime] = mapped_column(UtcDateTime())
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())  # the officer uses it despite the trial
    reason: Mapped[str] = mapped_column(String(500), default="")
    ledger_index: Mapped[int | None] = mapped_column(Integer)
