"""Quotas of requests to a key holder or to the locator, per entity, hour and day, and of all entities together.

Several members could share the guessing of documents. Beyond the total, each entity keeps a tenth of its quota: the
sum stays bounded, and nobody who used it up keeps the others from asking about the person before them.
"""

from dataclasses import dataclass
from typing import Final

from presentation.messages import _
from records_exchange.errors import LocatorQuotaExceeded
from records_exchange.key_holding.query_log import QueryKind

_SURE: Final = 10
"""The part of its quota that an entity has whatever the others did: one in so many."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A bound for any hour and any day, over windows that slide with the clock.

    Attributes:
        hour: of one entity.
        day: of one entity.
        total_day: of all entities together; None without such a bound.
    """

    hour: int
    day: int
    total_day: int | None = None

    def left(self, used: tuple[int, int], *, by_all: int = 0) -> int:
        """Return the amount left for an entity.

        Args:
            used: the amounts that it used in the last hour and in the last day.
            by_all: the amount that all entities used in the last day.
        """
        scarce = self.total_day is not None and by_all >= self.total_day
        hour, day = (-(-self.hour // _SURE), -(-self.day // _SURE)) if scarce else (self.hour, self.day)
        return max(0, min(hour - used[0], day - used[1]))

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
