"""Consents to review with their persons: they end soon, their notice is old, a minor turned 14, a no is in doubt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from consent_ledger.consents.in_force import Obstacle
from consent_ledger.consents.model import ConsentView
from node.consents.guardians import AGE_OF_CONSENT_YEARS, RELATIONS_FROM_14
from node.consents.in_force import ConsentInForce
from node.people.errors import PersonUnknown
from node.people.store import PersonStore
from policies.birth import Reached
from policies.local_days import last_day, local_day
from policies.notices import load_notices

DEFAULT_NOTICE_DAYS: Final = 60


class DueReason(StrEnum):
    """The reason for reviewing a consent with the person."""

    ENDS_SOON = "ends_soon"
    CAME_OF_AGE = "came_of_age"
    NOTICE_REPLACED = "notice_replaced"
    ORDER_UNPROVED = "order_unproved"
    """It has no effect, wholly or in part, for a no of which it is not proved that it was later."""


@dataclass(frozen=True, slots=True)
class DueConsent:
    """A live consent with the reasons for reviewing it."""

    found: ConsentInForce
    reasons: tuple[DueReason, ...]

    @property
    def view(self) -> ConsentView:
        """The consent."""
        return self.found.view


def due_consents(
    consents: Sequence[ConsentInForce], people: PersonStore, now: datetime, *, days: int
) -> tuple[DueConsent, ...]:
    """Return the consents in force that are due within `days`, the first to end first."""
    views = {each.view.consent_id: each.view for each in consents}
    found = []
    for each in consents:
        doubt = (DueReason.ORDER_UNPROVED,) if _is_doubtful(each, views) else ()
        live = each.obstacle in (None, Obstacle.ORIGIN_SILENT)
        if live or doubt:
            found.append(DueConsent(each, (*_reasons(each.view, people, now, days=days), *doubt)))
    return tuple(sorted((due for due in found if due.reasons), key=lambda due: due.view.record.valid_until))


def _reasons(view: ConsentView, people: PersonStore, now: datetime, *, days: int) -> tuple[DueReason, ...]:
    current = load_notices().current("es")
    checks = {
        DueReason.ENDS_SOON: last_day(view.record.valid_until) <= local_day(now) + timedelta(days=days),
        DueReason.CAME_OF_AGE: _came_of_age(view, people, now),
        DueReason.NOTICE_REPLACED: (view.record.notice.id, view.record.notice.version) != (current.id, current.version),
    }
    return tuple(reason for reason, holds in checks.items() if holds)


def _is_doubtful(found: ConsentInForce, views: Mapping[str, ConsentView]) -> bool:
    """Return whether a consent lost something to a no whose order only the person can tell."""
    view = found.view
    agreed = view.given_index if view.agreed_index is None else view.agreed_index
    for denial in (views[consent_id] for consent_id in found.denials):
        if denial.ended_in is not None or (view.record.origin is not None and denial.last_index < agreed):
            return True
    return False


def _came_of_age(view: ConsentView, people: PersonStore, now: datetime) -> bool:
    """Return whether a parent or guardian gave it and the person now decides alone (LOPDGDD art. 7)."""
    guardian = view.record.guardian
    if guardian is None or guardian.relation in RELATIONS_FROM_14:
        return False
    try:
        return people.identity(view.person_ref).reached(AGE_OF_CONSENT_YEARS, local_day(now)) is Reached.YES
    except PersonUnknown:
        return False  # erased: nothing is shared any more
