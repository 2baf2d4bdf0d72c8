"""The node's half of the signed query log: every question it asked the locator, with the signed answer."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, func, insert, select
from sqlalchemy.orm import Session

from node.locator.tables import LocatorAnswerRow
from records_exchange.guessing import Usage
from trust.signing import Envelope


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its verified answer, and how many holders that names."""

    purpose: str
    question: Envelope
    answer: Envelope
    found: int


class LocatorLog:
    """The log, inside the caller's transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, asked: Asked, person: str | None, now: datetime) -> None:
        """Put a question on record; `person` is the node's own id of somebody held here."""
        values = {
            "asked_at": now,
            "purpose": asked.purpose,
            "person_ref": person,
            "found": asked.found,
            "question": asked.question.to_json(),
            "answer": asked.answer.to_json(),
        }
        self._session.execute(insert(LocatorAnswerRow).values(values))

    def usage(self, entity: str, since: datetime) -> Usage:
        """Return what this node asked since a moment, to look for guessing by somebody in the house."""
        misses = func.coalesce(func.sum(case((LocatorAnswerRow.found == 0, 1), else_=0)), 0)
        query = select(func.count().label("questions"), misses.label("misses")).where(LocatorAnswerRow.asked_at > since)
        row = self._session.execute(query).one()
        return Usage(entity, questions=int(row.questions), misses=int(row.misses))

    def forget_person(self, person: str) -> None:
        """Delete the questions about a person: part of erasing the person."""
        self._session.execute(delete(LocatorAnswerRow).where(LocatorAnswerRow.person_ref == person))

    def forget_before(self, moment: datetime) -> None:
        """Delete what is older than the log is kept."""
        self._session.execute(delete(LocatorAnswerRow).where(LocatorAnswerRow.asked_at < moment))
