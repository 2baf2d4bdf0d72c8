"""How much one entity may ask of the locator, and what that leaves it."""

from dataclasses import dataclass

from coordinator.locator.errors import LocatorQuotaExceeded
from coordinator.locator.query_log import QueryKind
from coordinator.settings import CoordinatorSettings
from presentation.messages import _


@dataclass(frozen=True, slots=True)
class Quota:
    """A bound for any hour and any day, which slide with the clock."""

    hour: int
    day: int

    @classmethod
    def of(cls, settings: CoordinatorSettings, kind: QueryKind) -> "Quota":
        """Return the quota of one kind of request."""
        if kind is QueryKind.EVALUATE:
            return cls(settings.locator_evaluations_hour, settings.locator_evaluations_day)
        return cls(settings.locator_questions_hour, settings.locator_questions_day)

    def left(self, used: tuple[int, int]) -> int:
        """Return how much is left, given what was used in the last hour and the last day."""
        return max(0, min(self.hour - used[0], self.day - used[1]))

    def exceeded(self, entity: str, kind: QueryKind) -> LocatorQuotaExceeded:
        """Return the error that says so."""
        what = "evaluations" if kind is QueryKind.EVALUATE else "questions"
        return LocatorQuotaExceeded(
            _(
                "{entity} ha agotado su cupo ({what}): {hour} por hora, {day} por día",
                entity=entity,
                what=what,
                hour=self.hour,
                day=self.day,
            ),
            remedy=_("espere, pregunte a entidades concretas (fetch --from), o pida al coordinador un cupo mayor"),
        )
