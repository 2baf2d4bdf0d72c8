"""The quotas of the settings, by kind of request."""

from coordinator.settings import CoordinatorSettings
from records_exchange.key_holding.query_log import QueryKind
from records_exchange.key_holding.quotas import Quota


def quota_of(settings: CoordinatorSettings, kind: QueryKind) -> Quota:
    """Return the quota of one kind of request."""
    if kind is QueryKind.EVALUATE:
        return Quota(
            settings.locator_evaluations_hour, settings.locator_evaluations_day, settings.locator_evaluations_total_day
        )
    return Quota(settings.locator_questions_hour, settings.locator_questions_day)
