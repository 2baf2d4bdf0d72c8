"""Quotas of requests to a key holder or to the locator, per entity, hour and day."""

from dataclasses import dataclass

from presentation.messages import _
from records_exchange.errors import LocatorQuotaExceeded
from records_exchange.key_holding.query_log import QueryKind


@dataclass(frozen=True, slots=True)
class Quota:
    """A bound for any hour and any day, over windows that slide with the clock."""

    hour: int
    day: int

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
            remedy=_("espere, pregunte a entidades concretas (fetch --from), o pida un cupo mayor"),
        )
