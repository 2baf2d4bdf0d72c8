"""Quotas of requests to the locator, per entity, hour and day."""

from dataclasses import dataclass

from coordinator.locator.errors import LocatorQuotaExceeded
from coordinator.locator.query_log import QueryKind
from coordinator.settings import CoordinatorSettings
from presentation.messages import _


@dataclass(frozen=True, slots=True)
class Quota:
    """A bound for any hour and any day, over windows that slide with the clock."""

    hour: int
    day: int

    @classmethod
    def of(cls, settings: CoordinatorSettings, kind: QueryKind) -> "Quota":
        """Return the quota of one kind of request."""
        if kind is QueryKind.EVALUATE:
            return cls(settings.locator_evaluations_hour, settings.locator_evaluations_day)
        return cls(settings.locator_questions_hour, settings.locator_questions_day)

    def left(self, used: tuple[int, int]) -> int:
        """Return the amount left, given the amounts used in the last hour and the last day."""
        return max(0, min(self.hour - used[0], self.day - used[1]))

    def exceeded(self, entity: str, kind: QueryKind) -> LocatorQuotaExceeded:
        """Return the error of a request beyond the quota."""
        what = _("seudónimos evaluados") if kind is QueryKind.EVALUATE else _("preguntas")
        return LocatorQuotaExceeded(
            _(
                "{entity} ha agotado su cupo de {what}: {hour} por hora, {day} por día",
                entity=entity,
                what=what,
                hour=self.hour,
                day=self.day,
            ),
            remedy=_("espere, pregunte a entidades concretas (fetch --from), o pida al coordinador un cupo mayor"),
        )
