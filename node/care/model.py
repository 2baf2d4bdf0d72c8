"""What a node keeps of a case beside the record: who works on it, who opened it, what is being done."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from policies.case_access import AccessGained

PUBLISHED_STATES: Final = frozenset({"planned", "ongoing"})
"""Actions in these states are what others may see, under a consent that names `coord.actions`."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A professional's place on the team of a person's case, from `since` until before `until` (UTC).

    Attributes:
        professional: the entity's own reference of a member of its staff.
        role: vocabulary id: the function in which they work on the case.
        added_by: reference of who put them on the team.
        ended_by: reference of who took them off; None while nobody did.
    """

    professional: str
    role: str
    since: datetime
    until: datetime | None
    added_by: str
    ended_by: str | None = None

    def live(self, now: datetime) -> bool:
        """Tell whether it holds now."""
        return self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Opening:
    """A case opened by a professional who is not on its team, for a while and for a reason."""

    professional: str
    reason: str
    opened_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Attending:
    """Who comes to a case, in which role and how: what a question needs to know of it.

    Attributes:
        professional: the entity's own reference.
        role: vocabulary id; empty when the usual one of the entity will do.
        access: on the team, or opened for a reason.
    """

    professional: str
    role: str
    access: AccessGained


@dataclass(frozen=True, slots=True)
class CaseAction:
    """Something that a professional of this entity does or will do in a case.

    Attributes:
        action_id: random, known only at this node.
        professional: the entity's own reference; never leaves.
        function: code of `function`.
        case_role: code of `case_role`.
        action: code of `intervention`.
        since: first day.
        until: last day, if one is foreseen.
        state: code of `action_state`.
        updated_at: when the entity last said so.
    """

    action_id: str
    professional: str
    function: str
    case_role: str
    action: str
    since: date
    until: date | None
    state: str
    updated_at: datetime

    def row(self) -> dict[str, str]:
        """Return what others may see of it: a row of the catalogue field `coord.actions`."""
        until = {"until": self.until.isoformat()} if self.until else {}
        codes = {"function": self.function, "case_role": self.case_role, "action": self.action, "state": self.state}
        return {**codes, "since": self.since.isoformat(), **until}
