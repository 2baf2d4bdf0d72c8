"""Values of a case: the team, the openings and the actions of this entity."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from policies.case_access import AccessGained

PUBLISHED_STATES: Final = frozenset({"planned", "ongoing"})
"""Other entities may see actions in these states, under a consent that names `coord.actions`."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A professional's place on the team of a person's case, from `since` until before `until` (UTC).

    Attributes:
        professional: the entity's own reference of a member of its staff.
        role: vocabulary id of the function in which they work on the case.
        since: the first moment.
        until: the first moment after the end; None for an open end.
        added_by: reference of the professional who added the place.
        ended_by: reference of the professional who ended it; None while nobody did.
    """

    professional: str
    role: str
    since: datetime
    until: datetime | None
    added_by: str
    ended_by: str | None = None

    def live(self, now: datetime) -> bool:
        """Return whether the membership holds at a moment."""
        return self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Opening:
    """Access to a case for a professional outside its team, for a reason and a limited time."""

    professional: str
    reason: str
    opened_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class ProfessionalAccess:
    """A professional's access to a case, as a question to other entities states it.

    Attributes:
        professional: the entity's own reference.
        role: vocabulary id; empty for the usual role of the entity.
        access: by the team, or by an opening for a reason.
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
        updated_at: time of the last change.
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
        """Return the part that other entities may see: a row of the catalogue field `coord.actions`."""
        until = {"until": self.until.isoformat()} if self.until else {}
        codes = {"function": self.function, "case_role": self.case_role, "action": self.action, "state": self.state}
        return {**codes, "since": self.since.isoformat(), **until}
