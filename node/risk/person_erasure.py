"""Erasure of a person's risk scores and decisions. Needs only tables: erasing must not need the extra."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from node.erasers import Eraser, PersonToErase
from node.risk.tables import CheckedBandRow, DecisionRow


def risk_eraser() -> Eraser:
    """Return the eraser of the traces of the risk model's use."""
    return Eraser(frozenset({DecisionRow.__tablename__, CheckedBandRow.__tablename__}), _erase)


def _erase(session: Session, person: PersonToErase, _now: datetime) -> None:
    session.execute(delete(DecisionRow).where(DecisionRow.person_ref == person.person_ref))
    session.execute(delete(CheckedBandRow).where(CheckedBandRow.person_ref == person.person_ref))
