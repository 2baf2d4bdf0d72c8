"""Campaigns that this node closed for good because it refused a step: one refusal is final.

A refusal tells the coordinator one thing about this entity's data at most, and only once: the campaign's reservation is
closed with it, what was spent stays spent, and the officer finds the step and the reason here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class Closure:
    """A campaign closed by a refusal.

    Attributes:
        step: the name of the refused step; `NO_STEP` if the fault was this node's, whatever it was asked.
        code: the error's code.
        reason: the error's message, in the language of its source, at most `MAX_REASON` characters.
    """

    campaign_id: str
    step: str
    code: str
    reason: str
    closed_at: datetime


MAX_REASON: Final = 1000
NO_STEP: Final = ""


class ClosureStore(Protocol):
    """Storage of closures. Every method works inside the caller's transaction."""

    def put(self, closure: Closure) -> None:
        """Store the closure of a campaign that has none."""
        ...

    def all(self) -> tuple[Closure, ...]:
        """Return every closure, oldest first."""
        ...
