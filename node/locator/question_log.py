"""The node's half of the signed query log: its questions to the locator with the signed answers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, func, insert, select
from sqlalchemy.orm import Session

from node.locator.tables import LocatorAnswerRow
from records_exchange.guessing import Usage
from trust.signing import Envelope


@dataclass(frozen=True, slots=True)
class LoggedQuestion:
    """A question with its verified answer, and the number of holders that it names."""

    purpose: str
    question: Envelope
    answer: Envelope
    found: int


class LocatorLog:
    """The log, inside the caller's transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, asked: LoggedQuestion, person: str | None, now: datetime) -> None:
        """Record a question; `person` is the node's own id of a person held here."""
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
        """Return the node's use of the locator since a moment, to detect guessing by its own professionals."""
        misses = func.coalesce(func.sum(case((LocatorAnswerRow.found == 0, 1), else_=0)), 0)
        query = select(func.count().label("questions"), misses.label("misses")).where(LocatorAnswerRow.asked_at > since)
        row = self._session.execute(query).one()
        return Usage(entity, questions=int(row.questions), misses=int(row.misses))

    def forget_person(self, person: str) -> None:
        """Delete the questions about an erased person."""
        self._session.execute(delete(LocatorAnswerRow).where(LocatorAnswerRow.person_ref == person))

    def forget_before(self, moment: datetime) -> None:
        """Delete the questions before a moment."""
        self._session.execute(delete(LocatorAnswerRow).where(LocatorAnswerRow.asked_at < moment))
