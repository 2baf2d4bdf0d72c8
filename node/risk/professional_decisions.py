"""Professionals' decisions about people that the model ranked: agreement, or an override with a coded reason.

The rate of overrides is monitored. None at all is a warning sign of automation bias (Regulation (EU) 2024/1689 art.
14.4.b), and a model that is mostly overridden does not fit here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from federated.campaign.manifest import DataSource
from node.clients.training import TrainingClient
from node.context import NodeContext
from node.people.store import people_store
from node.risk.kill_switch import require_on
from node.risk.release_validity import require_current
from node.risk.tables import DecisionRow
from node.training.received_releases import newest_release
from policies.risk_reasons import risk_reason

ENOUGH_DECISIONS: Final = 30
"""Fewest decisions for a warning: at a true rate of 10 %, 30 decisions have no override with probability 1 in 24."""
HIGHEST_RATE: Final = 0.4


class Judgement(StrEnum):
    """A professional's judgement of a person's place in the list."""

    CONFIRM = "confirm"
    LOWER = "lower"
    RAISE = "raise"


class RateWarning(StrEnum):
    """Warnings about the rate of overrides."""

    NEVER = "never_overridden"
    TOO_OFTEN = "overridden_too_often"


@dataclass(frozen=True, slots=True)
class PersonDecision:
    """The newest decision about a person under the release in use; `reason` is a code, None when it confirms."""

    person_id: str
    decision: Judgement
    reason: str | None
    decided_by: str
    decided: datetime


@dataclass(frozen=True, slots=True)
class OverrideRate:
    """The rate of overrides, each person counted once by the newest decision."""

    decided: int
    overridden: int

    @property
    def share(self) -> float | None:
        """The share of overrides, in [0, 1]; None before the first decision."""
        return self.overridden / self.decided if self.decided else None

    @property
    def warning(self) -> RateWarning | None:
        """The warning about the rate, once there are enough decisions; else None."""
        if self.decided < ENOUGH_DECISIONS:
            return None
        if self.overridden == 0:
            return RateWarning.NEVER
        return RateWarning.TOO_OFTEN if self.overridden > HIGHEST_RATE * self.decided else None


@dataclass(frozen=True, slots=True)
class NewDecision:
    """A decision to store. An override has a reason, a confirmation none."""

    person_id: str
    decision: Judgement
    decided_by: str
    reason: str | None = None


def decide(context: NodeContext, client: TrainingClient, new: NewDecision) -> PersonDecision:
    """Store a professional's decision about a person under the release in use; the newest one holds.

    Raises:
        UnknownTerm: there is no such reason.
        PersonUnknown: no person here has that id.
        RiskSwitchedOff, ReleaseExpired: the model is not in use.
        ReleaseMissing: there is no release.
        RedpactError: as `newest_release`.
    """
    if new.reason is not None:
        risk_reason(new.reason)
    release = newest_release(context, client, source=DataSource.RECORDS).release
    now = context.clock.now()
    require_current(release, now)
    with context.transaction() as session:
        require_on(session)
        people_store(context, session).person(new.person_id)
        row = DecisionRow(
            person_ref=new.person_id,
            campaign_id=release.campaign_id,
            decision=new.decision.value,
            reason=new.reason,
            decided_by=new.decided_by,
            decided_at=now,
        )
        session.add(row)
    return PersonDecision(new.person_id, new.decision, new.reason, new.decided_by, now)


def decisions(session: Session, campaign_id: str) -> Mapping[str, PersonDecision]:
    """Return the newest decision about each person under a release, by the node's own id."""
    query = select(DecisionRow).where(DecisionRow.campaign_id == campaign_id).order_by(DecisionRow.number)
    return {
        row.person_ref: PersonDecision(
            row.person_ref, Judgement(row.decision), row.reason, row.decided_by, row.decided_at
        )
        for row in session.scalars(query)
    }


def override_rate(session: Session, campaign_id: str) -> OverrideRate:
    """Return the rate of overrides under a release."""
    found = decisions(session, campaign_id).values()
    return OverrideRate(len(found), sum(each.decision is not Judgement.CONFIRM for each in found))
