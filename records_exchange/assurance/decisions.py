"""The answer of a holder about a consent given here: its message and its table.

It is sent after a professional decided, never on arrival: until then, and for ever for somebody whom the holder does
not know, the origin sees that it waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from presentation.faults import first_fault
from presentation.messages import _
from records_exchange.errors import MessageMalformed
from records_exchange.request import Term
from records_exchange.tables import HolderDecision

CONSENT_DECIDED: Final = "consent.decided"
"""The kind of message by which a holder reports the decision of its professional."""


class DecisionOutcome(StrEnum):
    """The decision of a holder's professional."""

    CONFIRMED = "confirmed"
    DECLINED = "declined"


class DecisionBody(BaseModel):
    """The body of the message.

    Attributes:
        consent_id: id of the consent.
        index: the version decided on, by its entry in the ledger of its origin.
        outcome: the decision.
        reason: code of a refusal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    consent_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    index: Annotated[int, Field(strict=True, ge=0, le=2**53 - 1)]
    outcome: DecisionOutcome
    reason: Term | None = None


@dataclass(frozen=True, slots=True)
class HeardDecision:
    """A decision of a holder about a consent given here."""

    holder: str
    index: int
    outcome: DecisionOutcome
    reason: str


def parse_decision(body: dict[str, Any]) -> DecisionBody:
    """Read the body of the message.

    Raises:
        MessageMalformed: it is no such body.
    """
    try:
        return DecisionBody.model_validate(body)
    except ValidationError as error:
        raise MessageMalformed(
            _("no es una decisión válida sobre un consentimiento: {fault}", fault=first_fault(error))
        ) from error


class SqlDecisions:
    """Keeps the newest decision of each holder."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, holder: str, body: DecisionBody, now: datetime) -> bool:
        """Keep a decision unless a newer version was decided on; return whether it was kept."""
        row = self._session.get(HolderDecision, (body.consent_id, holder), populate_existing=True)
        if row is not None and row.entry_index > body.index:
            return False
        key = (HolderDecision.consent_id == body.consent_id, HolderDecision.holder == holder)
        self._session.execute(delete(HolderDecision).where(*key))
        values = {"entry_index": body.index, "outcome": body.outcome.value, "reason": body.reason or ""}
        self._session.execute(
            insert(HolderDecision).values(consent_id=body.consent_id, holder=holder, decided_at=now, **values)
        )
        return True

    def of(self, consent_id: str) -> Sequence[HeardDecision]:
        """Return the decisions about a consent, by holder."""
        found = select(HolderDecision).where(HolderDecision.consent_id == consent_id).order_by(HolderDecision.holder)
        return [
            HeardDecision(row.holder, row.entry_index, DecisionOutcome(row.outcome), row.reason)
            for row in self._session.scalars(found)
        ]

    def forget(self, consent_id: str) -> None:
        """Delete the decisions about a consent."""
        self._session.execute(delete(HolderDecision).where(HolderDecision.consent_id == consent_id))
