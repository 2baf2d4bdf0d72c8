"""Live consents to review with their persons: they end soon, their notice is old, or a minor has turned 14."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from consent_ledger.consents.model import VALID_FOR_PROCESSING, ConsentView
from node.consents.guardians import AGE_OF_CONSENT_YEARS, RELATIONS_FROM_14
from node.people.errors import PersonUnknown
from node.people.store import PersonStore
from policies.notices import load_notices

DEFAULT_NOTICE_DAYS: Final = 60


class DueReason(StrEnum):
    """The reason for reviewing a consent with the person."""

    ENDS_SOON = "ends_soon"
    CAME_OF_AGE = "came_of_age"
    NOTICE_REPLACED = "notice_replaced"


@dataclass(frozen=True, slots=True)
class DueConsent:
    """A live consent with the reasons for reviewing it."""

    view: ConsentView
    reasons: tuple[DueReason, ...]


def due_consents(
    views: Sequence[ConsentView], people: PersonStore, now: datetime, *, days: int
) -> tuple[DueConsent, ...]:
    """Return the live consents that are due within `days`, the first to end first."""
    live = [view for view in views if view.state in VALID_FOR_PROCESSING and view.record.valid_until > now]
    found = [DueConsent(view, _reasons(view, people, now, days=days)) for view in live]
    return tuple(sorted((due for due in found if due.reasons), key=lambda due: due.view.record.valid_until))


def _reasons(view: ConsentView, people: PersonStore, now: datetime, *, days: int) -> tuple[DueReason, ...]:
    current = load_notices().current("es")
    checks = {
        DueReason.ENDS_SOON: view.record.valid_until <= now + timedelta(days=days),
        DueReason.CAME_OF_AGE: _came_of_age(view, people, now),
        DueReason.NOTICE_REPLACED: (view.record.notice.id, view.record.notice.version) != (current.id, current.version),
    }
    return tuple(reason for reason, holds in checks.items() if holds)


def _came_of_age(view: ConsentView, people: PersonStore, now: datetime) -> bool:
    """Return whether a parent or guardian gave it and the person now decides alone (LOPDGDD art. 7)."""
    guardian = view.record.guardian
    if guardian is None or guardian.relation in RELATIONS_FROM_14:
        return False
    try:
        return people.identity(view.person_ref).age_on(now.date()) >= AGE_OF_CONSENT_YEARS
    except PersonUnknown:
        return False  # erased: nothing is shared any more
