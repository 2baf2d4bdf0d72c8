"""What a node keeps about the use of the risk model. Of a person: the node's own id, a month, a band, a coded decision.

No probability is kept, and no reason of the model. Nothing here leaves the node.
"""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import RowNumber, UtcDateTime


class Base(DeclarativeBase):
    """The metadata of this package."""


class LookRow(Base):
    """In which band a person was when somebody last looked for alerts."""

    __tablename__ = "risk_looks"
    __table_args__ = (PrimaryKeyConstraint("person_ref", name="pk_risk_looks"),)

    person_ref: Mapped[str] = mapped_column(String(64))
    month: Mapped[str] = mapped_column(String(7))
    band: Mapped[str] = mapped_column(String(10))


class LastLookRow(Base):
    """When somebody last looked for alerts, and at which model: one row, about nobody."""

    __tablename__ = "risk_last_look"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_risk_last_look"),
        CheckConstraint("id = 1", name="ck_risk_last_look_single"),
    )

    id: Mapped[int] = mapped_column(RowNumber, autoincrement=False)
    campaign_id: Mapped[str] = mapped_column(String(32))
    looked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DecisionRow(Base):
    """What a professional decided about a person that the model ranked."""

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
    """The use of the model switched off or on; the newest row holds, none means on."""

    __tablename__ = "risk_switches"
    __table_args__ = (PrimaryKeyConstraint("number", name="pk_risk_switches"),)

    number: Mapped[int] = mapped_column(RowNumber, autoincrement=True)
    is_on: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(String(500))
    changed_by: Mapped[str] = mapped_column(String(100))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ledger_index: Mapped[int] = mapped_column(Integer)
