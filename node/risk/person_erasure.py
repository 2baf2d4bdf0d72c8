"""Erasure of a person from the tables of the risk model. It imports tables only, as erasing must not need the extra."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from node.risk.tables import CheckedBandRow, DecisionRow


def forget_risk(session: Session, person: str) -> None:
    """Delete a person's decisions and band; part of the person's erasure."""
    session.execute(delete(DecisionRow).where(DecisionRow.person_ref == person))
    session.execute(delete(CheckedBandRow).where(CheckedBandRow.person_ref == person))
