"""The node's tables on the use of the risk model. Of a person: the node's own id, a month, a band, a coded decision.

They hold no probability and no reason of the model, and never leave the node.
"""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import RowNumber, UtcDateTime


class Base(DeclarativeBase):
    """Tables of `node.risk`."""


class CheckedBandRow(Base):
    """A person's band at the last check for alerts."""

    __tablename__ = "risk_looks"
    __table_args__ = (PrimaryKeyConstraint("person_ref", name="pk_risk_looks"),)

    person_ref: Mapped[str] = mapped_column(String(64))
    month: Mapped[str] = mapped_column(String(7))
    band: Mapped[str] = mapped_column(String(10))


class LastCheckRow(Base):
    """The time and model of the last check for alerts: one row, about no person."""

    __tablename__ = "risk_last_look"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_risk_last_look"),
        CheckConstraint("id = 1", name="ck_risk_last_look_single"),
    )

    id: Mapped[int] = mapped_column(RowNumber, autoincrement=False)
    campaign_id: Mapped[str] = mapped_column(String(32))
    looked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DecisionRow(Base):
    """A professional's decision about a person that the model ranked."""

    __tablename__ = "risk_decisions"
    __table_args__ = (
        PrimaryKeyConstraint("number", name="pk_risk_decisions"),
        CheckConstraint("decision IN ('confirm', 'lower', 'raise')", name="ck_risk_decisions_decision"),
        Index("ix_risk_decisions_campaign_id", "campaign_id"),
        Index("ix_risk_decisions_person_ref", "person_ref"),
    )

    number: Mapped[int] = mapped_column(RowNumber, autoincrement=True)
    person_ref: Mapped[str] = mapped_column(String(64))
    campaign_id: Mapped[str] = mapped_column(String(32))
    decision: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(64))  # a code of policies.risk_reasons
    decided_by: Mapped[str] = mapped_column(String(100))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SwitchRow(Base):
    """A change of the kill switch; the newest row holds, none means on."""

    __tablename__ = "risk_switches"
    __table_args__ = (PrimaryKeyConstraint("number", name="pk_risk_switches"),)

    number: Mapped[int] = mapped_column(RowNumber, autoincrement=True)
    is_on: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(String(500))
    changed_by: Mapped[str] = mapped_column(String(100))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ledger_index: Mapped[int] = mapped_column(Integer)
