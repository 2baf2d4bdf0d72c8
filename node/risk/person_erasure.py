"""Erasure of what the use of the risk model left of a person. Needs only tables: erasing must not need the extra."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from node.risk.tables import DecisionRow, LookRow


def forget_risk(session: Session, person: str) -> None:
    """Destroy what is kept of a person here: part of erasing the person."""
    session.execute(delete(DecisionRow).where(DecisionRow.person_ref == person))
    session.execute(delete(LookRow).where(LookRow.person_ref == person))
