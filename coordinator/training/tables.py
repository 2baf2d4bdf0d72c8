"""The coordinator's tables of campaigns: manifests, decisions and released models. No personal data."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKeyConstraint, Index, Integer, LargeBinary, String, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import UtcDateTime


class Base(DeclarativeBase):
    """Tables of `coordinator.training`."""


class CampaignRow(Base):
    """One campaign: its signed manifest, its state, and at the end the signed release."""

    __tablename__ = "training_campaigns"
    __table_args__ = (Index("ix_training_campaigns_state", "state"),)

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    manifest: Mapped[bytes] = mapped_column(LargeBinary)  # DSSE JSON of the signed envelope
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime())
    checkpoint: Mapped[bytes | None] = mapped_column(LargeBinary)  # federated.coordination.progress after the last step
    saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    rounds_completed: Mapped[int] = mapped_column(Integer)
    began_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    review: Mapped[bool] = mapped_column(Boolean, server_default=false())
    """True when a person reviews the model before the release."""
    edits: Mapped[bytes | None] = mapped_column(LargeBinary)  # JSON of the manual corrections
    recalled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    stop_reason: Mapped[str | None] = mapped_column(String(32))
    stop_detail: Mapped[str | None] = mapped_column(String(1000))
    release: Mapped[bytes | None] = mapped_column(LargeBinary)  # DSSE JSON of the signed envelope


class RoundRow(Base):
    """The record of one completed round: the entities in its sum, the published values, and the noised sum."""

    __tablename__ = "training_rounds"
    __table_args__ = (
        ForeignKeyConstraint(
            ["campaign_id"], ["training_campaigns.campaign_id"], name="fk_training_rounds_campaign_id"
        ),
    )

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    round: Mapped[int] = mapped_column(Integer, primary_key=True)
    record: Mapped[bytes] = mapped_column(LargeBinary)  # JSON of federated.coordination.transcript.RoundRecord


class CampaignDecisionRow(Base):
    """The signed decision of one entity about one campaign."""

    __tablename__ = "training_decisions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["campaign_id"], ["training_campaigns.campaign_id"], name="fk_training_decisions_campaign_id"
        ),
    )

    campaign_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    entity: Mapped[str] = mapped_column(String(63), primary_key=True)
    approved: Mapped[bool] = mapped_column(Boolean)
    envelope: Mapped[bytes] = mapped_column(LargeBinary)  # DSSE JSON, exactly as the entity signed it
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime())
    withdrawal: Mapped[bytes | None] = mapped_column(LargeBinary)  # DSSE JSON of the approval's withdrawal
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
