"""Limits of one entity's use of the relay: calls under way, and calls and bytes a minute."""

from dataclasses import dataclass, field
from typing import Final

_MINUTE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class RelayLimits:
    """Bounds of the relay. Reaching one is answered with a refusal, never with a queue.

    Attributes:
        attached: entities attached at once.
        calls: calls under way at once, of all.
        calls_from: calls under way at once that one entity made.
        calls_to: calls under way at once for one entity.
        calls_per_minute: calls that one entity may make.
        bytes_per_minute: bytes that one entity may send, in calls and answers.
    """

    attached: int
    calls: int
    calls_from: int
    calls_to: int
    calls_per_minute: int
    bytes_per_minute: int


@dataclass(slots=True)
class Allowance:
    """A token bucket of so much a minute, refilled steadily."""

    per_minute: float
    left: float = field(init=False)
    filled_at: float | None = None

    def __post_init__(self) -> None:
        self.left = self.per_minute

    def take(self, amount: float, now: float) -> bool:
        """Take an amount and return True, if there is that much left.

        Args:
            amount: how much.
            now: seconds on a clock that never goes back.
        """
        since = 0.0 if self.filled_at is None else now - self.filled_at
        self.left = min(self.per_minute, self.left + since * self.per_minute / _MINUTE_SECONDS)
        self.filled_at = now
        if amount > self.left:
            return False
        self.left -= amount
        return True
